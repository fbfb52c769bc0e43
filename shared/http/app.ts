// Registers what answers requests, and remembers it: what describes the API is made from what is there.
import { app as functions, type HttpFunctionOptions, type HttpHandler } from '@azure/functions';

/** A function that answers requests, as it was registered; `route` without a slash before it. */
export type Registered = { name: string; method: string; route: string; handler: HttpHandler };

const registered: Registered[] = [];

/** In the place of the library's `app`, for HTTP. */
export const app = {
  http(name: string, options: HttpFunctionOptions & { route: string; handler: HttpHandler }): void {
    const { methods = [], route, handler } = options;
    for (const method of methods) registered.push({ name, method, route: route.replace(/^\//, ''), handler });
    functions.http(name, options);
  },
};

/** What has been registered so far: all of it, once the app has started. */
export function registeredRoutes(): readonly Registered[] {
  return registered;
}
