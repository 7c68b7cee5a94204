// Collects garbage again and again: `node collector.js <store>`.
import { openStore } from '@reprise/store';
import { say, saying } from '../durability/say.js';

const [folder = ''] = process.argv.slice(2);

await saying(async () => {
  for (;;) {
    say({ phase: 'opening' });
    const store = await openStore(folder);
    for (let times = 0; times < 4; times++) {
      say({ phase: 'gc' });
      await store.upkeep.collect({ grace: 0 });
      await new Promise((done) => setTimeout(done, 2));
    }
    say({ phase: 'closing' });
    await store.close();
  }
});
