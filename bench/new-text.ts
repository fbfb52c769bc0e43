// What a reply says itself, ours beside other libraries, on the cases of others: words lost and words of quotes left in.
// Usage: node local/setup.mjs bench/new-text.ts [--peers FOLDER] CASES...   Each CASES has input/ and expected/, with files of the
// same names: the text of a reply and what is new in it. FOLDER/node_modules may hold the peers; those that are there run.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { tableLines } from '../local/table.ts';
import { newText } from '../shared/mime/reply.ts';

type Library = { name: string; newText: (text: string) => string };
type Case = { name: string; input: string; expected: string };

/** A lost word is a customer's: it weighs as much as so many that are left in. */
const LOST_WEIGHS = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { peers: { type: 'string' }, details: { type: 'boolean', default: false } },
});

const thread = { subject: 'Re: x', inReplyTo: ['<x@example.com>'], references: [] };
const ours: Library = { name: 'Malote', newText: text => newText(text, thread, '').text };

/** How each library is asked for the reply alone; `load` gives what it exports. */
const peers: { name: string; use: (load: (name: string) => unknown) => Library['newText'] }[] = [
  {
    name: 'email-reply-parser',
    use: load => {
      type Parser = new () => { read: (text: string) => { getVisibleText: () => string } };
      const { default: Parser } = load('email-reply-parser') as { default: Parser };
      return text => new Parser().read(text).getVisibleText();
    },
  },
  {
    name: 'node-email-reply-parser',
    use: load => {
      const parse = load('node-email-reply-parser') as (text: string, visibleTextOnly: true) => string;
      return text => parse(text, true);
    },
  },
  {
    name: 'emailreplyparser',
    use: load => {
      type Parser = { EmailReplyParser: { parse_reply: (text: string) => string } };
      const { EmailReplyParser } = load('emailreplyparser') as Parser;
      return text => EmailReplyParser.parse_reply(text);
    },
  },
  {
    name: 'planer',
    use: load => {
      const planer = load('planer') as { extractFromPlain: (text: string) => string };
      return text => planer.extractFromPlain(text);
    },
  },
];

const libraries = [ours, ...installedPeers(values.peers)];
for (const folder of positionals) {
  const cases = readCases(folder);
  const rows = libraries.map(library => [library.name, ...measure(library, cases)]);
  const head = ['library', 'right', 'lost', 'left in', `${LOST_WEIGHS} lost + left in`];
  const title = `\n${basename(folder)}: ${cases.length} cases; words`;
  console.log([title, ...tableLines(head, rows, [30])].join('\n'));
}

function installedPeers(folder: string | undefined): Library[] {
  if (folder === undefined) return [];
  const load = createRequire(join(resolve(folder), 'x.js'));
  return peers
    .filter(({ name }) => existsSync(join(folder, 'node_modules', name)))
    .map(({ name, use }) => ({ name, newText: use(load) }));
}

function readCases(folder: string): Case[] {
  return readdirSync(join(folder, 'input')).map(name => {
    const [input = '', expected = ''] = ['input', 'expected'].map(part =>
      readFileSync(join(folder, part, name), 'utf8').replaceAll('\r\n', '\n'),
    );
    return { name, input, expected };
  });
}

function measure(library: Library, cases: Case[]): string[] {
  let right = 0;
  let lost = 0;
  let leftIn = 0;
  for (const { name, input, expected } of cases) {
    const wanted = wordsOf(expected);
    const given = wordsOf(library.newText(input));
    const lostHere = countMissing(wanted, given);
    const leftHere = countMissing(given, wanted);
    if (lostHere + leftHere === 0) right++;
    else if (values.details && library === ours)
      console.log(`${name}: ${lostHere} lost, ${leftHere} left in`);
    lost += lostHere;
    leftIn += leftHere;
  }
  return [right, lost, leftIn, LOST_WEIGHS * lost + leftIn].map(String);
}

/** Words, without what only draws or quotes. */
function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter(word => /[\p{L}\p{N}\p{S}]/u.test(word.replace(/^[>|=+~#_-]+/, '')));
}

/** How many of these words the other text has not, each counted as often as it stands. */
function countMissing(words: string[], other: string[]): number {
  const there = Map.groupBy(other, word => word);
  const counts = new Map([...there].map(([word, all]) => [word, all.length]));
  return words.filter(word => {
    const count = counts.get(word) ?? 0;
    counts.set(word, count - 1);
    return count <= 0;
  }).length;
}
