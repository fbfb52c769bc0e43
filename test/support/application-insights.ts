// What Application Insights is told: takes what the exporter sends (`/v2.1/track`), and lets tests look at it.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { closeServer } from '../../local/http-server.ts';
import { localAuthority } from './authority.ts';

type Texts = Record<string, string>;

/** A span: https://learn.microsoft.com/azure/azure-monitor/app/data-model-complete#dependency-telemetry */
export type ToldSpan = {
  name: string;
  traceId: string;
  id: string;
  parentId: string | undefined;
  success: boolean;
  properties: Texts;
};
export type ToldFigure = { name: string; value: number; properties: Texts };

export type ApplicationInsights = {
  /** For the app's environment. */
  environment: Record<string, string>;
  spans: ToldSpan[];
  figures: ToldFigure[];
  /** Everything as it came, to be searched for what must not be in it. */
  texts: string[];
  close: () => Promise<void>;
};

/** Starts it on a port of its own. */
export async function startApplicationInsights(): Promise<ApplicationInsights> {
  const spans: ToldSpan[] = [];
  const figures: ToldFigure[] = [];
  const texts: string[] = [];
  const { keyPem: key, certPem: cert } = await localAuthority();
  const server = createServer({ key, cert }, async (request, response) => {
    const bytes = await buffer(request);
    const text = String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes);
    texts.push(text);
    const envelopes = JSON.parse(text);
    for (const { tags, data } of envelopes) {
      const { baseType, baseData } = data;
      const properties = baseData.properties ?? {};
      if (baseType === 'MetricData') {
        for (const { name, value } of baseData.metrics) figures.push({ name, value, properties });
      } else if (baseType === 'RemoteDependencyData' || baseType === 'RequestData') {
        spans.push({
          name: baseData.name,
          traceId: tags['ai.operation.id'],
          parentId: tags['ai.operation.parentId'],
          id: baseData.id,
          success: baseData.success,
          properties,
        });
      }
    }
    const { length } = envelopes;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ itemsReceived: length, itemsAccepted: length, errors: [] }));
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const instrumentationKey = '00000000-1111-4222-8333-444444444444';
  return {
    environment: {
      APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${instrumentationKey};IngestionEndpoint=https://localhost:${port}/`,
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    },
    spans,
    figures,
    texts,
    close: () => closeServer(server),
  };
}
