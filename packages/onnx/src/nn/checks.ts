import { nonNegativeInteger, positiveInteger, refuse } from '@reprise/core';
import type { Layer } from './layer.js';

/** One number for both directions, or [height, width]. */
export type Pair = number | readonly [number, number];

/** A pair of whole numbers, from 1 or from 0. */
export function pair(where: string, option: string, value: unknown, from: 0 | 1): readonly [number, number] {
  const both: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  if (both.length !== 2) refuse(where, option, 'one number, or [height, width]', value);
  const check: typeof positiveInteger = from === 0 ? nonNegativeInteger : positiveInteger;
  for (const each of both) check(where, option, each);
  return [both[0] as number, both[1] as number];
}

/** At least one whole number from 1. */
export function sizes(where: string, option: string, value: unknown): readonly number[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (all.length === 0) refuse(where, option, 'at least one size', value);
  for (const each of all) positiveInteger(where, option, each);
  return all as readonly number[];
}

/** One number, or a row of at least one. */
export function row(where: string, option: string, value: unknown): readonly number[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (all.length === 0 || !all.every((each) => Number.isFinite(each))) {
    refuse(where, option, 'a finite number or a list of them', value);
  }
  return all as readonly number[];
}

export function isLayer(value: unknown): value is Layer {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Layer>).build === 'function';
}

export function checkLayer(where: string, option: string, value: unknown): asserts value is Layer {
  if (!isLayer(value)) refuse(where, option, 'a layer such as nn.linear(…)', value);
}
