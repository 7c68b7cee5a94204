import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { textWidth } from '../src/svg/text-width.js';

/** An element of a document that was read back. */
export interface Node {
  readonly name: string;
  readonly attributes: { readonly [name: string]: string };
  readonly children: readonly Node[];
  readonly text: string;
}

/** A text where it is on the page, with the pixels that it takes at most. */
export interface Text {
  readonly text: string;
  /** The classes of the group that it is in: its role. */
  readonly role: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Throws where it is not well-formed. */
export function parseSvg(svg: string): Node {
  const valid = XMLValidator.validate(svg);
  if (valid !== true) throw new Error(valid.err.msg);
  const options = { ignoreAttributes: false, attributeNamePrefix: '', preserveOrder: true, trimValues: false };
  const parser = new XMLParser({ ...options, parseTagValue: false, parseAttributeValue: false });
  const [root] = parser.parse(svg) as readonly Ordered[];
  return nodeOf(root!);
}

type Ordered = { readonly ':@'?: { readonly [name: string]: string } } & {
  readonly [name: string]: readonly Ordered[] | string;
};

function nodeOf(ordered: Ordered): Node {
  const name = Object.keys(ordered).find((key) => key !== ':@')!;
  const inside = ordered[name];
  if (typeof inside === 'string') return { name, attributes: {}, children: [], text: inside };
  const children = (inside as readonly Ordered[]).map(nodeOf);
  return { name, attributes: ordered[':@'] ?? {}, children, text: children.map(({ text }) => text).join('') };
}

/** All elements below a group whose class has the word. */
export function inGroups(node: Node, word: string, name: string): readonly Node[] {
  const classes = node.attributes['class']?.split(' ') ?? [];
  if (node.name === 'g' && classes.includes(word)) return elements(node, name);
  return node.children.flatMap((child) => inGroups(child, word, name));
}

export function elements(node: Node, name: string): readonly Node[] {
  return [...(node.name === name ? [node] : []), ...node.children.flatMap((child) => elements(child, name))];
}

/** Each text, where it stands. */
export function textsOf(node: Node, role: string = '', at: readonly [number, number] = [0, 0]): readonly Text[] {
  const [, dx = '0', dy = '0'] = /translate\(([^,]+),([^)]+)\)/.exec(node.attributes['transform'] ?? '') ?? [];
  const [x, y] = [at[0] + Number(dx), at[1] + Number(dy)];
  if (node.name === 'text') {
    const size = Number.parseFloat(node.attributes['font-size']!);
    const width = textWidth(node.text, size, node.attributes['font-weight'] === '600');
    const before = { start: 0, middle: width / 2, end: width }[node.attributes['text-anchor'] ?? 'start'] ?? 0;
    const box = { left: x - before, right: x - before + width, top: y - size * 0.75, bottom: y + size * 0.2 };
    // A label that would touch its neighbour is there, and can't be seen.
    const hidden = node.text === '' || node.attributes['opacity'] === '0';
    return hidden ? [] : [{ text: node.text, role, ...box }];
  }
  return node.children.flatMap((child) => textsOf(child, node.attributes['class'] ?? role, [x, y]));
}

/** The texts of a role, such as `role-legend-label`, in their order. */
export function labels(node: Node, role: string): readonly string[] {
  return textsOf(node)
    .filter((text) => text.role.split(' ').includes(role))
    .map(({ text }) => text);
}

/** The curves in their order: each a list of pieces, each a list of points within its panel. */
export function curvesOf(node: Node): readonly (readonly (readonly (readonly [number, number])[])[])[] {
  return inGroups(node, 'mark-line', 'path').map(({ attributes: { d = '' } }) =>
    d
      .split('M')
      .slice(1)
      .map((piece) => piece.split('L').map((point) => point.split(',').map(Number.parseFloat) as [number, number])),
  );
}
