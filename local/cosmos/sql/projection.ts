// What SELECT makes of each item that is found.
import { type JsonObject, valueAt } from '../json.ts';
import type { Selection } from './syntax.ts';

/** The JSON text selected from an item's JSON text; undefined where SELECT VALUE finds nothing: it leaves no row. */
export function project(selection: Selection, item: string): string | undefined {
  switch (selection.kind) {
    case 'item':
    case 'count':
      return item;
    case 'value': {
      const value = valueAt(JSON.parse(item), selection.path);
      return value === undefined ? undefined : JSON.stringify(value);
    }
    case 'fields': {
      const parsed = JSON.parse(item);
      const selected: JsonObject = {};
      for (const { name, path } of selection.fields) {
        const value = valueAt(parsed, path);
        if (value !== undefined) selected[name] = value;
      }
      return JSON.stringify(selected);
    }
  }
}
