import type { Figures, Result, Results } from './result.js';
import type { Suite } from './suites.js';

/** Figures that say how a suite was run, which the page says elsewhere. */
const aside = new Set(['seed', 'seconds', 'msPerCase', 'violations', 'cases']);

interface BenchFigure {
  readonly name: string;
  readonly value: number | string;
  readonly bar?: number | string | null;
  readonly holds?: boolean;
}

/** Fills in the template: `{{overview}}`, and `{{<suite>}}` for each suite. */
export function page(template: string, suites: readonly Suite[], results: Results): string {
  const parts = new Map(suites.map((suite) => [suite.name, section(suite, results[suite.name])]));
  parts.set('overview', overview(suites, results));
  return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => parts.get(name) ?? whole);
}

function overview(suites: readonly Suite[], results: Results): string {
  const rows = suites.map((suite) => {
    const { figures, failed } = results[suite.name] ?? { failed: 'not run yet' };
    const link = `[${suite.name}](#${suite.name})`;
    if (figures === undefined) return [link, '', '', failed ?? 'no figures'];
    const bench = benchFigures(figures);
    if (bench === undefined) {
      const holds = figures['violations'] === 0 ? 'holds' : '**does not hold**';
      return [link, shown(figures['cases']), shown(figures['violations']), holds];
    }
    const broken = bench.filter(({ holds }) => holds === false);
    const holds = broken.length === 0 ? 'holds' : `**missed:** ${broken.map(({ name }) => name).join(', ')}`;
    return [link, shown(bench.length), shown(broken.length), holds];
  });
  return table(['suite', 'cases', 'violations', ''], rows);
}

function section({ name, labels = {} }: Suite, result: Result | undefined): string {
  if (result === undefined) return 'Not run yet.';
  const { command, date, machine, seconds, figures, failed } = result;
  const how = `\`${command}\`, ${date}, ${duration(seconds)} on ${machine}.`;
  if (figures === undefined) return `**No figures:** ${failed ?? 'unknown'}.\n\n${how}`;
  const bench = benchFigures(figures);
  if (bench !== undefined) {
    const rows = bench.map((each) => [
      each.name,
      shown(each.value),
      shown(each.bar ?? ''),
      each.holds === undefined ? '' : each.holds ? 'holds' : '**does not hold**',
    ]);
    return `${table(['figure', 'value', 'bar', ''], rows)}\n\n${how}`;
  }
  const first = ['cases', 'violations'].map((key) => [labels[key] ?? key, shown(figures[key])]);
  const rest = Object.entries(figures)
    .filter(([key]) => !aside.has(key))
    .map(([key, value]) => [labels[key] ?? words(key), shown(value)]);
  return `${table([name, ''], [...first, ...rest])}\n\n${how}`;
}

function benchFigures({ figures }: Figures): readonly BenchFigure[] | undefined {
  return Array.isArray(figures) ? (figures as BenchFigure[]) : undefined;
}

function shown(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en');
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object' || value === null) return '';
  const parts = Object.entries(value as Figures).sort(([, a], [, b]) => Number(b) - Number(a));
  return parts.map(([name, part]) => `${name} ${shown(part)}`).join(', ');
}

/** `untypedErrors` as `untyped errors`. */
function words(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function duration(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** As the formatter leaves it: columns padded to their widest cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, i) => Math.max(3, ...lines.map((line) => (line[i] ?? '').length)));
  const row = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width)).join(' | ')} |`;
  return [row(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(row)].join('\n');
}
