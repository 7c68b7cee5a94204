import type { Engine, Store } from '@reprise/core';
import { type Phase, say } from '../durability/say.js';

/** Says, as a process goes on, which phase it is in: the innermost of those that it has begun and not ended. */
export class Watch {
  readonly #now: Phase[] = [];
  #said: Phase | null = null;

  async during<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    this.#now.push(phase);
    this.#say();
    try {
      return await work();
    } finally {
      this.#now.splice(this.#now.lastIndexOf(phase), 1);
      this.#say();
    }
  }

  #say(): void {
    const phase = this.#now.at(-1);
    if (phase === undefined || phase === this.#said) return;
    this.#said = phase;
    say({ phase });
  }
}

/** The same store, which says when it saves and when it appends. */
export function watchedStore(store: Store, watch: Watch): Store {
  const { blobs, log } = store;
  const saving = over(blobs, {
    put: (...given: Parameters<typeof blobs.put>) => watch.during('saving', () => blobs.put(...given)),
  });
  const appending = over(log, {
    commit: (...given: Parameters<typeof log.commit>) => watch.during('appending', () => log.commit(...given)),
  });
  return over(store, { blobs: saving, log: appending });
}

/** The same engine, whose steps take time as real ones do, so that a process can be killed between two of them. */
export function slowEngine<Hparams>(engine: Engine<Hparams>, milliseconds: number): Engine<Hparams> {
  return over(engine, {
    load: async (...given: Parameters<typeof engine.load>) => {
      const net = await engine.load(...given);
      return over(net, {
        trainer: async (...what: Parameters<typeof net.trainer>) => {
          const trainer = await net.trainer(...what);
          return over(trainer, {
            step: async (...batch: Parameters<typeof trainer.step>) => {
              await new Promise((done) => setTimeout(done, milliseconds));
              return trainer.step(...batch);
            },
          });
        },
      });
    },
  });
}

/** An object with some of its members replaced; the others, private fields included, work on the object itself. */
function over<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (Object.hasOwn(members, name)) return members[name as keyof T];
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
