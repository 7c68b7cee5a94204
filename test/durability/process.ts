import { type ChildProcess, spawn } from 'node:child_process';
import type { Said } from './say.js';

/** A process under test, and what it says. */
export class Process {
  readonly child: ChildProcess;
  /** Resolves once it is gone and all that it said was read. */
  readonly gone: Promise<void>;
  #rest = '';
  #errors = '';
  #ended = false;
  #listener: ((said: Said) => void) | undefined;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, listener?: (said: Said) => void) {
    this.#listener = listener;
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    this.gone = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', () => {
        this.#ended = true;
        resolve();
      });
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What it printed beside what it said: why it died. */
  get errors(): string {
    return this.#errors;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#listener?.(JSON.parse(line) as Said);
  }
}
