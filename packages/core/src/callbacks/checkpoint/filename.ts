import { OptionError } from '../../errors/option-error.js';
import { nearest } from '../../options/nearest.js';
import { type Format, formatted, parseFormat } from './format-spec.js';

/** A file's name with places for what is known when it is written: `mnist-{epoch:02d}-{val_loss:.2f}`. */
export interface FilenameTemplate {
  readonly parts: readonly (string | { readonly name: string; readonly format: Format })[];
  /** Of its places. */
  readonly names: readonly string[];
}

/**
 * Reads a template as Lightning has them: `{name}`, or `{name:format}` with a format of Python's (https://docs.python.org/3/library/string.html#format-specification-mini-language):
 * fill and alignment, sign, width, precision, and the types d, e, f, g and %.
 * @throws OptionError `INVALID_OPTION`
 */
export function parseFilename(where: string, template: string): FilenameTemplate {
  const refused = (why: string): OptionError =>
    new OptionError('INVALID_OPTION', `${where}: filename '${template}' ${why}.`, { where, option: 'filename' });
  if (template.trim() === '') throw refused('is empty');
  const parts: (string | { name: string; format: Format })[] = [];
  let at = 0;
  for (const match of template.matchAll(/\{([^{}]*)\}/g)) {
    parts.push(template.slice(at, match.index));
    const [, inside = ''] = match;
    const colon = inside.indexOf(':');
    const name = (colon < 0 ? inside : inside.slice(0, colon)).trim();
    if (name === '') throw refused('has a place without a name: write {epoch} or {val_loss:.2f}');
    const spec = colon < 0 ? '' : inside.slice(colon + 1);
    const format = parseFormat(spec);
    if (format === null)
      throw refused(
        `has the format '${spec}', which is none that is known here. Write it as in {epoch:02d} or {val_loss:.2f}`,
      );
    parts.push({ name, format });
    at = match.index + match[0].length;
  }
  parts.push(template.slice(at));
  const literal = parts.filter((part) => typeof part === 'string').join('');
  if (/[{}]/.test(literal)) throw refused('has a brace that is not closed, or not opened');
  if (/[/\\]/.test(literal) || literal.includes('\0'))
    throw refused('has a separator of folders in it: the folder is what dirpath says');
  const names = parts.flatMap((part) => (typeof part === 'string' ? [] : part.name));
  return { parts: parts.filter((part) => part !== ''), names: [...new Set(names)] };
}

/**
 * The name that a template makes of values. With `insertNames`, each value has its name before it: `epoch=02`. What can't be in a file's name becomes `_`.
 * @throws OptionError `INVALID_OPTION` where there is no such value, or it is no number of the kind that the format is for
 */
export function filenameOf(
  where: string,
  { parts }: FilenameTemplate,
  values: { readonly [name: string]: number },
  insertNames: boolean,
): string {
  const text = parts.map((part) => {
    if (typeof part === 'string') return part;
    const { name, format } = part;
    if (!Object.hasOwn(values, name)) throw unknownName(where, name, Object.keys(values));
    const value = values[name] as number;
    const said = formatted(format, value);
    if (said === null) {
      throw new OptionError(
        'INVALID_OPTION',
        `${where}: filename writes '${name}' as a whole number (d), and it is ${value}. Write {${name}:.2f}.`,
        { where, option: 'filename' },
      );
    }
    return insertNames ? `${name}=${said}` : said;
  });
  const name = text.join('').replace(/[/\\:*?"<>|\p{Cc}]/gu, '_');
  return /^\.+$/.test(name) ? '_' : name;
}

function unknownName(where: string, name: string, known: readonly string[]): OptionError {
  const close = nearest(name, known);
  const hint = close === undefined ? '' : ` Did you mean '${close}'?`;
  return new OptionError(
    'INVALID_OPTION',
    `${where}: filename has {${name}}, and there is no such value.${hint} There is ${known.join(', ')}. ` +
      'A callback that logs a quantity has to come before one that uses it.',
    { where, option: 'filename', known, ...(close === undefined ? {} : { nearest: close }) },
  );
}
