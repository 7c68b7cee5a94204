import type { Model, OpLog } from '@reprise/core';

/** The number of the last op that a store has. */
export async function latestOp(log: OpLog): Promise<number> {
  return (await log.entries({})).reduce((last, { id }) => Math.max(last, id), 0);
}

/**
 * Asks the model why each op is there that this process has added, and tells those that it has no reason for: they ran, and are
 * neither new at their place nor different from what was there, in an argument or in what they stand on.
 */
export async function explained(model: Model, log: OpLog, after: number): Promise<readonly string[]> {
  const unexplained: string[] = [];
  for (const { id, model: owner, kind, name, checkpoint, occurrence } of await log.entries({
    model: model.id,
    status: 'live',
  })) {
    if (id <= after || owner !== model.id || kind === 'open' || kind === 'setup' || kind === 'load') continue;
    const title = `${checkpoint}/${kind} '${name}' #${occurrence + 1} (op ${id})`;
    const { answer } = await model.explain(id);
    if (answer === null) unexplained.push(`${title}: explain doesn't know how it was answered`);
    else if (answer.how === 'run') {
      const { reason } = answer;
      const given = reason !== null && (reason.recorded === null || reason.fields.length > 0 || reason.began !== null);
      if (!given) unexplained.push(`${title} ran, and explain gives no reason: ${JSON.stringify(answer)}`);
    }
  }
  return unexplained;
}
