/**
 * What a thread runs: text, since it has to run from sources and from what is built alike. It gets pieces of memory, each with parts, and gives the memory
 * back with what came of each part. What is read from a file is hashed chunk by chunk while it is in the processor's cache. What is written is durable, under
 * its name, before its result is there; the first failure ends the work, and the memory comes back all the same.
 */
export const program = `
const { openSync, readSync, writeSync, fsyncSync, closeSync, renameSync, rmSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const { blake3, Blake3Hasher } = require(workerData);
const chunk = 512 * 1024;

function using(file, work) {
  try {
    return work(file);
  } finally {
    closeSync(file);
  }
}

function read(path, bytes) {
  return using(openSync(path, 'r'), (file) => {
    const hasher = new Blake3Hasher();
    for (let done = 0; done < bytes.byteLength;) {
      const read = readSync(file, bytes, done, Math.min(chunk, bytes.byteLength - done), done);
      if (read === 0) return null;
      hasher.update(bytes.subarray(done, done + read));
      done += read;
    }
    return hasher.digestBuffer().toString('hex');
  });
}

function write({ temporary, folder, path }, bytes) {
  try {
    using(openSync(temporary, 'wx', 0o444), (file) => {
      for (let done = 0; done < bytes.byteLength;) done += writeSync(file, bytes, done);
      fsyncSync(file);
    });
    renameSync(temporary, path);
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {}
    throw error;
  }
  if (process.platform !== 'win32') using(openSync(folder, 'r'), fsyncSync);
  return null;
}

function done({ from, to }, bytes) {
  if (from !== undefined) return read(from, bytes);
  return to === undefined ? blake3(bytes).toString('hex') : write(to, bytes);
}

parentPort.on('message', ({ memories, parts }) => {
  const results = memories.map(() => []);
  let failure = null;
  try {
    memories.forEach((memory, i) => {
      for (const part of parts[i]) results[i].push(done(part, new Uint8Array(memory, part.offset, part.size)));
    });
  } catch ({ code, syscall, message }) {
    failure = { code, syscall, message };
  }
  parentPort.postMessage({ memories, results, failure }, memories);
});
`;
