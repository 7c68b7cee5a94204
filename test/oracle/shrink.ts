import { live, type Step } from './life.js';
import { repaired } from './repaired.js';
import type { Script, Statement } from './script.js';
import { newTally } from './tally.js';

/** The smallest history that can be had by leaving things out, and still shows a case of the same. */
export async function shrunk(steps: readonly Step[], about: string, budget: number): Promise<readonly Step[]> {
  let best = steps;
  let left = budget;
  const fails = async (candidate: readonly Step[]): Promise<boolean> => {
    if (left-- <= 0 || candidate.length === 0) return false;
    const findings = await live(candidate, newTally()).catch(() => []);
    return findings.some((finding) => finding.about === about);
  };
  for (let smaller = true; smaller;) {
    smaller = false;
    for (const candidate of candidates(best)) {
      if (!(await fails(candidate))) continue;
      best = candidate;
      smaller = true;
      break;
    }
  }
  return best;
}

function* candidates(steps: readonly Step[]): Generator<readonly Step[]> {
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = steps.length - size; at >= 0; at -= size) yield steps.filter((_, i) => i < at || i >= at + size);
  }
  for (const [i, step] of steps.entries()) {
    if (step.how !== 'rerun') yield steps.map((each, j) => (i === j ? { ...each, how: 'rerun' } : each));
    if (step.slow) yield steps.map((each, j) => (i === j ? { ...each, slow: false } : each));
  }
  const uids = new Set(steps.flatMap(({ script }) => script.statements.map(({ uid }) => uid)));
  for (const uid of uids) yield everywhere(steps, (statement) => (statement.uid === uid ? null : statement));
  const calls = new Set(
    steps.flatMap(({ script }) =>
      script.statements.flatMap((each) => (each.kind === 'block' ? each.calls.map(({ uid }) => uid) : [])),
    ),
  );
  for (const uid of calls) {
    yield everywhere(steps, (statement) =>
      statement.kind === 'block'
        ? { ...statement, calls: statement.calls.filter((call) => call.uid !== uid) }
        : statement,
    );
  }
  yield* plainer(steps);
}

/** The same with arguments at their simplest. */
function* plainer(steps: readonly Step[]): Generator<readonly Step[]> {
  for (const slot of ['train', 'val', 'test'] as const) {
    const data = { kind: 'line', samples: 16, seed: 1, shift: 0 } as const;
    yield changed(steps, (script) => ({ ...script, data: { ...script.data, [slot]: data } }));
  }
  yield changed(steps, (script) => ({ ...script, description: '', note: 'x' }));
  const simple = {
    metrics: [],
    watch: null,
    loadBest: false,
    patience: null,
    warmup: 0,
    freeze: [],
    validation: null,
    progress: 'silent',
  } as const;
  for (const [name, value] of Object.entries(simple)) {
    yield everywhere(steps, (statement) =>
      statement.kind === 'block'
        ? {
            ...statement,
            calls: statement.calls.map((call) =>
              call.kind === 'train' && name in call ? { ...call, [name]: value } : call,
            ),
          }
        : statement,
    );
  }
}

function everywhere(steps: readonly Step[], change: (statement: Statement) => Statement | null): readonly Step[] {
  return changed(steps, (script) => ({
    ...script,
    statements: script.statements.map(change).filter((statement) => statement !== null),
  }));
}

function changed(steps: readonly Step[], change: (script: Script) => Script): readonly Step[] {
  const next = steps.map((step) => ({ ...step, script: repaired(change(step.script)) }));
  return JSON.stringify(next) === JSON.stringify(steps) ? [] : next;
}
