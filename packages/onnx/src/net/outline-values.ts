import { bytesOf } from '@reprise/core';
import type { Tensor } from '@reprise/core';
import { dtypeOfOnnx } from '../graph/element-types.js';
import type { Attribute } from '../graph/graph.js';
import { checksum } from './checksum.js';

/** Of longer constants the first ones are shown. */
const shown = 8;

/** What ONNX takes these for where they are left out. */
const defaults: Readonly<Record<string, number>> = { strides: 1, dilations: 1, pads: 0, group: 1 };

/** A setting of a node for people, `alpha 0.2`; undefined where it is what it would be if it were left out. */
export function attributeText(op: string, name: string, value: Attribute): string | undefined {
  const plain =
    typeof value !== 'object' ? value : 'float' in value ? value.float : 'floats' in value ? value.floats : value;
  if (isDefault(name, plain)) return undefined;
  if (typeof plain === 'object') return `${name} [${plain.map(numberText).join(', ')}]`;
  if (typeof plain === 'string') return `${name} ${plain}`;
  const dtype = op === 'Cast' && name === 'to' ? dtypeOfOnnx(plain) : undefined;
  return `${name} ${dtype ?? numberText(plain)}`;
}

function isDefault(name: string, value: number | string | readonly number[]): boolean {
  const usual = defaults[name];
  if (usual === undefined || typeof value === 'string') return false;
  return typeof value === 'number' ? value === usual : value.every((each) => each === usual);
}

/** A constant for people: `0.5`, `[1, 0]`, `[0.4, 0.5, 0.6] as [3, 1, 1]`, and the element type where it isn't the usual one. */
export function constantText(tensor: Tensor): string {
  const { dtype, shape, data } = tensor;
  const isList = shape.length === 1;
  const usual = dtype === 'float32' || (dtype === 'int64' && isList);
  const form = `${shape.length > 1 ? ` as [${shape.join(', ')}]` : ''}${usual ? '' : ` ${dtype}`}`;
  const elements = Array.from(data.subarray(0, shown), String);
  const values = dtype === 'float32' ? elements.map((each) => numberText(Number(each))) : elements;
  if (shape.length === 0) return `${values[0] ?? ''}${form}`;
  if (data.length <= shown) return `[${values.join(', ')}]${form}`;
  return `[${values.slice(0, 3).join(', ')}, … ${data.length} in all, checksum ${checksum(bytesOf(data))}]${form}`;
}

/** The shortest decimal that is the same float32, which is all that ONNX keeps: 0.1 rather than 0.10000000149011612. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = [7, 8, 9].find((each) => Math.fround(Number(value.toPrecision(each))) === Math.fround(value));
  return String(digits === undefined ? value : Number(value.toPrecision(digits)));
}
