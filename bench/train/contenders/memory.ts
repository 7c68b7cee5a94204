// Says how many megabytes the process holds after each epoch, garbage apart.
import { serveEpochs } from './session.js';

await serveEpochs('mlp', () => {
  globalThis.gc?.();
  return (process.memoryUsage.rss() / 1e6).toFixed(1);
});
