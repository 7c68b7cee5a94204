import { RepriseError } from '@reprise/core';

/** The formats, as messages name them. */
export type FileFormat = 'safetensors file' | 'TensorBoard event file' | 'CSV file' | 'file of JSON lines';

/** Bytes that are no file of their format, or use a part of it that is not read (`FILE_FORMAT`). Nothing of them was returned. */
export class FormatError extends RepriseError {
  declare readonly code: 'FILE_FORMAT';
  readonly format: FileFormat;
  /** Where the fault begins, in bytes from the beginning; undefined where that is no single place. */
  readonly offset: number | undefined;

  constructor(
    format: FileFormat,
    problem: string,
    options: { readonly offset?: number; readonly cause?: unknown } = {},
  ) {
    const place = options.offset === undefined ? '' : `, at byte ${options.offset}`;
    super(
      'FILE_FORMAT',
      `This is no ${format} that can be read: ${problem}${place}. Write or fetch it again, or read it with the program that made it.`,
      'cause' in options ? { cause: options.cause } : undefined,
    );
    this.format = format;
    this.offset = options.offset;
  }
}
