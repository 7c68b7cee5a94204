import { RepriseError } from '../errors/base.js';

/** Samples that could not be had (`DATA_ERROR`), or that have another form than expected (`DATA_MISMATCH`). */
export class DataError extends RepriseError {
  /** The samples concerned, as the data set that failed counts them; empty where the fault lies with none in particular. */
  readonly indices: readonly number[];

  constructor(
    code: 'DATA_ERROR' | 'DATA_MISMATCH',
    message: string,
    options: { readonly indices?: Iterable<number>; readonly cause?: unknown } = {},
  ) {
    super(code, message, 'cause' in options ? { cause: options.cause } : undefined);
    this.indices = [...(options.indices ?? [])];
  }
}

/** Indices for a message: `3`, `3, 7, 9`, or the first eight and how many there are. */
export function listed(indices: ArrayLike<number>): string {
  const first = Array.from(indices).slice(0, 8).join(', ');
  return indices.length <= 8 ? first : `${first}, … (${indices.length} in all)`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
