import type { Clip } from '@reprise/core';

/** Keeps a scale finite where all gradients are 0, as PyTorch does. */
const least = 1e-6;

/**
 * Clips gradients in place, after PyTorch's `clip_grad_norm_` and `clip_grad_value_`
 * (https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html). The norm is summed in double precision, in the order
 * given. Gradients that aren't numbers stay so.
 * @param gradients one for each parameter; two parameters may have one array between them
 */
export function clipGradients({ by, most }: Clip, gradients: readonly Float32Array[]): void {
  const arrays = new Set(gradients);
  if (by === 'value') {
    for (const array of arrays) clamp(array, most);
    return;
  }
  const scale = most / (Math.sqrt(gradients.reduce((sum, array) => sum + squares(array), 0)) + least);
  if (scale < 1) for (const array of arrays) multiply(array, scale);
}

/** Four sums, so that an addition doesn't wait for the one before. */
function squares(array: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = array.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += array[i]! * array[i]!;
    b += array[i + 1]! * array[i + 1]!;
    c += array[i + 2]! * array[i + 2]!;
    d += array[i + 3]! * array[i + 3]!;
  }
  for (let i = whole; i < array.length; i++) a += array[i]! * array[i]!;
  return a + b + (c + d);
}

function multiply(array: Float32Array, factor: number): void {
  const single = Math.fround(factor);
  for (let i = 0; i < array.length; i++) array[i]! *= single;
}

function clamp(array: Float32Array, most: number): void {
  for (let i = 0; i < array.length; i++) {
    if (array[i]! > most) array[i] = most;
    else if (array[i]! < -most) array[i] = -most;
  }
}
