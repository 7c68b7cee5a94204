import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Contender } from './turns.js';

/**
 * A contender in a process of its own, so that none warms, fills or slows the other's. It speaks lines: it prints `ready`, and then, for
 * each line that it is sent, does its work once and prints `turn <milliseconds> <note>`. It ends when its input does.
 */
export class Worker implements Contender {
  /** What the contender said of its last turn, such as its loss. */
  note = '';
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string, undefined>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  static async start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Worker> {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    await once(child, 'spawn');
    const worker = new Worker(child);
    await worker.#answer('ready');
    return worker;
  }

  /** A TypeScript or JavaScript file, run by this Node. */
  static async node(module: URL, args: readonly string[], flags: readonly string[] = []): Promise<Worker> {
    const loader = module.pathname.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
    return Worker.start(process.execPath, [...flags, ...loader, fileURLToPath(module), ...args]);
  }

  async turn(): Promise<number> {
    this.#child.stdin!.write('go\n');
    const [, milliseconds, ...note] = (await this.#answer('turn ')).split(' ');
    this.note = note.join(' ');
    return Number(milliseconds);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin!.end();
    await ended;
  }

  async #answer(prefix: string): Promise<string> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done === true) throw new Error(`${this.#child.spawnargs.join(' ')} ended before it answered '${prefix}'.`);
      if (value.startsWith(prefix)) return value;
    }
  }
}
