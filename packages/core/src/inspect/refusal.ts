import { RepriseError } from '../errors/base.js';

/** An address that names nothing, or more than one thing. */
export function addressError(message: string): RepriseError {
  return new RepriseError('UNKNOWN_ADDRESS', message);
}

/** Something that can't be done with what was named. Nothing was changed. */
export function refusal(message: string): RepriseError {
  return new RepriseError('REFUSED', message);
}
