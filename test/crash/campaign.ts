import { Random } from '../oracle/random.js';
import { Life } from './life.js';
import { setStage } from './stage.js';
import { newTally, type Tally } from './tally.js';

/** Lets stores live, one after another, until there were so many cycles. What is found is reported in words too. */
export async function campaign(seed: number, cycles: number, report: (finding: string) => void): Promise<Tally> {
  const stage = await setStage();
  const tally = newTally();
  try {
    for (let number = 0; tally.cases < cycles; number++) {
      const life = new Life(stage, new Random(seed, `crash/${number}`), tally, (finding) =>
        report(`store ${number}, cycle ${tally.cases}: ${finding}`),
      );
      await life.live(cycles - tally.cases);
    }
    return tally;
  } finally {
    await stage.remove();
  }
}
