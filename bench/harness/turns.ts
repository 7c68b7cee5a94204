/** Something that can be measured again and again: does its work once and returns the milliseconds that took. */
export interface Contender {
  turn(): Promise<number> | number;
}

/** Milliseconds by contender and round: `times.a[i]` and `times.b[i]` were taken one after the other. */
export type Times<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/**
 * Measures contenders in turn, so that what else the machine does falls on all of them. Who begins changes from round to round.
 * The first round of each warms it up and doesn't count.
 */
export async function inTurn<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  rounds: number,
  seen: (round: number) => void = () => undefined,
): Promise<Times<Name>> {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (const name of names) await contenders[name].turn();
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      times[name].push(await contenders[name].turn());
    }
    seen(round);
  }
  return times;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of the ratios of one round each: steadier than the ratio of the medians where the machine is busy now and then. */
export function medianRatio(numerators: readonly number[], denominators: readonly number[]): number {
  return median(numerators.map((value, round) => value / denominators[round]!));
}
