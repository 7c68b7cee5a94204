import { checkOptions, isPlainObject } from '../options/check-options.js';
import { refuse } from '../options/validators.js';
import { checkRole, component, type Loss } from './component.js';
import { checkGroupParameters } from './group-names.js';
import { argsWithin, joinedArgs, recipeWithin } from './nested.js';

/** A loss that is minimised by some of a net's parameters. */
export interface Objective {
  readonly loss: Loss;
  /** Those that it updates, by name; `*` stands for any characters: `generator.*`. The others are left as they are. */
  readonly parameters: readonly string[];
}

/**
 * Several losses, each of which some of the parameters minimise: no parameter for two of them, each for one. A training step takes them in this order, on the
 * same batch: forward, backward, update, so that each sees the updates before it. `trainingStep` says otherwise.
 *
 * ```ts
 * objectives({
 *   discriminator: { loss: tellsApart, parameters: ['discriminator.*'] },
 *   generator: { loss: deceives, parameters: ['generator.*'] },
 * })
 * ```
 * The figure called `loss` is their sum, and each has its own: `generator_loss`.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function objectives(of: { readonly [name: string]: Objective }): Loss<'objectives'> {
  const where = 'objectives()';
  if (!isPlainObject(of) || Object.keys(of).length === 0) {
    refuse(where, 'its argument', "losses by name, such as { generator: { loss, parameters: ['generator.*'] } }", of);
  }
  const args = Object.entries(of).map(([name, objective]) => {
    const at = `${where} '${name}'`;
    if (!/^[A-Za-z_]\w*$/.test(name))
      refuse(at, 'the name', 'a word of letters, digits and _, as it names a score', name);
    if (!isPlainObject(objective))
      refuse(at, 'it', "an object such as { loss, parameters: ['generator.*'] }", objective);
    checkOptions(at, objective, ['loss', 'parameters']);
    const { loss, parameters } = objective;
    checkRole(at, 'loss', loss, 'loss');
    if (loss.kind === 'objectives') refuse(at, 'loss', 'one loss: list all of them in one objectives()', loss);
    checkGroupParameters(at, parameters);
    return { ...recipeWithin(name, loss), ...argsWithin(name, { parameters: [...parameters] }) };
  });
  return component('loss', 'objectives', joinedArgs(where, { objectives: Object.keys(of) }, ...args));
}
