// Generates events.d.ts from the schemas; with --check it only says whether the file is up to date (exit code 1 if not).
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile, type JSONSchema } from 'json-schema-to-typescript';

const folder = import.meta.dirname;
const target = join(folder, 'events.d.ts');

const options = {
  cwd: `${folder}/`,
  bannerComment: '',
  // The schemas are open, so that members can be added; the types are closed, so that a misspelt one is seen.
  additionalProperties: false,
  style: { singleQuote: true, printWidth: 110 },
};

/** One interface naming every type of event makes the compiler declare what they share once. */
function dataByType(types: string[]): JSONSchema {
  return {
    title: 'EventData',
    description: 'The data of each type of event.',
    type: 'object',
    properties: Object.fromEntries(types.map(type => [type, { $ref: `${type}.schema.json` }])),
    required: types,
  };
}

const eventByType = `/**
 * An event of one type, or of any.
 */
export type MaloteEvent<T extends EventType = EventType> = {
  [Each in T]: Omit<CloudEvent, 'type' | 'data'> & { type: Each; data?: EventData[Each] };
}[T];
`;

async function generate(): Promise<string> {
  const envelope = JSON.parse(await readFile(join(folder, 'cloudevent.schema.json'), 'utf8'));
  return [
    '// Generated from the schemas of this folder by generate.ts: change those, then run it.\n',
    await compile(envelope, 'CloudEvent', options),
    "/**\n * What happened: a closed list.\n */\nexport type EventType = CloudEvent['type'];\n",
    eventByType,
    await compile(dataByType(envelope.properties.type.enum), 'EventData', options),
  ].join('\n');
}

const generated = await generate();
if (!process.argv.includes('--check')) {
  await writeFile(target, generated);
} else if (generated !== (await readFile(target, 'utf8').catch(() => ''))) {
  process.stderr.write('schemas/events.d.ts is stale. Run: node schemas/generate.ts\n');
  process.exitCode = 1;
}
