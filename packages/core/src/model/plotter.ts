import type { TrainResult } from '../training/result.js';

/** What is drawn, and how. */
export interface PlotterOptions {
  readonly title: string;
  /** Of the terminal. */
  readonly columns: number;
  readonly color: boolean;
  /** Whether a PNG file is asked for. */
  readonly png: boolean;
  /** The panels, in their order: `loss`, metrics, logged quantities, `lr`. Null: all there are. */
  readonly metrics: readonly string[] | null;
  /** The checkpoint that the histories are of. */
  readonly name: string;
  /** Checkpoints to draw beside it. */
  readonly compared: readonly { readonly name: string; readonly histories: readonly TrainResult[] }[];
}

/** Draws; core itself knows no pictures. */
export interface Plotter {
  /** The histories of a checkpoint's train() calls, joined in order: lines for the terminal, an SVG document, and where asked for a PNG file. */
  metrics(
    histories: readonly TrainResult[],
    options: PlotterOptions,
  ): Promise<{ readonly lines: readonly string[]; readonly svg: string; readonly png?: Uint8Array }>;
}
