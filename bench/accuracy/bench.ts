import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { atLeast, type Figure } from '../harness/figures.js';
import { inTemporaryFolder } from '../harness/folder.js';

/** The MNIST examples, run as they are, in a store of their own. */
export async function accuracyBench(): Promise<Figure[]> {
  const mlp = await percentage('mnist-mlp.ts', /^checkpoint 1: ([\d.]+) % of the test digits/m);
  const cnn = await percentage('mnist-cnn.ts', /^([\d.]+) % of the test digits/m);
  return [
    atLeast(0.975, 'MNIST test accuracy, MLP', mlp / 100, 'examples/mnist-mlp.ts, checkpoint 1'),
    atLeast(0.985, 'MNIST test accuracy, CNN', cnn / 100, 'examples/mnist-cnn.ts'),
  ];
}

function percentage(example: string, said: RegExp): Promise<number> {
  return inTemporaryFolder(async (folder) => {
    console.log(`Running examples/${example} …`);
    const path = fileURLToPath(new URL(`../../examples/${example}`, import.meta.url));
    const env = { ...process.env, REPRISE_STORE: folder };
    const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), path], { cwd: folder, env, stdio });
    const ended = once(child, 'exit') as Promise<[status: number | null]>;
    const [output, [status]] = await Promise.all([text(child.stdout), ended]);
    const found = said.exec(output)?.[1];
    if (status !== 0 || found === undefined) throw new Error(`examples/${example} ended with ${status}:\n${output}`);
    return Number(found);
  });
}
