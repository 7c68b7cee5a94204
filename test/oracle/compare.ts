import { isDeepStrictEqual } from 'node:util';
import type { Scores, TrainResult } from '@reprise/core';
import type { PlayedCall } from './play.js';

/** How a call's value differs from the uncached one; `lacks` is what it observes and does not show. */
export interface Comparison {
  readonly difference: string | null;
  readonly lacks: readonly string[];
}

/** Compares what a call returned with what it returns without a cache. Times of day are no part of a result. */
export function compare(cached: PlayedCall, uncached: PlayedCall): Comparison {
  if (cached.call.kind === 'train' && cached.value !== undefined && uncached.value !== undefined) {
    return compareTrain(cached, uncached);
  }
  const same = isDeepStrictEqual(cached.value, uncached.value);
  return { difference: same ? null : said(cached.value, uncached.value), lacks: [] };
}

function compareTrain(cached: PlayedCall, uncached: PlayedCall): Comparison {
  const [got, wanted] = [cached.value as TrainResult, uncached.value as TrainResult];
  const observes = Object.keys(cached.spelled?.observes ?? {});
  const mayLack = cached.how === 'run' ? [] : observes;
  const lacks = new Set<string>();
  const fitScores = (seen: Scores | undefined, truth: Scores): Scores => {
    const missing = Object.keys(truth).filter((name) => mayLack.includes(name) && seen?.[name as never] === undefined);
    for (const name of missing) lacks.add(name);
    return Object.fromEntries(Object.entries(truth).filter(([name]) => !missing.includes(name))) as Scores;
  };
  const fitValidation = (seen: Scores | null | undefined, truth: Scores | null): Scores | null => {
    if (truth === null) return null;
    if (seen !== null || !mayLack.includes('validation')) return fitScores(seen ?? undefined, truth);
    lacks.add('validation');
    return null;
  };
  const expected = {
    ...wanted,
    initial: fitValidation(got.initial, wanted.initial),
    history: wanted.history.map((epoch, i) => ({
      ...epoch,
      train: fitScores(got.history[i]?.train, epoch.train),
      val: fitValidation(got.history[i]?.val, epoch.val),
      time: 0,
    })),
  };
  const shown = { ...got, history: got.history.map((epoch) => ({ ...epoch, time: 0 })) };
  const same = isDeepStrictEqual(shown, expected);
  return { difference: same ? null : said(shown, expected), lacks: [...lacks].sort() };
}

function said(got: unknown, wanted: unknown): string {
  return `  cached:   ${JSON.stringify(got)}\n  uncached: ${JSON.stringify(wanted)}`;
}
