// Who imports whom, room by room, types included: the list in docs/architecture.md, made from the imports themselves.
// Usage: node tools/rooms.ts [--write | --check]
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tend } from './generated.ts';

/** Everybody knows these, and they know nobody. */
const leaves = ['errors.ts', 'log.ts'];

tend('docs/architecture.md', 'rooms', list());

/** A line for each room: how many files it has, and the rooms that these import from. */
function list(): string {
  const rooms = new Map<string, { files: number; from: Set<string> }>();
  for (const file of globSync(['functions/*.ts', 'shared/**/*.ts'])) {
    const room = roomOf(file);
    const { files, from } = rooms.get(room) ?? { files: 0, from: new Set() };
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/\bfrom '(\.[^']+)'/g)) {
      from.add(roomOf(join(dirname(file), path)));
    }
    rooms.set(room, { files: files + 1, from });
  }
  const lines = [...rooms].sort().map(([room, { files, from }]) => {
    const others = [...from].filter(other => other !== room && !leaves.includes(other)).sort();
    return `- **${room}** (${files}): ${others.join(', ') || 'nothing'}`;
  });
  return lines.join('\n');
}

/** The folder of a file; right below shared/ each file is a room by itself. */
function roomOf(file: string): string {
  return (dirname(file) === 'shared' ? file : dirname(file)).replace(/^shared\//, '');
}
