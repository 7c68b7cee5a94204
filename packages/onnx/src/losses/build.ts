import { RepriseError } from '@reprise/core';
import type { Recipe, UserFunction } from '@reprise/core';
import type { ShapedBuilder } from '../graph/shaped-builder.js';
import type { TensorName } from '../graph/graph.js';
import type { Named } from '../nn/layer.js';
import type { LossFunction } from './loss.js';
import { binaryCrossEntropy, crossEntropy, huber, l1, mse } from './standard.js';
import type { BinaryCrossEntropyArgs, CrossEntropyArgs, StandardLoss } from './standard.js';

/**
 * Adds a loss to the graph and returns its scalar.
 * @throws RepriseError `DATA_MISMATCH` where the batch's target doesn't fit the output, `INVALID_OPTION` for an unknown loss.
 */
export function buildLoss(g: ShapedBuilder, recipe: Recipe, outputs: Named, batch: Named): TensorName {
  if (recipe.kind === 'custom') {
    const define = recipe.args['define'] as UserFunction<LossFunction>;
    return define.call(g, outputs, batch);
  }
  return standardLoss(recipe)(g, onlyOutput(recipe, outputs), targetOf(recipe, batch));
}

/** Which output a standard loss reads: `output`, or the only one. */
export function lossOutput(names: readonly string[]): string | undefined {
  return names.includes('output') ? 'output' : names.length === 1 ? names[0] : undefined;
}

function standardLoss(recipe: Recipe): StandardLoss {
  const args = recipe.args as unknown;
  switch (recipe.kind) {
    case 'crossEntropy':
      return crossEntropy(args as CrossEntropyArgs);
    case 'binaryCrossEntropy':
      return binaryCrossEntropy(args as BinaryCrossEntropyArgs);
    case 'mse':
      return mse;
    case 'l1':
      return l1;
    case 'huber':
      return huber(args as { readonly delta: number });
    default:
      throw new RepriseError(
        'INVALID_OPTION',
        `The onnx engine has no loss '${recipe.kind}'. It has crossEntropy, binaryCrossEntropy, mse, l1, huber, and loss(…) for one's own.`,
      );
  }
}

function onlyOutput({ kind }: Recipe, outputs: Named): TensorName {
  const names = Object.keys(outputs);
  const name = lossOutput(names);
  if (name !== undefined) return outputs[name] as TensorName;
  throw new RepriseError(
    'DATA_MISMATCH',
    `${kind} reads the output 'output', and the net has '${names.join("', '")}'. Name one of them 'output', or write the loss with loss(…).`,
  );
}

function targetOf({ kind }: Recipe, batch: Named): TensorName {
  const target = batch['target'];
  if (target !== undefined) return target;
  throw new RepriseError(
    'DATA_MISMATCH',
    `${kind} reads 'target', and the batch has '${Object.keys(batch).join("', '")}'. Name the labels 'target', or write the loss with loss(…).`,
  );
}
