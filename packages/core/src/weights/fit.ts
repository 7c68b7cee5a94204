import { namesMatching } from '../components/patterns.js';
import { OptionError } from '../errors/option-error.js';
import { isPlainObject } from '../options/check-options.js';
import { nearest } from '../options/nearest.js';
import type { ParameterSpec } from '../ports/engine.js';
import type { Plain } from '../values/plain.js';
import { sizeOf, type Tensor, type Tensors } from '../values/tensor.js';
import type { LoadSettings } from './load-options.js';
import type { Given } from './weights.js';
import { type Mismatch, WeightsError } from './weights-error.js';

/** What was loaded, and what was left out; names are the net's, but for `unexpected`. */
export interface LoadReport {
  readonly loaded: readonly string[];
  /** Not given: they stay as they were. */
  readonly missing: readonly string[];
  /** Given, and no part of the net, as renamed. */
  readonly unexpected: readonly string[];
  /** Given with another type or shape: they stay as they were. */
  readonly mismatched: readonly Mismatch[];
}

/** Weights as they go into a net. */
export interface Fitted {
  readonly tensors: Tensors;
  readonly report: LoadReport;
}

/**
 * Finds where weights go in a net. Copies nothing.
 * @param source what they come from, for messages: `weights.safetensors`
 * @throws WeightsError `WEIGHTS_MISMATCH` where they are not those of the net, unless that is allowed; OptionError `INVALID_OPTION` where a pattern names nothing,
 * or two names become one
 */
export function fitWeights(
  where: string,
  source: string,
  given: ReadonlyMap<string, Given>,
  parameters: readonly ParameterSpec[],
  settings: LoadSettings,
): Fitted {
  const named = renamed(where, source, given, settings.rename);
  const chosen = chooser(where, [...new Set([...parameters.map(({ name }) => name), ...named.keys()])], settings);
  const specs = new Map(parameters.filter(({ name }) => chosen(name)).map((spec) => [spec.name, spec]));
  const tensors = new Map<string, Tensor>();
  const mismatched: Mismatch[] = [];
  for (const [name, spec] of specs) {
    const value = named.get(name);
    if (value === undefined) continue;
    if (fits(value, spec)) tensors.set(name, { dtype: spec.dtype, shape: spec.shape, data: value.data });
    else mismatched.push({ name, expected: said(spec), found: foundSaid(value) });
  }
  const report = {
    loaded: [...tensors.keys()],
    missing: [...specs.keys()].filter((name) => !named.has(name)),
    unexpected: [...named.keys()].filter((name) => chosen(name) && !specs.has(name)),
    mismatched,
  };
  const { missing, unexpected } = report;
  if (settings.strict && missing.length + unexpected.length + mismatched.length > 0) {
    throw new WeightsError(misfit(where, source, report, [...specs.keys()]), report);
  }
  return { tensors, report };
}

/** What an op loaded, by its recorded result; null where it loaded no weights. */
export function reportOf(result: Plain): LoadReport | null {
  return isPlainObject(result) && 'loaded' in result ? (result as unknown as LoadReport) : null;
}

/** What was left out, in words; null where all went where it belongs. */
export function leftOutSaid(report: LoadReport | null): string | null {
  const { missing, unexpected, mismatched } = report ?? nothing;
  const parts = [
    ...(missing.length === 0 ? [] : [`not given and left as they were: ${some(missing)}`]),
    ...(mismatched.length === 0
      ? []
      : [`of another shape and left as they were: ${some(mismatched.map(mismatchSaid))}`]),
    ...(unexpected.length === 0 ? [] : [`given and not in the net: ${some(unexpected)}`]),
  ];
  return parts.length === 0 ? null : parts.join('; ');
}

const nothing: LoadReport = { loaded: [], missing: [], unexpected: [], mismatched: [] };

