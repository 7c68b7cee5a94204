import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mnistFolder } from '../../data/mnist.js';
import { Worker } from '../../harness/worker.js';
import { type NetName, nets } from '../../train/nets.js';
import { cacheFolder, install } from '../cache.js';

/** PyTorch, eager, on as many threads as reprise; in a virtual environment that is made when first asked for (some gigabytes). */
export async function startPytorch(name: NetName): Promise<Worker> {
  const folder = await cacheFolder('pytorch');
  const windows = process.platform === 'win32';
  const python = windows ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  if (!existsSync(python)) {
    await install('a virtual environment', windows ? 'python' : 'python3', ['-m', 'venv', folder], folder);
  }
  if (!(await has(python, 'import torch, numpy'))) {
    await install('PyTorch from PyPI', python, ['-m', 'pip', 'install', '--no-input', 'torch', 'numpy'], folder);
  }
  const script = fileURLToPath(new URL('train.py', import.meta.url));
  return Worker.start(python, [script, name, mnistFolder, String(nets[name].samples), String(availableParallelism())]);
}

async function has(python: string, code: string): Promise<boolean> {
  return promisify(execFile)(python, ['-c', code]).then(
    () => true,
    () => false,
  );
}
