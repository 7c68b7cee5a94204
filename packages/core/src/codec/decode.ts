import type { Plain } from '../values/plain.js';
import { byteSize, tensorFromBytes, type DType } from '../values/tensor.js';
import { DecodeError } from './errors.js';
import { irregular, maxDepth, tag, type Tree } from './format.js';
import { differsAt, unpack } from './messagepack.js';
import { checkTokens } from './tokens.js';

const dtypes: ReadonlyMap<number, DType> = new Map([
  [tag.int8, 'int8'],
  [tag.int16, 'int16'],
  [tag.uint16, 'uint16'],
  [tag.int32, 'int32'],
  [tag.uint32, 'uint32'],
  [tag.float32, 'float32'],
  [tag.float64, 'float64'],
  [tag.int64, 'int64'],
  [tag.uint64, 'uint64'],
]);

/**
 * The value that was encoded, deep-equal to it, sharing no memory with the bytes. Keys of objects come in ascending order.
 * Safe on bytes from anywhere: evaluates nothing, sets no prototype, allocates no more than the input calls for.
 * @throws DecodeError for anything that `encode` doesn't write, bytes after the end included.
 */
export function decode(bytes: Uint8Array): Plain {
  checkTokens(bytes);
  const tree = read(bytes);
  const at = differsAt(tree, bytes);
  // A longer header, a whole number as a float, bad UTF-8, a key twice: none is written again as it was.
  if (at !== -1) throw new DecodeError('another form of a value', at);
  return raise(tree, 0);
}

/**
 * `decode` for bytes whose digest has been verified, so that they are what `encode` wrote: as safe, and twice as fast, since
 * their form is not looked at once more.
 * @throws DecodeError
 */
export function decodeVerified(bytes: Uint8Array): Plain {
  checkTokens(bytes);
  return raise(read(bytes), 0);
}

function read(bytes: Uint8Array): Tree {
  try {
    return unpack(bytes);
  } catch (cause) {
    throw new DecodeError('it is not MessagePack', undefined, { cause });
  }
}

/** The value of a tree; what `encode` would not have made is refused. */
function raise(tree: Tree, depth: number): Plain {
  if (typeof tree === 'string') return irregular.test(tree) ? refuse('a string is not tagged as it should be') : tree;
  if (typeof tree === 'number') return Number.isNaN(tree) ? refuse('a NaN is not tagged') : tree;
  if (tree === null || typeof tree === 'boolean') return tree;
  if (tree instanceof Uint8Array) return new Uint8Array(tree);
  if (isArray(tree)) return items(tree, depth);
  for (const [key, content] of tree) {
    if (typeof key !== 'number') break;
    return tree.size === 1 ? special(key, content, depth) : refuse('a key is not a string');
  }
  return fields(tree, depth);
}

function items(trees: readonly Tree[], depth: number): Plain[] {
  if (depth === maxDepth) refuse(`it is nested more than ${maxDepth} deep`);
  return trees.map((tree) => raise(tree, depth + 1));
}

function fields(trees: ReadonlyMap<Tree, Tree>, depth: number): Plain {
  if (depth === maxDepth) refuse(`it is nested more than ${maxDepth} deep`);
  const result: { [key: string]: Plain } = {};
  let last: string | undefined;
  for (const [keyTree, tree] of trees) {
    const key = raise(keyTree, maxDepth);
    if (typeof key !== 'string') return refuse('a key is not a string');
    if (last !== undefined && key <= last) refuse('keys are not in order');
    last = key;
    const value = raise(tree, depth + 1);
    // Assigned, this key would set the prototype.
    if (key === '__proto__') {
      Object.defineProperty(result, key, { value, enumerable: true, configurable: true, writable: true });
    } else result[key] = value;
  }
  return result;
}

/** A tagged value. */
function special(key: number, content: Tree, depth: number): Plain {
  switch (key) {
    case tag.undefined:
      return content === null ? undefined : refuse('undefined has content');
    case tag.number:
      return content === 'NaN' ? NaN : content === '-0' ? -0 : refuse('a number is tagged that needs no tag');
    case tag.bigint:
      return bigint(content);
    case tag.date:
      return date(content);
    case tag.arrayBuffer:
      return bytesIn(content).buffer;
    case tag.map:
      return map(content, depth);
    case tag.set:
      return set(content, depth);
    case tag.utf16:
      return utf16(bytesIn(content));
    default:
      return typedArray(dtypes.get(key) ?? refuse(`there is no tag ${key}`), bytesIn(content));
  }
}

function bigint(content: Tree): bigint {
  if (typeof content !== 'string' || !/^(0|-?[1-9a-f][0-9a-f]*)$/.test(content))
    return refuse('a bigint has no digits');
  return content.startsWith('-') ? -BigInt(`0x${content.slice(1)}`) : BigInt(`0x${content}`);
}

function date(content: Tree): Date {
  if (content === null) return new Date(NaN);
  const result = new Date(typeof content === 'number' ? content : NaN);
  return result.getTime() === content ? result : refuse('a date is out of range');
}

function map(content: Tree, depth: number): ReadonlyMap<Plain, Plain> {
  const list = isArray(content) && content.length % 2 === 0 ? items(content, depth) : refuse('a Map has no pairs');
  const result = new Map<Plain, Plain>();
  for (let i = 0; i < list.length; i += 2) result.set(list[i], list[i + 1]);
  return 2 * result.size === list.length ? result : refuse('a Map has a key twice');
}

function set(content: Tree, depth: number): ReadonlySet<Plain> {
  const list = isArray(content) ? items(content, depth) : refuse('a Set has no list');
  const result = new Set(list);
  return result.size === list.length ? result : refuse('a Set has a member twice');
}

function utf16(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 2) text += String.fromCharCode(bytes[i]! * 256 + (bytes[i + 1] ?? 0));
  return bytes.length % 2 === 0 && irregular.test(text) ? text : refuse('a string is tagged that needs no tag');
}

function typedArray(dtype: DType, bytes: Uint8Array): Plain {
  const length = bytes.length / byteSize(dtype, []);
  return Number.isInteger(length)
    ? tensorFromBytes(dtype, [length], bytes).data
    : refuse(`a ${dtype} array ends within an element`);
}

function bytesIn(content: Tree): Uint8Array<ArrayBuffer> {
  return content instanceof Uint8Array ? new Uint8Array(content) : refuse('a tag has no bytes');
}

function isArray(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}

function refuse(problem: string): never {
  throw new DecodeError(problem);
}
