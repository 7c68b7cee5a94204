// Does one op to one store: `node child.js <op> <store>`.
// oxlint-disable-next-line import/no-unassigned-import -- it is there for what it does
import './fixed.js';
import { say, saying } from '../durability/say.js';
import { perform } from './ops.js';

const [op = '', folder = ''] = process.argv.slice(2);

await saying(() => perform(op, folder, () => say({ done: op })));
