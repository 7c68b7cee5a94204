// Records a fixture with the present release: `npx tsx test/formats/make.ts`. One that a release has written never changes.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@reprise/store';
import { writeFixture } from './fixture.js';
import { run } from './script.js';

const folder = await mkdtemp(join(tmpdir(), 'reprise-fixture-'));
const store = await openStore(folder);
const { outcome } = await run(store, { stop: true });
await store.close();
const { schema } = JSON.parse(await readFile(join(folder, 'format.json'), 'utf8')) as { readonly schema: number };
await writeFixture(`schema-${schema}.json.gz`, folder, schema, outcome);
await rm(folder, { recursive: true });
console.log(`schema-${schema}.json.gz`);
