import { keyEdit, oneOf, otherMargin, schedulerEdit, setupEdit, toggled, trainEdit } from './call-edits.js';
import { dataEdit } from './data-edit.js';
import { blockIds, type Generator } from './generate.js';
import { inserted, swapped, without } from './lists.js';
import { onBlock, onCall, withStatements } from './places.js';
import { rename } from './rename.js';
import { repaired } from './repaired.js';
import { sane } from './sane.js';
import type { Script } from './script.js';
import { cellsAgain, copied, insertCall, insertStatement } from './statement-edits.js';

/** A change of a script, by the name that reports call it; null where it doesn't apply. */
type Edit = (make: Generator, script: Script) => Script | null;

/** Changes a script as a person would. Returns the edited script and what was done. */
export function edited(make: Generator, script: Script): { readonly script: Script; readonly name: string } {
  for (let tries = 0; tries < 40; tries++) {
    const [name, edit] = make.random.weighted(edits);
    const changed = edit(make, script);
    const sound = changed && repaired(changed);
    const next = sound && make.random.chance(0.9) ? sane(sound) : sound;
    if (next !== null && next.statements.length > 0 && JSON.stringify(next) !== JSON.stringify(script))
      return { script: next, name };
  }
  return { script, name: 'nothing' };
}

const edits: readonly (readonly [number, readonly [string, Edit]])[] = [
  [8, ['an argument of a train', (make, script) => onCall(make, script, 'train', (call) => trainEdit(make, call))]],
  [
    6,
    [
      'epochs',
      (make, script) =>
        onCall(make, script, 'train', (call) => ({ ...call, epochs: make.random.other([1, 2, 3, 4, 5], call.epochs) })),
    ],
  ],
  [
    4,
    [
      'an observing metric',
      (make, script) => onCall(make, script, 'train', (call) => ({ ...call, metrics: toggled(make, call) })),
    ],
  ],
  [3, ['a key', (make, script) => keyEdit(make, script)]],
  [3, ["a metric's constant", (make, script) => onCall(make, script, 'train', otherMargin)]],
  [
    2,
    [
      'a scheduler removed or inherited',
      (make, script) => onCall(make, script, 'setup', (call) => schedulerEdit(make, call)),
    ],
  ],
  [
    2,
    [
      'weights that are loaded',
      (make, script) => onCall(make, script, 'weights', (call) => oneOf(make, call, make.weights())),
    ],
  ],
  [4, ['a setup', (make, script) => onCall(make, script, 'setup', (call) => setupEdit(make, call))]],
  [
    3,
    [
      'an argument of an evaluate',
      (make, script) => onCall(make, script, 'evaluate', (call) => oneOf(make, call, make.evaluate())),
    ],
  ],
  [
    2,
    [
      'an argument of a predict',
      (make, script) => onCall(make, script, 'predict', (call) => oneOf(make, call, make.predict())),
    ],
  ],
  [
    2,
    [
      'an argument of a findLr',
      (make, script) => onCall(make, script, 'findLr', (call) => oneOf(make, call, make.findLr())),
    ],
  ],
  [
    2,
    [
      'an argument of a cached',
      (make, script) => onCall(make, script, 'cached', (call) => oneOf(make, call, make.cached())),
    ],
  ],
  [
    2,
    [
      'progress',
      (make, script) =>
        onCall(make, script, 'train', (call) => ({
          ...call,
          progress: call.progress === 'lines' ? 'silent' : 'lines',
        })),
    ],
  ],
  [2, ['a description', (_, script) => ({ ...script, description: `${script.description}!` })]],
  [
    2,
    [
      'a description of a block',
      (make, script) => onBlock(make, script, (block) => ({ ...block, description: `${block.description}!` })),
    ],
  ],
  [1, ['an hparam that only observes', (_, script) => ({ ...script, note: `${script.note}x` })]],
  [1, ['the width of the net', (make, script) => ({ ...script, width: make.random.other([2, 3, 4], script.width) })]],
  [1, ['the seed', (make, script) => ({ ...script, seed: make.random.other([0, 1, 2], script.seed) })]],
  [
    1,
    [
      'the name of the model',
      (make, script) => ({ ...script, model: make.random.other(['m', 'n', 'o'], script.model) }),
    ],
  ],
  [
    1,
    ['an initial weight', (make, script) => ({ ...script, bias: make.random.other([null, 0.5, -0.5], script.bias) })],
  ],
  [4, ['data', dataEdit]],
  [4, ['a statement inserted', insertStatement]],
  [
    3,
    [
      'a statement removed',
      (make, script) => ({
        ...script,
        statements: without(script.statements, make.random.below(script.statements.length)),
      }),
    ],
  ],
  [2, ['two statements swapped', (make, script) => withStatements(script, swapped(make, script.statements))]],
  [
    2,
    [
      'a statement said twice',
      (make, script) => {
        const { random } = make;
        const statement = random.pick(script.statements);
        return withStatements(
          script,
          inserted(script.statements, random.below(script.statements.length + 1), copied(make, statement)),
        );
      },
    ],
  ],
  [2, ['cells run again', cellsAgain]],
  [4, ['a call inserted', (make, script) => onBlock(make, script, (block) => insertCall(make, block))]],
  [
    3,
    [
      'a call removed',
      (make, script) =>
        onBlock(make, script, (block) => ({
          ...block,
          calls: without(block.calls, make.random.below(block.calls.length)),
        })),
    ],
  ],
  [
    2,
    [
      'two calls swapped',
      (make, script) => onBlock(make, script, (block) => ({ ...block, calls: swapped(make, block.calls) })),
    ],
  ],
  [
    2,
    [
      'a call said twice',
      (make, script) =>
        onBlock(make, script, (block) => {
          const call = make.random.pick(block.calls);
          return call.kind === 'setup'
            ? block
            : {
                ...block,
                calls: inserted(block.calls, make.random.below(block.calls.length + 1), { ...call, uid: make.uid() }),
              };
        }),
    ],
  ],
  [3, ['a checkpoint renamed', rename]],
  [
    2,
    [
      'the parent of a block',
      (make, script) =>
        onBlock(make, script, (block) => {
          const { from, ...rest } = block;
          const known = blockIds(
            script.statements.slice(
              0,
              script.statements.findIndex(({ uid }) => uid === block.uid),
            ),
          );
          return from === undefined || make.random.chance(0.5)
            ? { ...rest, from: make.random.pick([null, ...known]) }
            : rest;
        }),
    ],
  ],
];
