import { decodeVerified } from '../codec/index.js';
import { isPlainObject } from '../options/index.js';
import type { OpRecord } from '../ports/op-log.js';
import type { Plain } from '../values/plain.js';

/** What an op came to, in a line. */
export interface ResultSummary {
  /** Of a `train` at the epoch that it ended at: `train_loss`, `val_accuracy`, `lr`. Of an `evaluate`: `loss`, `accuracy`. Empty where there are none. */
  readonly scores: { readonly [name: string]: number };
  /** What else there is to say: `20 epochs, best 17`, `input [60, 2]`; empty where there is nothing. */
  readonly said: string;
}

/** Reads a result for people. A result of another form than expected has nothing to say. Decodes the result: its size is the cost. */
export function summarize({ kind, result }: Pick<OpRecord, 'kind' | 'result'>): ResultSummary {
  if (kind === 'open' || kind === 'setup') return nothing;
  const value = decodeVerified(result);
  if (kind === 'cached') return { scores: typeof value === 'number' ? { result: value } : {}, said: shortly(value) };
  if (!isObject(value)) return nothing;
  if (kind === 'train') return ofTrain(value);
  if (kind === 'load') return ofLoad(value);
  if (kind === 'evaluate') return { scores: numbersIn(value), said: '' };
  if (kind === 'findLr') return ofCurve(value);
  return { scores: {}, said: Object.entries(value).map(outputSaid).join(', ') };
}

const nothing: ResultSummary = { scores: {}, said: '' };

type Fields = { readonly [name: string]: Plain };

function ofTrain({ history, initial, best, stopped, loaded, epochs }: Fields): ResultSummary {
  const all = Array.isArray(history) ? (history as readonly Plain[]).filter(isObject) : [];
  const bestEpoch = isObject(best) && typeof best['epoch'] === 'number' ? best['epoch'] : null;
  const at = loaded === 'best' && bestEpoch !== null ? bestEpoch : all.length - 1;
  const epoch = all[at];
  const validation = epoch === undefined ? initial : epoch['val'];
  const { lr } = epoch ?? {};
  const count = typeof epochs === 'number' ? epochs : all.length;
  return {
    scores: {
      ...prefixed('train', epoch?.['train']),
      ...prefixed('val', validation),
      ...(typeof lr === 'number' ? { lr } : {}),
    },
    said: [
      `${count} ${count === 1 ? 'epoch' : 'epochs'}`,
      ...(typeof stopped === 'string' && stopped !== 'epochs' ? ['stopped early'] : []),
      ...(bestEpoch === null ? [] : [bestEpoch < 0 ? 'best before the first' : `best ${bestEpoch + 1}`]),
    ].join(', '),
  };
}

function ofLoad({ loaded, missing, mismatched, unexpected }: Fields): ResultSummary {
  const count = (names: Plain | undefined): number => (Array.isArray(names) ? names.length : 0);
  const left = count(missing) + count(mismatched);
  const said = [
    `${count(loaded)} ${count(loaded) === 1 ? 'tensor' : 'tensors'}`,
    ...(left === 0 ? [] : [`${left} left as they were`]),
    ...(count(unexpected) === 0 ? [] : [`${count(unexpected)} not in the net`]),
  ];
  return { scores: {}, said: said.join(', ') };
}

function ofCurve({ suggestion, lrs }: Fields): ResultSummary {
  const rates = ArrayBuffer.isView(lrs) && 'length' in lrs ? `${lrs.length} rates` : '';
  return { scores: typeof suggestion === 'number' ? { suggestion } : {}, said: rates };
}

function prefixed(prefix: string, scores: Plain): { readonly [name: string]: number } {
  if (!isObject(scores)) return {};
  return Object.fromEntries(Object.entries(numbersIn(scores)).map(([name, value]) => [`${prefix}_${name}`, value]));
}

/** The loss first, then the others as they come. */
function numbersIn(fields: Fields): { readonly [name: string]: number } {
  const numbers = Object.entries(fields).filter((field): field is [string, number] => typeof field[1] === 'number');
  return Object.fromEntries(numbers.toSorted(([a], [b]) => Number(b === 'loss') - Number(a === 'loss')));
}

function outputSaid([name, tensor]: readonly [string, Plain]): string {
  const shape = isObject(tensor) && Array.isArray(tensor['shape']) ? (tensor['shape'] as readonly Plain[]) : null;
  return shape === null ? name : `${name} [${shape.map((size) => JSON.stringify(size)).join(', ')}]`;
}

function shortly(value: Plain): string {
  if (typeof value === 'number') return '';
  if (typeof value === 'string') return cut(value);
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name} of ${value.size}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${(value as { readonly length: number }).length}`;
  if (Array.isArray(value)) return `array of ${value.length}`;
  if (isObject(value)) return cut(`{ ${Object.keys(value).join(', ')} }`);
  if (value instanceof Date) return value.toISOString();
  return value === undefined || typeof value === 'bigint' ? String(value) : cut(JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

function isObject(value: Plain | undefined): value is Fields {
  return isPlainObject(value);
}
