import { OptionError } from '../../errors/option-error.js';

/** @throws OptionError `INVALID_OPTION` */
export function checkAccumulate(where: string, accumulate: number, beside: string): void {
  if (accumulate === 1) return;
  throw new OptionError(
    'INVALID_OPTION',
    `${where}: accumulate is for a step of one loss, and stands beside ${beside}, each update of which would need the batches again. Take a larger batchSize.`,
    { where, option: 'accumulate' },
  );
}
