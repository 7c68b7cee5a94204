import { refuse, string } from '../options/validators.js';
import { checkPatterns } from './patterns.js';

/** The name of the group of all parameters that no other one names. */
export const defaultGroup = 'default';

/** @throws OptionError `INVALID_OPTION`, as do the others here */
export function checkGroupName(where: string, name: unknown): asserts name is string {
  string(where, 'name', name);
  if (name === defaultGroup) refuse(where, 'name', `another one: '${defaultGroup}' is what no group names`, name);
}

/** Each only once. */
export function checkGroupNames(where: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) refuse(where, 'groups', 'without two of the same name', twice);
}

export function checkGroupParameters(where: string, value: unknown): asserts value is readonly string[] {
  checkPatterns(where, 'parameters', value);
  if (value.length === 0) refuse(where, 'parameters', "one name or pattern at least, such as 'backbone.*'", value);
}
