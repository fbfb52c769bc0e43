// The queries of docs/runbook.md: Kusto understands each of them, and they look for what the app logs.
import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { factsIn, faultsOf } from './kusto.ts';

const blocks = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/```kusto\n([\s\S]*?)```/g)];
const [head = '', ...others] = blocks.map(([, block = '']) => block.trim());
/** One a line, as they are pasted. */
const queries = others.flatMap(block => block.split('\n'));

/** The events that a query names, and the members that it reads of them. */
const looksFor = (query: string) => {
  const compared = [...query.matchAll(/event (?:==|in) (\([^)]*\)|'[\w-]+')/g)].map(([, words]) => words);
  const events = [...compared.join().matchAll(/'([\w-]+)'/g)].map(([, event]) => event);
  const members = [...query.matchAll(/fact(?:\.(\w+)|\['(\w+)'\])/g)].map(([, one, other]) => one ?? other);
  return { events, members };
};

/** Where each event is logged. */
const source = globSync('shared/**/*.ts').map(file => readFileSync(file, 'utf8'));
const loggedIn = (event: string | undefined) =>
  source.filter(text => new RegExp(`\\((?:[^()]*\\? )?'${event}'`).test(text));
/** Are on every line of their log. */
const bound = ['serviceId', 'function'];

describe('docs/runbook.md', () => {
  it('has queries, and what they all begin with', () => {
    assert.ok(queries.length >= 10);
    assert.match(head, /^let facts = AppTraces .*;$/);
  });

  for (const query of queries) {
    it(`has a query that a workspace runs, of facts that are logged: ${query}`, () => {
      assert.deepEqual(faultsOf(`${head}\n${query}`), []);
      const { events, members } = looksFor(query);
      assert.ok(events.length > 0 || !query.startsWith('facts'), 'it looks for no event');
      for (const event of events) {
        const places = loggedIn(event);
        assert.notEqual(places.length, 0, `nothing logs ${event}`);
        const unknown = members.filter(
          member => !bound.includes(String(member)) && !places.some(text => text.includes(String(member))),
        );
        assert.deepEqual(unknown, [], event);
      }
    });
  }

  it('looks for every fact that an alert looks for', () => {
    const files = readdirSync('infra/alerts').map(file => readFileSync(`infra/alerts/${file}`, 'utf8'));
    const wanted = files.flatMap(factsIn).map(({ event }) => event);
    const named = queries.flatMap(query => looksFor(query).events);
    assert.deepEqual(
      wanted.filter(event => !named.includes(event)),
      [],
    );
  });
});
