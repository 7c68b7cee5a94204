import type { TrainProgress } from '../course.js';
import { figure, rate } from '../format.js';
import type { EpochRecord, Scores } from '../result.js';

/** They are recorded, and printed again on whatever terminal: they have one form, which fits most. */
const columns = 80;
const gap = '  ';
/** What a figure, a rate and a time mostly take. Counted where they take less, so that the lines of one train are cut alike. */
const usual = { figure: 6, rate: 7, time: 7 };

/** Something that a line says, and how many columns it counts for. */
interface Part {
  readonly text: string;
  readonly width: number;
}

/**
 * What a train that is gone on with has printed so far: the scores before training, and those of its epochs, with what callbacks had printed between.
 * @param said lines of callbacks, with the epoch that each belongs to
 */
export function linesSoFar(
  { initial, history }: Pick<TrainProgress, 'initial' | 'history'>,
  total: number,
  said: readonly { readonly epoch: number; readonly text: string }[],
): readonly string[] {
  const within = (epoch: number): readonly string[] =>
    said.filter((line) => line.epoch === epoch).map(({ text }) => text);
  return [
    ...within(-1),
    ...linesOf({ initial, history: [] }, total),
    ...history.flatMap((record) => [...within(record.epoch), ...epochLines(record, total)]),
    ...within(history.length),
  ];
}

/** What a train prints of the epochs so far. */
export function linesOf({ initial, history }: TrainProgress, total: number): readonly string[] {
  const before = initial === null ? [] : wrapped(epochLabel(-1, total), scoreParts([initial], 'val_'));
  return [...before, ...history.flatMap((record) => epochLines(record, total))];
}

/**
 * An epoch's line: `epoch 2/8  loss 0.2186/0.1825  accuracy 0.9377/0.9469  lr 5.0e-4  1.7 s`, each figure on the training data and, where there are any, on the
 * validation data. Where it would have more than 80 columns it goes without the rate, then without the time; where that is not enough, it has both and takes
 * several lines, those after the first set in.
 */
export function epochLines({ epoch, train, val, lr, time }: EpochRecord, total: number): readonly string[] {
  const label = epochLabel(epoch, total);
  const scores = scoreParts(val === null ? [train] : [train, val], '');
  const [rated, timed] = [part(`lr ${rate(lr)}`, 3 + usual.rate), part(`${time.toFixed(1)} s`, usual.time)];
  for (const rest of [[rated, timed], [timed], []]) {
    const lines = wrapped(label, [...scores, ...rest]);
    if (lines.length === 1) return lines;
  }
  return wrapped(label, [...scores, rated, timed]);
}

/** People count epochs from 1. */
export function epochLabel(epoch: number, total: number): string {
  const width = String(total).length;
  return epoch < 0 ? 'before'.padEnd(7 + 2 * width) : `epoch ${String(epoch + 1).padStart(width)}/${total}`;
}

/** `loss 0.4420/0.2498`, `accuracy -/0.9312`: a figure of each, under each name that any has. */
function scoreParts(of: readonly Scores[], prefix: string): readonly Part[] {
  const names = [...new Set(of.flatMap((scores) => Object.keys(scores)))];
  return names.map((name) => {
    const figures = of.map((scores) => (name in scores ? figure(scores[name as 'loss']) : '-'));
    return part(`${prefix}${name} ${figures.join('/')}`, prefix.length + name.length + of.length * (1 + usual.figure));
  });
}

function part(text: string, width: number): Part {
  return { text, width: Math.max(text.length, width) };
}

function wrapped(label: string, parts: readonly Part[]): readonly string[] {
  const lines: string[] = [];
  let [line, width] = [label, label.length];
  for (const { text, width: more } of parts) {
    if (width > label.length && width + gap.length + more > columns) {
      lines.push(line);
      [line, width] = [' '.repeat(label.length), label.length];
    }
    line += gap + text;
    width += gap.length + more;
  }
  return [...lines, line];
}
