import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mnistFolder } from '../../data/mnist.js';
import { Worker } from '../../harness/worker.js';
import { cacheFolder, install } from '../cache.js';

/** An epoch takes it too long to be taken in turn with the others. */
export const tfjsSamples = 3_008;

const version = '4.22.0';
const packages = ['core', 'layers', 'backend-cpu', 'backend-wasm'].map((name) => `@tensorflow/tfjs-${name}@${version}`);

/** TensorFlow.js on its wasm backend; installed from the npm registry when first asked for. */
export async function startTfjs(): Promise<Worker> {
  const folder = await cacheFolder('tfjs');
  if (!existsSync(join(folder, 'node_modules', '@tensorflow', 'tfjs-backend-wasm'))) {
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    await install(
      `TensorFlow.js ${version}`,
      'npm',
      ['install', '--ignore-scripts', '--no-audit', ...packages],
      folder,
    );
  }
  return Worker.node(new URL('main.mjs', import.meta.url), [folder, mnistFolder, String(tfjsSamples)]);
}
