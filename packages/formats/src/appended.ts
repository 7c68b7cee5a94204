/** How far a file could be read that is written record by record. */
export interface Appended {
  /** Offsets in bytes: cut there, the file ends with this record. */
  readonly ends: readonly number[];
  /** False where the last record was cut short, as when its writer was killed; it is not among the records. */
  readonly complete: boolean;
  /** Offset in bytes behind the last whole record: cut there, the file can be gone on with. */
  readonly end: number;
}
