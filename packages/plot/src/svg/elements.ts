import { printable } from '../text.js';

type Attributes = { readonly [name: string]: string | number };

/** An SVG element. Attribute values are escaped, `children` are elements already. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(numbered(value))}"`);
  const start = `<${name}${written.join('')}`;
  return children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${name}>`;
}

/** An element that holds `text`, escaped. */
export function textElement(name: 'text' | 'title', text: string, attributes: Attributes = {}): string {
  return element(name, attributes, [escaped(printable(text))]);
}

const numbered = (value: string | number): string =>
  typeof value === 'number' ? String(Number(value.toFixed(2))) : value;

const entities: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => entities[character]!);
