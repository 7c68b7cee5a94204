import { checkRole, type Loss } from '../../components/component.js';
import type { Recipe } from '../../components/recipe.js';
import { checkMetrics, type Metric } from '../../metrics/metric.js';
import { checkOptions, oneOf, positiveInteger } from '../../options/index.js';
import { type ProgressMode, progressModes } from '../options.js';
import type { ObjectiveScores } from '../result.js';

/** Options of `evaluate`. */
export interface EvaluateOptions<M extends readonly Metric[] = readonly Metric[]> {
  readonly metrics?: M;
  /** Samples a batch. Default 256. */
  readonly batchSize?: number;
  /** In place of the loss that was set up; null for none. */
  readonly loss?: Loss | null;
  /** Default `auto`. */
  readonly progress?: ProgressMode;
}

/** The options of `evaluate`, checked and complete. */
export interface EvaluateSettings {
  readonly metrics: readonly Metric[];
  readonly batchSize: number;
  /** Undefined: the loss that was set up, if any. */
  readonly loss: Recipe | null | undefined;
  readonly progress: ProgressMode;
}

/** The mean loss over samples, where there is a loss, that of each objective (`generator_loss`), where it is made of some, and each metric by its name. */
export type EvaluateResult<Names extends string = string> = { readonly loss?: number } & ObjectiveScores & {
    readonly [N in Names]: number;
  };

const optionNames: readonly (keyof EvaluateOptions)[] = ['metrics', 'batchSize', 'loss', 'progress'];

/**
 * Checks the options of `evaluate` and fills in their defaults.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function parseEvaluateOptions(options: unknown): EvaluateSettings {
  const where = 'evaluate()';
  checkOptions(where, options, optionNames);
  const { metrics = [], batchSize = 256, loss, progress = 'auto' } = (options ?? {}) as EvaluateOptions;
  checkMetrics(where, metrics);
  positiveInteger(where, 'batchSize', batchSize);
  if (loss !== undefined && loss !== null) checkRole(where, 'loss', loss, 'loss');
  oneOf(where, 'progress', progress, progressModes);
  return { metrics, batchSize, loss, progress };
}
