import type { Outline } from '../values/outline.js';
import type { Plain } from '../values/plain.js';

/** An outline with one part more, and its name there. Where that is taken, as in a map of a map, it is counted: `map`, `map 2`. */
export function withPart(
  outline: Outline,
  name: string,
  value: Plain,
): { readonly outline: Outline; readonly name: string } {
  let free = name;
  for (let count = 2; Object.hasOwn(outline, free); count++) free = `${name} ${count}`;
  return { outline: { ...outline, [free]: value }, name: free };
}

/** The outlines of several things in one: that of the first under `1.`, and so on. */
export function numbered(outlines: readonly Outline[]): Outline {
  const parts = outlines.flatMap((outline, at) =>
    Object.entries(outline).map(([path, value]) => [`${at + 1}.${path}`, value] as const),
  );
  return Object.fromEntries(parts);
}
