import { arithmetic } from './arithmetic.js';
import { convolutions } from './conv.js';
import { computed } from './folding.js';
import { gathers } from './gather.js';
import { matrices } from './matmul.js';
import { normalizations } from './normalization.js';
import { pieces } from './pieces.js';
import { pools } from './pool.js';
import { reductions } from './reduce.js';
import type { Rule, Rules } from './rule.js';
import { shapes } from './shape.js';
import { softmaxes } from './softmax.js';
import { unaries } from './unary.js';

const families: Rules = {
  ...arithmetic,
  ...unaries,
  ...softmaxes,
  ...matrices,
  ...reductions,
  ...shapes,
  ...pieces,
  ...gathers,
  ...convolutions,
  ...pools,
  ...normalizations,
};

const foldable: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

/** Every operator that is known, by its name in ONNX. No other place lists operators. */
export const rules: Readonly<Record<string, Rule | undefined>> = Object.fromEntries(
  Object.entries(families).map(([op, rule]) => {
    const compute = foldable[op];
    return [op, compute ? { ...rule, fold: computed(compute) } : rule];
  }),
);
