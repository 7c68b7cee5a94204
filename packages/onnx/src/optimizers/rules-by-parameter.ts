import { parameterGroups } from '@reprise/core';
import type { Recipe } from '@reprise/core';
import type { Rule } from './rule.js';
import { ruleOf } from './rules.js';

/** How one parameter is updated. */
export interface ParameterRule {
  readonly rule: Rule;
  /** Which of the optimizer's groups it is in. */
  readonly group: number;
}

/**
 * The rule of each parameter. Those of one group share theirs.
 * @throws RepriseError `INVALID_OPTION`
 */
export function rulesOf(optimizer: Recipe, parameters: readonly string[]): ReadonlyMap<string, ParameterRule> {
  const rules = parameterGroups(optimizer, parameters).flatMap(({ recipe, parameters: names }, group) => {
    const rule = ruleOf(recipe);
    return names.map((name): [string, ParameterRule] => [name, { rule, group }]);
  });
  return new Map(rules);
}
