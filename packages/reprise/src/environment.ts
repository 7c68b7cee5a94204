import { resolve } from 'node:path';
import { type DivergencePolicy, divergencePolicies, OptionError } from '@reprise/core';
import { quoted } from './shell.js';
import { folderOf } from './store-folder.js';

/**
 * What to do about every divergence of this process, whatever the script says: `REPRISE_ON_DIVERGENCE`.
 * @throws OptionError `INVALID_OPTION`
 */
export function policyFromEnvironment(): DivergencePolicy | undefined {
  const value = process.env['REPRISE_ON_DIVERGENCE'];
  if (value === undefined || value === '') return undefined;
  const policy = divergencePolicies.find((known) => known === value);
  if (policy !== undefined) return policy;
  const known = divergencePolicies.map((each) => `'${each}'`).join(', ');
  const where = 'the environment';
  throw new OptionError(
    'INVALID_OPTION',
    `The environment variable REPRISE_ON_DIVERGENCE must be one of ${known}, and is '${value}'.`,
    { where, option: 'REPRISE_ON_DIVERGENCE', known: divergencePolicies },
  );
}

/** How the command line is called for a store: it has to be told where that is, unless it looks there anyway. */
export function commandFor(location: string): string {
  return resolve(folderOf(process.env)) === location ? 'npx reprise' : `npx reprise --store ${quoted(location)}`;
}
