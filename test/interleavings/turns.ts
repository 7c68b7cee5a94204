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

  /** Resolves when it is this one's turn; never for who has died meanwhile. */
  wait(who: Mortal): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ who, go: resolve }));
  }

  /** How many wait. */
  get length(): number {
    this.#waiting = this.#waiting.filter(({ who }) => !who.dead);
    return this.#waiting.length;
  }

  /** Lets one of those who wait go on. */
  release(choice: number): void {
    if (this.length === 0) return;
    const [next] = this.#waiting.splice(choice % this.#waiting.length, 1);
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