function renamed(
  where: string,
  source: string,
  given: ReadonlyMap<string, Given>,
  rules: LoadSettings['rename'],
): ReadonlyMap<string, Given> {
  const tests = rules.map(([from, to]) => ({ from, to, test: expression(from) }));
  const named = new Map<string, Given>();
  const origins = new Map<string, string>();
  for (const [name, value] of given) {
    const rule = tests.find(({ test }) => test.test(name));
    const target = rule === undefined ? name : replaced(rule.test.exec(name) as RegExpExecArray, rule.to);
    const other = origins.get(target);
    if (other !== undefined) {
      throw optionError(where, `rename makes '${target}' of both '${other}' and '${name}' of ${source}`);
    }
    origins.set(target, name);
    named.set(target, value);
  }
  const idle = tests.find(({ test }) => ![...given.keys()].some((name) => test.test(name)));
  if (idle === undefined) return named;
  const close = nearest(idle.from, [...given.keys()]);
  const hint = close === undefined ? '' : ` Did you mean '${close}'?`;
  throw optionError(
    where,
    `rename: '${idle.from}' names nothing in ${source}.${hint} It has ${some([...given.keys()])}`,
  );
}

function expression(pattern: string): RegExp {
  const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('(.*)')}$`, 's');
}

function replaced(match: RegExpExecArray, to: string): string {
  let star = 0;
  return to.replaceAll('*', () => match[++star] ?? '');
}

/** Whether a name is among those that the options speak of. */
function chooser(where: string, names: readonly string[], { only, except }: LoadSettings): (name: string) => boolean {
  const matching = (option: string, patterns: readonly string[]): ReadonlySet<string> =>
    new Set(patterns.flatMap((pattern) => namesMatching(where, option, pattern, names)));
  const wanted = only === null ? null : matching('only', only);
  const unwanted = matching('except', except);
  return (name) => (wanted === null || wanted.has(name)) && !unwanted.has(name);
}

function fits({ dtype, shape, data }: Given, spec: ParameterSpec): boolean {
  if (shape === null) {
    const type = spec.dtype === 'bool' ? 'uint8' : spec.dtype;
    return dtype === type && data.length === sizeOf(spec.shape);
  }
  return dtype === spec.dtype && shape.length === spec.shape.length && shape.every((size, i) => size === spec.shape[i]);
}

function said({ dtype, shape }: { readonly dtype: string; readonly shape: readonly number[] }): string {
  return `${dtype} [${shape.join(', ')}]`;
}

function foundSaid({ dtype, shape, data }: Given): string {
  return shape === null ? `${data.length} of ${dtype}` : said({ dtype, shape });
}

function mismatchSaid({ name, expected, found }: Mismatch): string {
  return `${name} (${expected} in the net, ${found} given)`;
}

/** All that doesn't fit, each name with its nearest on the other side. */
function misfit(where: string, source: string, report: LoadReport, names: readonly string[]): string {
  const { missing, unexpected, mismatched, loaded } = report;
  // Each guess compares a name with all others: of very many nobody reads them.
  const guesses = missing.length * unexpected.length <= 10_000;
  const perhaps = (name: string, others: readonly string[]): string => {
    const close = guesses ? nearest(name, others) : undefined;
    return close === undefined ? name : `${name} (perhaps ${close})`;
  };
  const lines = [
    `${where}: the weights of ${source} are not those of the net.`,
    ...(missing.length === 0 ? [] : [`  not given: ${missing.map((name) => perhaps(name, unexpected)).join(', ')}`]),
    ...(unexpected.length === 0
      ? []
      : [`  not in the net: ${unexpected.map((name) => perhaps(name, [...missing, ...names])).join(', ')}`]),
    ...mismatched.map((each) => `  of another type or shape: ${mismatchSaid(each)}`),
    `Nothing was loaded; ${loaded.length} of ${names.length} would fit. Map names with rename: { 'old.*': 'new.*' }, choose with only or except, ` +
      'or load what fits with strict: false.',
  ];
  return lines.join('\n');
}

function some(names: readonly string[]): string {
  return names.length > 12 ? `${names.slice(0, 12).join(', ')}, … (${names.length} in all)` : names.join(', ');
}

function optionError(where: string, problem: string): OptionError {
  return new OptionError('INVALID_OPTION', `${where}: ${problem}.`, { where, option: 'rename' });
}
