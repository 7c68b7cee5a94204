import { createRequire } from 'node:module';
import type { Packr } from 'msgpackr';
import type { Tree } from './format.js';

let loaded: Packr | undefined;

/**
 * The build of msgpackr that compiles no code and loads no native add-on; its tables are not shared with programs that import
 * msgpackr. Loaded when first used (6 ms; 20 ms more by `import`, to look for its exports). Nothing of its own is on: no
 * records, no references, maps read as Maps.
 */
function msgpackr(): Packr {
  if (loaded === undefined) {
    const { Packr } = createRequire(import.meta.url)('msgpackr/index-no-eval') as typeof import('msgpackr');
    loaded = new Packr({ useRecords: false, mapsAsObjects: false, moreTypes: false, structuredClone: false });
  }
  return loaded;
}

/** The `RESET_BUFFER_MODE` of msgpackr: the next call writes over the bytes of this one. */
const resetBuffer = 1024;

/** msgpackr keeps its buffer for the next call; one that has grown beyond this is let go. */
const keptBytes = 2 ** 20;

/** The MessagePack of a tree, in memory of its own. */
export function pack(tree: Tree): Uint8Array {
  return new Uint8Array(written(tree));
}

/** Where a tree's MessagePack first differs from these bytes; −1 where they are it. */
export function differsAt(tree: Tree, bytes: Uint8Array): number {
  const packed = written(tree);
  if (packed.equals(bytes)) return -1;
  const at = packed.findIndex((byte, i) => byte !== bytes[i]);
  return at === -1 ? packed.length : at;
}

/** What MessagePack holds. Byte arrays in it are views of the input, which must have passed `checkTokens`. */
export function unpack(bytes: Uint8Array): Tree {
  // A view of our own: msgpackr sets a property on what it reads.
  return msgpackr().unpack(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) as Tree;
}

/** A view of msgpackr's own buffer, good until the next call. */
function written(tree: Tree): Buffer {
  const bytes = msgpackr().pack(tree, resetBuffer);
  if (bytes.length > keptBytes) msgpackr().useBuffer(Buffer.allocUnsafeSlow(8192));
  return bytes;
}
