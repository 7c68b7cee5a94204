// Does one op to one store: `node child.js <op> <store>`.
import './fixed-names.js';
import { say, saying } from '../durability/say.js';
import { perform } from './ops.js';

const [op = '', folder = ''] = process.argv.slice(2);

await saying(() => perform(op, folder, () => say({ done: op })));
