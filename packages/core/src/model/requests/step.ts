import type { Fields } from '../../replay/fields.js';
import type { TrainingStep } from '../../training/steps/training-step.js';
import type { Runtime } from '../runtime.js';

/**
 * What identifies a training step of one's own. Nothing where there is none: calls that were recorded before there were such keep their fingerprints.
 * @throws FunctionError where it closes over what isn't given
 */
export async function fieldsOfStep({ functions }: Runtime, step: TrainingStep | null): Promise<Fields> {
  if (step === null) return {};
  const stored = await functions.store({ kind: 'step', args: { run: step.run } });
  return { step: stored.functions['run'] };
}
