/** What makes a command line of a bench wrong. */
export class UsageError extends Error {}

/** The flags of a bench: `--name`, or `--name number`. */
export class Flags {
  readonly #values = new Map<string, number | true>();

  /** @param known the flags of the bench, and whether each takes a number. @throws UsageError */
  constructor(args: readonly string[], known: Readonly<Record<string, 'number' | 'alone'>>) {
    for (let i = 0; i < args.length; i++) {
      const name = args[i] as string;
      const kind = known[name];
      if (kind === undefined) {
        throw new UsageError(`There is no flag ${name}. This bench takes ${Object.keys(known).join(', ') || 'none'}.`);
      }
      if (kind === 'alone') {
        this.#values.set(name, true);
        continue;
      }
      const value = Number(args[++i]);
      if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`${name} takes a whole number from 1.`);
      this.#values.set(name, value);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  number(name: string, otherwise: number): number {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : otherwise;
  }
}
