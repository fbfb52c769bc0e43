// Workflows as GitHub reads them: its own parser, with the schema and the expressions of today.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

type Parser = {
  NoOperationTraceWriter: new () => object;
  parseWorkflow: (
    file: { name: string; content: string },
    trace: object,
  ) => { context: { errors: { getErrors: () => { message: string }[] } } };
};

// It imports its schema as only a bundler can.
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(import.meta.resolve('@actions/workflow-parser'))],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire('file:///');",
  },
});
const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
const { NoOperationTraceWriter, parseWorkflow }: Parser = await import(`data:text/javascript;base64,${code}`);

/** What GitHub would refuse a workflow for; nothing for one that it would run. */
export function workflowFaults(content: string): string[] {
  const { context } = parseWorkflow({ name: 'workflow.yml', content }, new NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}
