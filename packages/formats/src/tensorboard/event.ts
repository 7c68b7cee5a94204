/** Values of one step. */
export interface ScalarEvent {
  /** When it was, in seconds since 1970. */
  readonly wallTime: number;
  /** A whole number: the place on the axis. */
  readonly step: number;
  /** Values by tag, as `loss/train`; TensorBoard groups tags by what is before the first slash. In the file they are float32. */
  readonly scalars: ReadonlyMap<string, number>;
}

/** What an event file begins with: the version of the events that follow. */
export const fileVersion = 'brain.Event:2';
