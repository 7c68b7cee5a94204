/**
 * The steps that lead from an empty database to the present schema. A database that has had n of them says so in `user_version`.
 * A released step never changes: what comes later is a step of its own.
 */
export const migrations: readonly string[] = [
  `
  -- A row says that the bytes are durable. Damaged: a reader met missing or wrong bytes, so they are to be written again.
  CREATE TABLE blobs (
    digest TEXT NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL,
    damaged INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  -- A state's digest is that of its manifest.
  CREATE TABLE states (
    digest TEXT NOT NULL PRIMARY KEY REFERENCES blobs
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE state_blobs (
    state TEXT NOT NULL REFERENCES states ON DELETE CASCADE,
    blob TEXT NOT NULL REFERENCES blobs,
    PRIMARY KEY (state, blob)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX state_blobs_blob ON state_blobs (blob);

  -- The body is the whole record, encoded; the other columns are for looking it up. SQLite does not notice a flipped bit: the checksum does.
  CREATE TABLE op_records (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    state_before TEXT REFERENCES states,
    state_after TEXT REFERENCES states,
    checksum TEXT NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX op_records_state_before ON op_records (state_before);
  CREATE INDEX op_records_state_after ON op_records (state_after);

  CREATE TABLE aliases (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL REFERENCES op_records ON DELETE CASCADE,
    created_at REAL NOT NULL,
    fields BLOB NOT NULL
  ) STRICT;
  CREATE INDEX aliases_record ON aliases (record);

  CREATE TABLE op_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    checkpoint TEXT NOT NULL,
    lane TEXT NOT NULL CHECK (lane IN ('root', 'block', 'handle')),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    occurrence INTEGER NOT NULL,
    position INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('live', 'superseded')),
    record TEXT NOT NULL REFERENCES op_records,
    parent INTEGER REFERENCES op_log ON DELETE SET NULL,
    created_at REAL NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX op_log_live ON op_log (model, checkpoint, lane, kind, name, occurrence) WHERE status = 'live';
  CREATE INDEX op_log_checkpoint ON op_log (model, checkpoint, lane, position);
  CREATE INDEX op_log_record ON op_log (record);
  CREATE INDEX op_log_parent ON op_log (parent);

  CREATE TABLE models (
    id TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    threads INTEGER,
    created_at REAL NOT NULL,
    hparams BLOB NOT NULL
  ) STRICT;

  CREATE TABLE checkpoints (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    id TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (model, id)
  ) STRICT;

  CREATE TABLE files (
    path TEXT NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    digest TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE op_records ADD COLUMN series TEXT;
  CREATE INDEX op_records_series ON op_records (series) WHERE series IS NOT NULL;

  ALTER TABLE op_log ADD COLUMN how TEXT NOT NULL DEFAULT 'run';
  ALTER TABLE op_log ADD COLUMN origin INTEGER REFERENCES op_log ON DELETE SET NULL;
  CREATE INDEX op_log_origin ON op_log (origin) WHERE origin IS NOT NULL;

  -- The body is the whole snapshot, encoded, as with records.
  CREATE TABLE snapshots (
    series TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    step INTEGER NOT NULL,
    running INTEGER NOT NULL,
    model TEXT NOT NULL,
    checkpoint TEXT NOT NULL,
    state TEXT NOT NULL REFERENCES states,
    best TEXT REFERENCES states,
    checksum TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (series, epoch, step)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX snapshots_state ON snapshots (state);
  CREATE INDEX snapshots_best ON snapshots (best) WHERE best IS NOT NULL;
  CREATE INDEX snapshots_checkpoint ON snapshots (model, checkpoint);

  CREATE TABLE settlements (
    entry INTEGER NOT NULL PRIMARY KEY REFERENCES op_log ON DELETE CASCADE,
    policy TEXT NOT NULL CHECK (policy IN ('rerun', 'accept')),
    created_at REAL NOT NULL
  ) STRICT;

  CREATE TABLE tags (
    model TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL REFERENCES op_records,
    entry INTEGER REFERENCES op_log ON DELETE SET NULL,
    created_at REAL NOT NULL,
    PRIMARY KEY (model, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tags_record ON tags (record);
  CREATE INDEX tags_entry ON tags (entry) WHERE entry IS NOT NULL;

  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    created_at REAL NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX runs_model ON runs (model, id);
  `,
  `
  -- When the bytes became durable: what is younger than a grace period is not collected.
  ALTER TABLE blobs ADD COLUMN stored_at REAL NOT NULL DEFAULT 0;
  CREATE INDEX blobs_damaged ON blobs (digest) WHERE damaged = 1;

  -- A process that writes. Whether it lives can be told on its own host, in its own boot and pid namespace; elsewhere its last beat says.
  CREATE TABLE owners (
    id TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    boot TEXT NOT NULL,
    namespace TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL,
    beat_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- A blob that a writer in flight has put and not named yet.
  CREATE TABLE pins (
    blob TEXT NOT NULL REFERENCES blobs ON DELETE CASCADE,
    owner TEXT NOT NULL REFERENCES owners ON DELETE CASCADE,
    PRIMARY KEY (blob, owner)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pins_owner ON pins (owner);

  -- The token is never used again: AUTOINCREMENT.
  CREATE TABLE leases (
    token INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    checkpoint TEXT NOT NULL,
    lane TEXT NOT NULL,
    owner TEXT NOT NULL REFERENCES owners ON DELETE CASCADE,
    taken_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    UNIQUE (model, checkpoint, lane)
  ) STRICT;
  CREATE INDEX leases_owner ON leases (owner);

  -- The entry and its record once more, as a blob: what is left of them where this file is lost.
  ALTER TABLE op_log ADD COLUMN blob TEXT REFERENCES blobs;
  CREATE INDEX op_log_blob ON op_log (blob) WHERE blob IS NOT NULL;

  -- Kept on purpose: a later snapshot doesn't take its place.
  ALTER TABLE snapshots ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;

  -- Columns that no checksum covers, twice: integrity_check compares an index with its table, so it sees a flipped bit in either.
  CREATE INDEX models_twice ON models (description, threads, created_at, hparams);
  CREATE INDEX checkpoints_twice ON checkpoints (description, created_at);
  CREATE INDEX aliases_twice ON aliases (created_at, fields);
  CREATE INDEX settlements_twice ON settlements (policy, created_at);
  CREATE INDEX tags_twice ON tags (created_at, record, entry);
  CREATE INDEX runs_twice ON runs (created_at, body);
  CREATE INDEX files_twice ON files (mtime, inode, size, digest);
  `,
];

/** The version of the schema that this release reads and writes. */
export const schemaVersion: number = migrations.length;
