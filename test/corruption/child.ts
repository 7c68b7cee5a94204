// Plays the cases that it is sent, and tells of each, so that whoever waits for it knows which one ended the process.
import { campaign } from './campaign.js';
import type { Told, Work } from './processes.js';

process.once('message', (message) => void play(message as Work));

async function play({ folder, seed, numbers }: Work): Promise<void> {
  await campaign(folder, seed, numbers, (number, tally, findings) => {
    process.send?.({ number, tally, findings } satisfies Told);
  });
  // A thread that hashes would keep it, and what was sent has to arrive.
  process.send?.({ done: true }, undefined, undefined, () => process.exit(0));
}
