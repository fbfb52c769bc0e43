// Names and values that the host binds of a trigger, as every language worker gets them: one dictionary whose names
// ignore case, so that whoever writes a name first decides how it is spelt, and whoever writes it last what it says.

import type { TypedData } from './core-types.ts';

export type BindingData = Record<string, TypedData>;

export function bind(data: BindingData, name: string, value: TypedData): void {
  data[spelling(data, name) ?? name] = value;
}

/** Lays the top-level members of a JSON object over the data; null and arrays are left out. Other texts bind nothing. */
export function bindBody(data: BindingData, text: string | undefined): void {
  for (const [name, value] of Object.entries(parseObject(text))) {
    if (value === null || Array.isArray(value)) continue;
    bind(data, name, typeof value === 'object' ? { json: JSON.stringify(value) } : { string: String(value) });
  }
}

/** How the name is spelt in the data; undefined when it is not there. */
export function spelling(data: BindingData, name: string): string | undefined {
  return Object.keys(data).find(key => key.toLowerCase() === name.toLowerCase());
}

function parseObject(text = ''): object {
  try {
    const value: unknown = JSON.parse(text);
    // What is nested too deep for the stack is no object to the host either (Newtonsoft.Json: 64 levels).
    JSON.stringify(value);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}
