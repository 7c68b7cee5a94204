import { RepriseError } from '../errors/base.js';
import type { Host } from '../ports/host.js';
import type { Lease, LeaseHolder, LeaseOf, Leases } from '../ports/leases.js';
import { holderSaid } from '../replay/holder.js';

/** What to do where another process is writing the checkpoint: wait until it is done, fail at once, or leave the block out. */
export type BusyPolicy = 'wait' | 'error' | 'skip';

export const busyPolicies: readonly BusyPolicy[] = ['wait', 'error', 'skip'];

/** The block is left out: another process is writing its checkpoint. */
export class SkippedError extends Error {}

const pause = 250;

/**
 * The right to write a lane of a checkpoint, taken when its first call can't be answered from the log, and held until the lane ends: a script that only
 * replays takes none.
 */
export class Tenure {
  readonly #leases: Leases;
  readonly #host: Pick<Host, 'sleep'>;
  readonly #of: LeaseOf;
  readonly #policy: BusyPolicy;
  readonly #say: (line: string) => void;
  #lease: Lease | null = null;

  constructor(
    parts: { readonly leases: Leases; readonly host: Pick<Host, 'sleep'>; readonly say: (line: string) => void },
    of: LeaseOf,
    policy: BusyPolicy,
  ) {
    this.#leases = parts.leases;
    this.#host = parts.host;
    this.#say = parts.say;
    this.#of = of;
    this.#policy = policy;
  }

  /** The fencing token, where it is held. */
  get token(): number | undefined {
    return this.#lease?.token;
  }

  /**
   * Takes the lease. True where another process had it meanwhile: what is recorded may have changed.
   * @throws RepriseError `CHECKPOINT_BUSY`; SkippedError; the signal's reason
   */
  async hold(signal: AbortSignal): Promise<boolean> {
    if (this.#lease !== null) return false;
    for (let waited = false; ; waited = true) {
      signal.throwIfAborted();
      const taken = await this.#leases.take(this.#of);
      if ('token' in taken) {
        this.#lease = taken;
        return waited;
      }
      this.#refuse(taken);
      if (!waited)
        this.#say(`[${this.#of.checkpoint}] waits for ${holderSaid(taken)}, which is writing this checkpoint`);
      await this.#host.sleep(pause, signal);
    }
  }

  /** Leaves the block out where that is the policy and somebody else is writing. @throws SkippedError */
  async enter(): Promise<void> {
    if (this.#policy !== 'skip' || this.#lease !== null) return;
    const holder = await this.#leases.holder(this.#of);
    if (holder !== undefined) this.#refuse(holder);
  }

  async release(): Promise<void> {
    const lease = this.#lease;
    this.#lease = null;
    await lease?.release();
  }

  #refuse(holder: LeaseHolder): void {
    if (this.#policy === 'wait') return;
    const { model, checkpoint } = this.#of;
    if (this.#policy === 'skip') {
      throw new SkippedError(`[${checkpoint}] left out: ${holderSaid(holder)} is writing this checkpoint`);
    }
    throw new RepriseError(
      'CHECKPOINT_BUSY',
      `Checkpoint '${checkpoint}' of model '${model}' is being written by ${holderSaid(holder)}. Wait for it and run again, ` +
        "or open the model, or the block, with onBusy: 'wait'.",
    );
  }
}
