import { cut, widthOf } from './width.js';

/** Something that a line says, where there is room for it. */
export interface Fact {
  readonly text: string;
  /** Where `text` is too long. */
  readonly short?: string;
  /** Those of a lower rank find their place first. */
  readonly rank: number;
  /** Not what the eye is to look for. */
  readonly faint?: boolean;
}

/** What a line shows, from left to right: its label, a bar, the facts. */
export interface LineParts {
  readonly label: string;
  /** How much is done, 0 … 1; null where that can't be told, or is not to be drawn. */
  readonly part: number | null;
  readonly facts: readonly Fact[];
}

/** The rank of the bar among the facts. */
export const barRank = 4;

const gap = '  ';
const [shortestBar, longestBar] = [8, 24];

/**
 * A line of at most so many columns. What is of the least importance is left out, and the bar takes what is left over.
 * @param colours whether the terminal has colours; they take no columns
 */
export function barLine({ label, part, facts }: LineParts, columns: number, colours: boolean): string {
  let free = columns - widthOf(label);
  if (free < 0) return cut(label, columns);
  const shown = new Map<Fact, string>();
  let bar = 0;
  const takes = (width: number): boolean => {
    if (width > free) return false;
    free -= width;
    return true;
  };
  const inOrder = facts.toSorted((a, b) => a.rank - b.rank);
  const place = (fact: Fact): void => {
    const text = fact.short ?? fact.text;
    if (takes(gap.length + widthOf(text))) shown.set(fact, text);
  };
  for (const fact of inOrder) if (fact.rank < barRank) place(fact);
  if (part !== null && takes(gap.length + shortestBar)) bar = shortestBar;
  for (const fact of inOrder) if (fact.rank >= barRank) place(fact);
  for (const [fact, text] of shown) {
    if (takes(widthOf(fact.text) - widthOf(text))) shown.set(fact, fact.text);
  }
  if (bar > 0) bar = Math.min(longestBar, bar + free);
  const paint = (code: number, text: string): string => (colours && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text);
  const full = Math.round((part ?? 0) * bar);
  return [
    label,
    ...(bar > 0 ? [paint(cyan, '━'.repeat(full)) + paint(dim, '─'.repeat(bar - full))] : []),
    ...facts.flatMap((fact) => {
      const text = shown.get(fact);
      return text === undefined ? [] : [fact.faint === true ? paint(dim, text) : text];
    }),
  ].join(gap);
}

const [cyan, dim] = [36, 2];
