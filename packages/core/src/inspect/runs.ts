import type { OpLog } from '../ports/op-log.js';
import { accountOf, type RunAccount } from '../replay/account.js';

/** What one process did with a model, as far as it is kept. */
export interface RunInfo {
  /** When it began; null for the process that asks. */
  readonly at: Date | null;
  readonly account: RunAccount;
}

/** The kept runs of a model, newest first. One that can't be read is left out: it only explains. */
export async function runsOf(log: OpLog, model: string): Promise<readonly RunInfo[]> {
  const runs: RunInfo[] = [];
  for (const row of await log.runs(model)) {
    try {
      runs.push({ at: new Date(row.createdAt), account: accountOf(row) });
    } catch {
      continue;
    }
  }
  return runs;
}
