/** A process, as far as this suite knows it. */
export interface Mortal {
  readonly dead: boolean;
}

interface Waiting {
  readonly who: Mortal;
  readonly go: () => void;
}

/** Where everybody waits until they are told to go on, one at a time. */
export class Turns {
  #waiting: Waiting[] = [];
  #last: Mortal | undefined;
  #left = 0;

  /** Resolves when it is this one's turn; never for who has died meanwhile. */
  wait(who: Mortal): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ who, go: resolve }));
  }

  /** The same between two transactions that belong together: where others had better go on meanwhile. The run of this one ends here. */
  between(who: Mortal): Promise<void> {
    if (this.#last === who) this.#left = 0;
    return this.wait(who);
  }

  /** How many wait. */
  get length(): number {
    this.#waiting = this.#waiting.filter(({ who }) => !who.dead);
    return this.#waiting.length;
  }

  /** Lets one of those who wait go on: the same one as before, where it has a run left, else one that is chosen, for a run of 1 to 128 steps. */
  release(choice: number): void {
    if (this.length === 0) return;
    const same = this.#left > 0 ? this.#waiting.findIndex(({ who }) => who === this.#last) : -1;
    if (same < 0) this.#left = 2 ** (choice >> 5);
    this.#left -= 1;
    const [next] = this.#waiting.splice(same < 0 ? choice % this.#waiting.length : same, 1);
    this.#last = next?.who;
    next?.go();
  }

  /** Resolves once everybody has come to a stop, or nobody is left. */
  async settled(isOver: () => boolean): Promise<void> {
    let before = -1;
    for (let quiet = 0; quiet < 3 && !isOver();) {
      await new Promise((resolve) => setImmediate(resolve));
      const { length } = this;
      quiet = length > 0 && length === before ? quiet + 1 : 0;
      before = length;
    }
  }
}
