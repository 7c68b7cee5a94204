import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audit } from '../durability/audit.js';
import { type Compiled, compile } from '../support/compiled.js';
import { Actor } from './actor.js';

const writer = new URL('writer.ts', import.meta.url);
const collector = new URL('collector.ts', import.meta.url);

/** The models that a writer trains, with their seeds. */
export const models = { a: ['of-a=1', 'shared=3'], b: ['of-b=2', 'shared=3'] } as const;

/** What the scripts come to where nobody disturbs them. */
export interface Reference {
  /** The fingerprint at each place. */
  readonly live: ReadonlyMap<string, string>;
  /** The state of each checkpoint. */
  readonly digests: { readonly [name: string]: string };
}

/** The scripts, ready to be run, and what they come to. */
export interface Stage {
  readonly writer: string;
  readonly collector: string;
  readonly reference: Reference;
  remove(): Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const compiled = await compile(writer, collector);
  try {
    return {
      writer: compiled.path(writer),
      collector: compiled.path(collector),
      reference: await referenceOf(compiled),
      remove: () => compiled.remove(),
    };
  } catch (error) {
    await compiled.remove();
    throw error;
  }
}

async function referenceOf(compiled: Compiled): Promise<Reference> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-crash-'));
  try {
    const actor = new Actor('all', compiled.path(writer), () => [folder, ...new Set([...models.a, ...models.b])]);
    actor.start();
    await actor.gone();
    const { digests, failure } = actor;
    if (digests === undefined) throw new Error(`The undisturbed run failed: ${failure}`);
    const { live, problems } = audit(folder);
    if (problems.length > 0) throw new Error(`The undisturbed run left ${JSON.stringify(problems)}`);
    return { live, digests };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
