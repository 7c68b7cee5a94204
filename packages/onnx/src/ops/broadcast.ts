import type { Site, TensorType } from './site.js';

/** The shape that two or more shapes broadcast to; undefined where they don't. */
export function broadcastShapes(...shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const out: number[] = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (const [index, dim] of shape.entries()) {
      const at = rank - shape.length + index;
      if (dim === 1 || dim === out[at]) continue;
      if (out[at] !== 1) return undefined;
      out[at] = dim;
    }
  }
  return out;
}

/** All inputs of one element type, broadcast against each other. */
export function broadcastAll(site: Site, from = 0): TensorType {
  const first = site.input(from);
  const shapes = [first.shape];
  for (let index = from + 1; index < site.count; index++) {
    const type = site.input(index);
    if (type.dtype !== first.dtype) site.fail(`expected inputs of one element type; cast one of them`);
    shapes.push(type.shape);
  }
  return { dtype: first.dtype, shape: broadcastOrFail(site, shapes) };
}

/** The shape that these broadcast to. */
export function broadcastOrFail(site: Site, shapes: readonly (readonly number[])[]): readonly number[] {
  return (
    broadcastShapes(...shapes) ?? site.fail('expected shapes that broadcast: equal from the last dimension on, or 1')
  );
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, index) => dim === b[index]);
}
