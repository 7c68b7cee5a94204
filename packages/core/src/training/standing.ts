import type { RunningCallbacks } from '../callbacks/running.js';
import { type StateDicts, withoutCallbacks } from '../callbacks/stateful.js';
import type { EngineState, LoadedNet } from '../ports/engine.js';
import { Held } from '../state/held.js';
import type { TrainingState } from '../state/training-state.js';
import type { Tensors } from '../values/tensor.js';
import type { Best } from './course.js';
import type { Position } from './epoch.js';
import { firstNotFinite } from './finite.js';

/** Where a train stands in memory: the engine's state now, at the best epoch, and before all of it. */
export class Standing {
  readonly #net: LoadedNet;
  readonly #before: { readonly held: Held; readonly net: Tensors };
  readonly #state: TrainingState;
  readonly #position: Position;
  readonly #callbacks: RunningCallbacks;
  #best: Best;
  #captured: { readonly step: number; readonly moves: number; readonly held: Held } | null = null;

  /**
   * @param before the engine's state before the call, and its parameters
   * @param best that of an earlier process, which this one goes on with
   */
  constructor(
    net: LoadedNet,
    before: { readonly held: Held; readonly net: Tensors },
    at: { readonly state: TrainingState; readonly position: Position; readonly callbacks: RunningCallbacks },
    best: Best | null,
  ) {
    this.#net = net;
    this.#before = before;
    this.#state = at.state;
    this.#position = at.position;
    this.#callbacks = at.callbacks;
    this.#best = best ?? { state: null, held: before.held };
    this.#best.held.share();
  }

  /** The state to go back to where `loadBest` says so. */
  get best(): Best {
    return this.#best;
  }

  /** Training stands at its best epoch. */
  isBest(): void {
    this.#best.held.drop(this.inUse);
    const held = this.#callbacks.averages() === null ? this.capture() : new Held(this.averaged());
    this.#best = { state: this.training(), held };
  }

  /** The engine's state, captured once between two steps, however many hold it. */
  capture(): Held {
    const net = this.#net;
    const { step } = this.#position;
    const { moves } = this.#callbacks;
    if (this.#captured?.step === step && this.#captured.moves === moves && this.#captured.held.isHeld) {
      this.#captured.held.share();
      return this.#captured.held;
    }
    const held = new Held(net.capture(), net.recycle && ((memory) => net.recycle?.(memory)));
    this.#captured = { step, moves, held };
    return held;
  }

  /** The engine's state, with averages in the place of what is trained where there are some: copies, which only their holder has. */
  averaged(): EngineState {
    const state = this.#net.capture();
    const averages = this.#callbacks.averages();
    if (averages === null) return state;
    const copies = new Map([...averages].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
    return { ...state, net: new Map([...state.net, ...copies]) };
  }

  /** The part of the state that isn't tensors. @param callbacks their states; none but in the middle of a train */
  training(callbacks: StateDicts = {}): TrainingState {
    const { epoch, step, epochScheduler, stepScheduler } = this.#position;
    const { statefuls: before, ...rest } = this.#state;
    const statefuls = { ...withoutCallbacks(before), ...callbacks };
    const moved = { ...rest, epochScheduler, stepScheduler, loop: { epoch, step } };
    return Object.keys(statefuls).length === 0 ? moved : { ...moved, statefuls };
  }

  /** The first parameter that is no number, and was one before the call. */
  firstNotFinite(net: Tensors): string | undefined {
    return firstNotFinite(net, this.#before.net);
  }

  /** Memory that the engine reads. */
  readonly inUse = (): ReadonlySet<ArrayBufferLike> => this.#net.inUse?.() ?? new Set();

  letGo(): void {
    this.#best.held.drop(this.inUse);
    this.#before.held.drop(this.inUse);
  }
}
