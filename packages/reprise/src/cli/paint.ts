import { styleText } from 'node:util';

/** Paints a text that is not looked at any more: what it adds has no width. */
export type Style = (text: string) => string;

/** Colours; each gives the text as it is where there are none. */
export interface Paint {
  readonly bold: Style;
  readonly dim: Style;
  readonly good: Style;
  readonly warn: Style;
  readonly bad: Style;
  readonly name: Style;
}

export function paint(colours: boolean): Paint {
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    colours ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: style('bold'),
    dim: style('dim'),
    good: style('green'),
    warn: style('yellow'),
    bad: style('red'),
    name: style('cyan'),
  };
}
