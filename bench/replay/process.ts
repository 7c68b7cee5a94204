import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs Node to its end and returns what it printed, and the milliseconds from its start to its end. @throws where it fails. */
export function runNode(args: readonly string[], store?: string): { readonly output: string; readonly took: number } {
  const env = store === undefined ? process.env : { ...process.env, REPRISE_STORE: store };
  const begun = performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { env, encoding: 'utf8', maxBuffer: 1 << 28 });
  const took = performance.now() - begun;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return { output: stdout, took };
}

/** Runs a script that prints an object as its last line, and returns that. */
export function runScript(
  script: URL,
  store: string,
  args: readonly string[] = [],
): { readonly value: unknown; readonly took: number } {
  const { output, took } = runNode([fileURLToPath(script), ...args], store);
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  return { value: JSON.parse(last) as unknown, took };
}
