// Queries as Kusto itself reads them: its own parser, with the tables of a workspace.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
// biome-ignore lint/suspicious/noExplicitAny: the package sets a global, and its types name none of it
const { GlobalState, KustoCode, Symbols } = (globalThis as any).Kusto.Language;

/** https://learn.microsoft.com/azure/azure-monitor/reference/tables/apptraces and .../tables/usage, .../tables/operation */
const tables = {
  AppTraces:
    '(TimeGenerated: datetime, Message: string, SeverityLevel: int, OperationId: string, AppRoleName: string, Properties: dynamic, _ResourceId: string)',
  Usage:
    '(TimeGenerated: datetime, DataType: string, IsBillable: bool, Quantity: real, QuantityUnit: string, Solution: string)',
  _LogOperation:
    '(TimeGenerated: datetime, Category: string, Operation: string, Level: string, Detail: string, _ResourceId: string)',
};
const columns = Object.entries(tables).map(
  ([name, schema]) => new Symbols.TableSymbol.$ctor7(name, schema, ''),
);
const workspace = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('workspace', columns));

/** What is wrong with a query, by the words of the parser; nothing for one that a workspace would run. */
export function faultsOf(query: string): string[] {
  const found = KustoCode.ParseAndAnalyze(query, workspace).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, at) => String(found.getItem(at).Message));
}

/** Facts of the log that a query looks for: the event, and the members that it needs of it. */
export function factsIn(query: string): { event: string; members: string[] }[] {
  return query
    .split(/AppTraces\b/)
    .slice(1)
    .map(part => {
      const [, event = ''] = /tostring\(fact\.event\) == '([\w-]+)'/.exec(part) ?? [];
      const [, prefix] = /Message startswith '\{"event":"([\w-]+)"'/.exec(part) ?? [];
      // The first filter is for speed, and must not leave out what the second looks for.
      if (event === '' || prefix !== event) throw new Error(`It looks for ${prefix} and then for ${event}`);
      const named = part.matchAll(/fact(?:\.(\w+)|\['(\w+)'\])/g);
      return { event, members: [...new Set([...named].map(([, one, other]) => one ?? other ?? ''))] };
    });
}
