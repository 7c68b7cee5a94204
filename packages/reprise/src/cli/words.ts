import { describeChange, duration, figure, size, valueSaid as plainSaid } from '@reprise/core';
import type { FieldChange, Plain } from '@reprise/core';
import type { Counts, OpInfo, ResultSummary, UnfinishedTrain } from '@reprise/core/inspect';
import type { Paint } from './paint.js';
import { count, visible, when } from './text.js';

export { duration, size };

/** `#12 mnist/1/train#2` */
export function opSaid({ number, address }: Pick<OpInfo, 'number' | 'address'>): string {
  return `#${number} ${visible(address)}`;
}

/** The first 8 hex digits of a digest. */
export function short(digest: string | null): string {
  if (digest === null) return '';
  const from = digest.indexOf('-') + 1;
  return digest.slice(from, from + 8);
}

/** A field's value in a line. */
export function valueSaid(value: Plain): string {
  return visible(plainSaid(value));
}

export function changeSaid(change: FieldChange): string {
  return visible(describeChange(change));
}

/** The changes that say most: not each argument of a component that another one took the place of. */
export function changesSaid(changes: readonly FieldChange[]): readonly string[] {
  const above = (path: string): boolean => changes.some((other) => path.startsWith(`${other.path}.`));
  const oneSided = ({ recorded, called }: FieldChange): boolean => recorded === undefined || called === undefined;
  return changes.filter((change) => !(oneSided(change) && above(change.path))).map(changeSaid);
}

/** A score; a rate has too few zeros to be written as one. */
export function scoreSaid(name: string, value: number): string {
  return name === 'lr' || name === 'suggestion' ? String(Number(value.toPrecision(3))) : figure(value);
}

/** All scores by name. */
export function scoresOf({ scores }: ResultSummary): readonly (readonly [name: string, value: string])[] {
  return Object.entries(scores).map(([name, value]) => [visible(name), scoreSaid(name, value)]);
}

/** The scores that say most, in a cell: those on validation data, else those on training data; metrics before the loss where there is room for one. */
export function scoresSaid(result: ResultSummary | null, most: number = 2): string {
  if (result === null) return '';
  const all = scoresOf(result).filter(([name]) => name !== 'lr');
  const validation = all.filter(([name]) => name.startsWith('val_'));
  const known = validation.length > 0 ? validation : all;
  const first = most < known.length ? known.toSorted(([a], [b]) => Number(isLoss(a)) - Number(isLoss(b))) : known;
  const shown = first.slice(0, most).map(([name, value]) => `${name} ${value}`);
  return shown.length > 0 ? shown.join(', ') : visible(result.said);
}

function isLoss(name: string): boolean {
  return name.endsWith('loss');
}

/** What sets an op apart from one that was just computed and stands where it is. */
export function noteOf({ status, damaged, how, origin, accepted, tags, settlement }: OpInfo): string {
  const from = origin === null ? '' : ` from #${origin}`;
  return [
    ...(damaged ? ['damaged'] : []),
    ...(status === 'superseded' ? ['superseded'] : []),
    ...(accepted ? ['accepted for another call'] : []),
    ...(how === 'run' ? [] : [`${how}${from}`]),
    ...tags.map((tag) => `tag ${visible(tag)}`),
    ...(settlement === null ? [] : [`${settlement} next`]),
  ].join(', ');
}

/** As much of a note as colours can say. */
export function notePaint({ status, damaged, tags }: OpInfo, paint: Paint): (text: string) => string {
  if (damaged) return paint.bad;
  if (status === 'superseded') return paint.dim;
  return tags.length > 0 ? paint.good : paint.warn;
}

/** `unfinished: 3 of 20 epochs and 12 steps, after 7.2 s, saved 2026-11-23 04:23` */
export function unfinishedSaid({ epoch, step, epochs, cost, savedAt }: UnfinishedTrain): string {
  const steps = step === 0 ? '' : ` and ${count(step, 'step')}`;
  return `unfinished: ${epoch} of ${count(epochs, 'epoch')}${steps}, after ${duration(cost)}, saved ${when(savedAt)}`;
}

/** What is to be looked at: `1 unfinished, 2 damaged`. */
export function troubleOf({ unfinished, damaged }: Pick<Counts, 'unfinished' | 'damaged'>): string {
  return [...(damaged > 0 ? [`${damaged} damaged`] : []), ...(unfinished > 0 ? [`${unfinished} unfinished`] : [])].join(
    ', ',
  );
}
