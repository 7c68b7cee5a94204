/** Names come from users: what would move a cursor, or is not allowed in XML, is left out. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '');
}

/** At most `length` characters, the end cut off where there are more. */
export function fitted(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`.slice(0, Math.max(0, length));
}

/** The latest labels that fit in `length` characters. */
export function fittedLabels(labels: readonly string[], length: number): string {
  const separator = ', ';
  for (let from = 0; from < labels.length; from++) {
    const text = (from > 0 ? '…, ' : '') + labels.slice(from).map(printable).join(separator);
    if (text.length <= length || from === labels.length - 1) return fitted(text, length);
  }
  return '';
}
