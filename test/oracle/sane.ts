import type { BlockStatement, Call, Script, SetupCall, Statement, TrainCall } from './script.js';

/** What a state has, as far as a train needs it. */
interface Has {
  readonly loss: boolean;
  readonly optimizer: boolean;
  readonly epochMonitor: string | null;
  readonly stepMonitor: string | null;
}

const nothing: Has = { loss: false, optimizer: false, epochMonitor: null, stepMonitor: null };

/**
 * The script with what its trains lack: a loss and an optimizer, the validation data and the metrics that schedulers look at. Edits
 * would else leave most scripts to end in an error at once.
 */
export function sane(script: Script): Script {
  const finals = new Map<string, Has>();
  const began = new Map<string, Has>();
  let current = nothing;
  const statements = script.statements.map((statement): Statement => {
    switch (statement.kind) {
      case 'block': {
        const { id, from } = statement;
        const at =
          from === null ? nothing : from === undefined ? (began.get(id) ?? current) : (finals.get(from) ?? nothing);
        began.set(id, at);
        const { block, has } = saneBlock(statement, at);
        current = has;
        finals.set(id, has);
        return block;
      }
      case 'sweep':
        current = { ...nothing, loss: true, optimizer: true };
        for (const lr of statement.lrs) finals.set(`${statement.prefix}-${lr}`, current);
        return statement;
      case 'load':
        current = finals.get(statement.id) ?? nothing;
        return statement;
      case 'unrecorded':
        return statement.call.kind === 'train' ? { ...statement, call: saneTrain(statement.call, current) } : statement;
      case 'tag':
        finals.set(`tag:${statement.name}`, finals.get(statement.id) ?? nothing);
        return statement;
      case 'handle':
        return statement;
    }
  });
  return { ...script, statements };
}

function saneBlock(block: BlockStatement, at: Has): { readonly block: BlockStatement; readonly has: Has } {
  let has = at;
  let calls = block.calls;
  const setup = calls.find((call) => call.kind === 'setup');
  const loss = at.loss || setup?.loss !== undefined;
  const optimizer = at.optimizer || setup?.optimizer !== undefined;
  const acts = calls.some(({ kind }) => kind === 'train' || kind === 'setup');
  if (acts && (!loss || !optimizer)) {
    const full: SetupCall = {
      ...(setup ?? { kind: 'setup', uid: 1000 + block.uid }),
      ...(loss ? {} : { loss: { kind: 'mse' } }),
      ...(optimizer ? {} : { optimizer: { kind: 'sgd', lr: 0.1, momentum: 0 } }),
    };
    calls = [full, ...calls.filter((call) => call !== setup)];
  }
  const made = calls.map((call): Call => {
    if (call.kind === 'setup') has = afterSetup(has, call);
    return call.kind === 'train' ? saneTrain(call, has) : call;
  });
  return { block: { ...block, calls: made }, has };
}

function afterSetup(has: Has, { loss, optimizer, epochScheduler, stepScheduler }: SetupCall): Has {
  const monitor = (given: SetupCall['epochScheduler'], before: string | null): string | null =>
    given === undefined ? before : given?.kind === 'reduceOnPlateau' ? given.monitor : null;
  return {
    loss: has.loss || loss !== undefined,
    optimizer: has.optimizer || optimizer !== undefined,
    epochMonitor: monitor(epochScheduler, has.epochMonitor),
    stepMonitor: monitor(stepScheduler, has.stepMonitor),
  };
}

function saneTrain(call: TrainCall, { epochMonitor }: Has): TrainCall {
  if (epochMonitor === null) return call;
  const validation = epochMonitor.startsWith('val_') ? (call.validation ?? 'val') : call.validation;
  const needsMae = epochMonitor.endsWith('_mae') && call.metrics.every(({ kind }) => kind !== 'mae');
  return { ...call, validation, metrics: needsMae ? [...call.metrics, { kind: 'mae' }] : call.metrics };
}
