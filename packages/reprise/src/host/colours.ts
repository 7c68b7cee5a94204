/** Whether to colour: on a terminal that can, where nobody asked not to. https://no-color.org */
export function wantsColours(
  isTerminal: boolean,
  env: { readonly [name: string]: string | undefined },
  asked: boolean,
): boolean {
  return asked && isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
