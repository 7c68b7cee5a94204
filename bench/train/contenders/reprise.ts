import { netName } from '../nets.js';
import { serveEpochs } from './session.js';

await serveEpochs(netName(process.argv[2]), (loss) => `loss ${loss.toFixed(4)}`);
