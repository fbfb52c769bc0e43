// The rules of a subscription: which messages of its topic enter it.

import type { Message } from 'rhea';
import type { CorrelationFilter, RuleEntity } from './entities.ts';
import { compileSqlFilter } from './sql-filter.ts';
import { isSystemProperty, systemProperty } from './system-properties.ts';

export type Filter = (message: Message) => boolean;

/** Without rules given everything enters (Azure's `$Default` rule); rules given are joined by "or", so none means nothing. */
export function compileRules(rules: RuleEntity[] | undefined): Filter {
  if (!rules) return () => true;
  const filters = rules.map(rule =>
    'sql' in rule ? compileSqlFilter(rule.sql) : correlationFilter(rule.correlation),
  );
  return message => filters.some(filter => filter(message));
}

function correlationFilter({ properties = {}, ...system }: CorrelationFilter): Filter {
  const wanted = Object.entries(system).map(([member, value]) => {
    const name = member.toLowerCase();
    if (!isSystemProperty(name)) throw new Error(`Correlation filters do not know "${member}"`);
    return { name, value };
  });
  return message =>
    wanted.every(({ name, value }) => systemProperty(message, name) === value) &&
    Object.entries(properties).every(([name, value]) => message.application_properties?.[name] === value);
}
