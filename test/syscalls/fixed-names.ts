// Imported first: temporary files, named by their owner, get the same names in every run, so that a call on one can be asked for by its path.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

crypto.randomUUID = () => '00000000-0000-4000-8000-000000000000';
syncBuiltinESMExports();
