/**
 * What a hash thread runs: text, since it has to run from sources and from what is built alike. It gets pieces of memory, each with parts, and gives the
 * memory back with the parts' digests. A part with a path is read from that file first, and hashed chunk by chunk while it is in the processor's cache.
 */
export const program = `
const { openSync, readSync, closeSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const { blake3, Blake3Hasher } = require(workerData);
const chunk = 512 * 1024;

function filled(path, bytes) {
  const file = openSync(path, 'r');
  try {
    const hasher = new Blake3Hasher();
    for (let done = 0; done < bytes.byteLength;) {
      const read = readSync(file, bytes, done, Math.min(chunk, bytes.byteLength - done), done);
      if (read === 0) return null;
      hasher.update(bytes.subarray(done, done + read));
      done += read;
    }
    return hasher.digestBuffer().toString('hex');
  } finally {
    closeSync(file);
  }
}

parentPort.on('message', ({ memories, parts }) => {
  try {
    const digests = memories.map((memory, i) =>
      parts[i].map(({ offset, size, path }) => {
        const bytes = new Uint8Array(memory, offset, size);
        return path === undefined ? blake3(bytes).toString('hex') : filled(path, bytes);
      }),
    );
    parentPort.postMessage({ memories, digests }, memories);
  } catch ({ code, syscall, message }) {
    parentPort.postMessage({ failure: { code, syscall, message } });
  }
});
`;
