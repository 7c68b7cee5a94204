import { isNamed, named } from '../blobs/named.js';
import { type BlobFile, removeFiles } from '../blobs/remove-files.js';
import { blobPath } from '../layout.js';
import { type OwnerRow, ownerColumns } from '../owners/owner.js';
import { batch, type Sweep } from './sweep.js';

interface Candidate {
  readonly digest: string;
  readonly size: number;
}

interface Row extends Candidate {
  readonly stored_at: number;
}

/** Blobs that nothing recorded names: the rows of a batch in one transaction, then their files in another. */
export function* collectBlobs(sweep: Sweep): Generator<undefined, void, undefined> {
  const { database, dryRun, fileSystem, layout, progress, tally, write } = sweep;
  const counted = `SELECT count(*) AS total FROM blobs WHERE NOT ${named}`;
  const { total } = database.get<{ total: number }>(counted) ?? { total: 0 };
  const select = `SELECT digest, size FROM blobs WHERE digest > ? AND NOT ${named} ORDER BY digest LIMIT ?`;
  let done = 0;
  for (let after = ''; ;) {
    const candidates = database.all<Candidate>(select, after, batch);
    const last = candidates.at(-1);
    if (last === undefined) return;
    after = last.digest;
    const gone = write(() => forget(sweep, candidates));
    if (!dryRun && gone.length > 0) {
      yield;
      removeFiles(
        database,
        gone.map(({ digest }) => {
          const { file } = blobPath(layout, digest);
          return { digest, file: fileOf(file) };
        }),
      );
    }
    for (const { size } of gone) tally.free('unreferenced', size);
    done += candidates.length;
    progress({ what: 'blobs that nothing names', done, total: Math.max(total, done) });
    yield;
  }

  function fileOf(path: string): BlobFile {
    return { sizeNow: () => fileSystem.sizeNow(path), removeNow: () => fileSystem.removeNow(path) };
  }
}

/** Deletes the rows of those that may go by now: others may have named or pinned them since they were chosen. Inside a transaction. */
function forget({ database, owner, cutoff, tally }: Sweep, candidates: readonly Candidate[]): readonly Candidate[] {
  const owners = database.all<OwnerRow>(
    `SELECT DISTINCT ${ownerColumns} FROM owners JOIN pins ON pins.owner = owners.id`,
  );
  const inFlight = new Set(owners.filter((row) => !owner.isGone(row)).map(({ id }) => id));
  const pinned = (digest: string): boolean =>
    database
      .all<{ owner: string }>('SELECT owner FROM pins WHERE blob = ?', digest)
      .some(({ owner: id }) => inFlight.has(id));

  const gone: Candidate[] = [];
  for (const { digest } of candidates) {
    const row = database.get<Row>('SELECT digest, size, stored_at FROM blobs WHERE digest = ?', digest);
    if (row === undefined || isNamed(database, digest)) continue;
    if (pinned(digest)) tally.keep('pinned', row.size);
    else if (row.stored_at > cutoff) tally.keep('recent', row.size);
    else {
      database.run('DELETE FROM blobs WHERE digest = ?', digest);
      gone.push(row);
    }
  }
  return gone;
}
