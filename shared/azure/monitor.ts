// Where spans and figures go: Application Insights, by OpenTelemetry's SDK. Loaded on first use, and only where it is to be told.
import { AzureMonitorMetricExporter, AzureMonitorTraceExporter } from '@azure/monitor-opentelemetry-exporter';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { AlwaysOnSampler, BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Monitor } from '../config.ts';
import { tellFigures } from '../figures.ts';
import { managedIdentity } from './managed-identity.ts';
import { WorthKeeping } from './worth-keeping.ts';

/** What is not told by then is lost: a stop waits no longer for it, and its platform not for us. */
const LONGEST_FLUSH_MS = 2_000;

/**
 * Starts telling. Spans go 5 s after they ended, figures once a minute, as sums since the last: an instance that is
 * killed takes those along.
 * @returns what ends it, with what is left to be told; never throws
 */
export function startMonitor({ connectionString, byIdentity, name }: Monitor): () => Promise<void> {
  const options = {
    connectionString,
    // An instance's disk goes with it.
    disableOfflineStorage: true,
    ...(byIdentity && { credential: managedIdentity }),
  };
  const resource = resourceFromAttributes({ 'service.name': name, 'service.instance.id': instanceId() });
  const spans = new BatchSpanProcessor(new AzureMonitorTraceExporter(options));
  const tracing = new BasicTracerProvider({
    resource,
    // Not what OTEL_TRACES_SAMPLER says: that is for the host, which is to tell no spans.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new WorthKeeping(spans)],
  });
  const reader = new PeriodicExportingMetricReader({ exporter: new AzureMonitorMetricExporter(options) });
  const metering = new MeterProvider({ resource, readers: [reader] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(tracing);
  tellFigures(metering.getMeter('malote'));
  return async () => {
    const told = Promise.allSettled([tracing.shutdown(), metering.shutdown()]);
    await Promise.race([told, new Promise(over => setTimeout(over, LONGEST_FLUSH_MS).unref())]);
  };
}

/** A name for this process among others of the app. */
function instanceId(): string {
  return crypto.randomUUID();
}
