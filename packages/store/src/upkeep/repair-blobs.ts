import { basename, dirname, join } from 'node:path';
import type { Damage, Digest, OpEntry } from '@reprise/core';
import { BlobRows } from '../blobs/blob-rows.js';
import { blobPath } from '../layout.js';
import { CallBlobs } from '../log/call-blobs.js';
import { entryColumns, entryOf, type EntryRow } from '../log/rows.js';
import type { UpkeepParts } from './parts.js';
import { RepairSources } from './repair-sources.js';
import { inspect } from './verify-blobs.js';

/** What was done about blobs. */
export interface RepairedBlobs {
  readonly healed: readonly { readonly digest: Digest; readonly from: string }[];
  readonly setAside: readonly Digest[];
}

/** Heals blobs from identical bytes, and marks those that there are none of. Each is one step: a repair that is killed is taken up by the next. */
export async function repairBlobs(
  parts: UpkeepParts,
  damages: readonly Damage[],
  { from, dryRun }: { readonly from: readonly string[]; readonly dryRun: boolean },
): Promise<RepairedBlobs> {
  const sources = new RepairSources(parts, from);
  sources.check();
  const healed: { digest: Digest; from: string }[] = [];
  const setAside: Digest[] = [];
  const renewed: Digest[] = [];
  const bad = damages.filter(({ kind }) => kind === 'missing' || kind === 'corrupt');
  for (const { subject } of bad) {
    const digest = subject as Digest;
    const source = await sourceOf(parts, sources, digest);
    if (source !== undefined) healed.push({ digest, from: source.from });
    else setAside.push(digest);
    if (dryRun) continue;
    if (source === undefined) await putAside(parts, digest);
    else if (source.bytes !== undefined) await publish(parts, digest, source.bytes);
    else renewed.push(digest);
  }
  // Each names the one that it stands on.
  const first = (digest: Digest): number => Math.min(...callsOf(parts, digest).map(({ id }) => id));
  for (const digest of renewed.toSorted((a, b) => first(a) - first(b))) await renewCalls(parts, digest);
  const known = new Set<string>(bad.map(({ subject }) => subject));
  for (const digest of await whole(parts, known)) {
    healed.push({ digest, from: 'the store itself' });
    if (!dryRun) parts.database.run('UPDATE blobs SET damaged = 0 WHERE digest = ?', digest);
  }
  return { healed, setAside };
}

/** Where its bytes can be had; without bytes where the log has what is in it. */
async function sourceOf(
  parts: UpkeepParts,
  sources: RepairSources,
  digest: Digest,
): Promise<{ readonly from: string; readonly bytes?: Uint8Array } | undefined> {
  const size = parts.database.get<{ size: number }>('SELECT size FROM blobs WHERE digest = ?', digest)?.size ?? 0;
  const found = await sources.find(digest, size);
  if (found !== undefined) return found;
  const calls = callsOf(parts, digest);
  const log = new CallBlobs(parts.database, parts.hasher, parts.blobs);
  return calls.length > 0 && calls.every((call) => log.of(call) !== undefined) ? { from: 'the log' } : undefined;
}

function callsOf({ database }: UpkeepParts, blob: Digest): readonly OpEntry[] {
  return database.all<EntryRow>(`SELECT ${entryColumns} FROM op_log WHERE blob = ?`, blob).map(entryOf);
}

/** The blob of a call is made anew from its rows. Its digest may be another by now: descriptions and parents change. */
async function renewCalls(parts: UpkeepParts, digest: Digest): Promise<void> {
  const { database, blobs } = parts;
  const log = new CallBlobs(database, parts.hasher, blobs);
  database.run('UPDATE blobs SET damaged = 1 WHERE digest = ?', digest);
  for (const call of callsOf(parts, digest)) {
    const bytes = log.of(call);
    if (bytes === undefined) continue;
    const renewed = await blobs.put(bytes);
    database.run('UPDATE op_log SET blob = ? WHERE id = ?', renewed, call.id);
  }
  // Where nothing names the old one any more, its row goes too.
  await blobs.delete(digest).catch(() => false);
}

async function publish({ database, layout, publisher }: UpkeepParts, digest: Digest, bytes: Uint8Array): Promise<void> {
  const { folder, file } = blobPath(layout, digest);
  await publisher.folder(folder);
  await publisher.publish(file, bytes);
  database.run('UPDATE blobs SET damaged = 0, size = ? WHERE digest = ?', bytes.byteLength, digest);
}

/** First the mark, then the file: a reader between the two finds it damaged. */
async function putAside({ database, fileSystem, layout }: UpkeepParts, digest: Digest): Promise<void> {
  database.run('UPDATE blobs SET damaged = 1 WHERE digest = ?', digest);
  const { file } = blobPath(layout, digest);
  if (fileSystem.lookNow(file) === undefined) return;
  await setFileAside({ fileSystem, layout }, file, basename(file));
}

/** Moves a file into the folder of what was damaged, under a name that nothing there has. */
export async function setFileAside(
  { fileSystem, layout }: Pick<UpkeepParts, 'fileSystem' | 'layout'>,
  file: string,
  name: string,
): Promise<string> {
  if ((await fileSystem.makeFolder(layout.damaged)) !== undefined) await fileSystem.syncFolder(layout.root);
  const taken = new Set(await fileSystem.list(layout.damaged));
  let number = 1;
  while (taken.has(`${name}-${number}`)) number++;
  const aside = join(layout.damaged, `${name}-${number}`);
  await fileSystem.rename(file, aside);
  await fileSystem.syncFolder(layout.damaged);
  await fileSystem.syncFolder(dirname(file));
  return aside;
}

/** Blobs that are marked, and whose files are whole: somebody put them back. */
async function whole(parts: UpkeepParts, known: ReadonlySet<string>): Promise<readonly Digest[]> {
  const found: Digest[] = [];
  for (const row of new BlobRows(parts.database, parts.owner).list()) {
    if (row.damaged === 0 || known.has(row.digest)) continue;
    if ((await inspect(parts, row, true)) === undefined) found.push(row.digest);
  }
  return found;
}
