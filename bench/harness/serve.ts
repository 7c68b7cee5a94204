import { createInterface } from 'node:readline';

/**
 * The contender's side of a `Worker`: works once for each line of the input, and returns when it ends.
 * @param work returns a note on what it came to
 */
export async function serve(work: () => Promise<string> | string): Promise<void> {
  console.log('ready');
  for await (const _ of createInterface({ input: process.stdin })) {
    const begun = performance.now();
    const note = await work();
    console.log(`turn ${performance.now() - begun} ${note}`);
  }
}
