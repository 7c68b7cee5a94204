import type { Dataset } from '@reprise/core';

/** Aborted when so many more of the steps that these count were taken. */
export function abortedAfterSteps(counts: { steps: number }, steps: number): AbortSignal {
  const controller = new AbortController();
  const end = counts.steps + steps;
  let count = counts.steps;
  Object.defineProperty(counts, 'steps', {
    configurable: true,
    get: () => count,
    set: (value: number) => {
      count = value;
      if (value === end) controller.abort(new Error('stopped by the test'));
    },
  });
  return controller.signal;
}

/** Aborted after so many turns of the event loop: somewhere in the training. */
export function abortedAfterTurns(turns: number): AbortSignal {
  const controller = new AbortController();
  let left = turns;
  const wait = (): void => {
    if (--left <= 0) controller.abort(new Error('stopped by the test'));
    else setImmediate(wait);
  };
  wait();
  return controller.signal;
}

/** The same data, which abort once so many samples were read of them. By their content they are those of `sameData`. */
export function abortedAtSample(
  data: Dataset,
  samples: number,
): { readonly data: Dataset; readonly signal: AbortSignal } {
  const controller = new AbortController();
  let read = 0;
  const counted = data.map(
    (sample) => {
      if (++read === samples) controller.abort(new Error('stopped by the test'));
      return sample;
    },
    { key: 'as they are' },
  );
  return { data: counted, signal: controller.signal };
}

export function sameData(data: Dataset): Dataset {
  return data.map((sample) => sample, { key: 'as they are' });
}
