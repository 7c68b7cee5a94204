// Imported first: clocks stand still and names come out the same in every run, so that a call can be asked for by its path. A temporary file is named
// by its owner, and the blob of a recorded call by its content, which says when it was made.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

crypto.randomUUID = () => '00000000-0000-4000-8000-000000000000';
syncBuiltinESMExports();
/** Later than all that a store holds by then. */
const now = Date.UTC(2100);
Date.now = () => now;
performance.now = () => 0;
