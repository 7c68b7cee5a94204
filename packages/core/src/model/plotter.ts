import type { TrainResult } from '../training/result.js';

/** Draws; core itself knows no pictures. */
export interface Plotter {
  /** The histories of a checkpoint's train() calls, joined in order: lines for the terminal, and an SVG document. */
  metrics(
    histories: readonly TrainResult[],
    options: { readonly title: string; readonly columns: number; readonly color: boolean },
  ): Promise<{ readonly lines: readonly string[]; readonly svg: string }>;
}
