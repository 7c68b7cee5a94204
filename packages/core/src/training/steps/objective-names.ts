import { objectiveScores } from '../../components/objective-list.js';
import { OptionError } from '../../errors/option-error.js';

/**
 * A score has one name: that of an objective can't be a metric's as well.
 * @throws OptionError `INVALID_OPTION`
 */
export function checkObjectiveNames(
  where: string,
  metrics: readonly { readonly name: string }[],
  objectives: readonly string[],
): void {
  const taken = new Set(objectiveScores(objectives).map(({ name }) => name));
  const metric = metrics.find(({ name }) => taken.has(name));
  if (metric === undefined) return;
  throw new OptionError(
    'INVALID_OPTION',
    `${where}: the metric '${metric.name}' has the name of the loss of the objective '${metric.name.slice(0, -'_loss'.length)}'. Give one of them another name.`,
    { where, option: 'metrics' },
  );
}
