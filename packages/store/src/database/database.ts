import { open } from 'node:fs/promises';
import { StoreError } from '@reprise/core';
import { fileError } from '../files/file-error.js';
import { databaseError } from './database-error.js';
import type { Driver, DriverConnection, SqlValue, Statement } from './driver.js';

export interface RunResult {
  readonly changes: number;
  readonly id: number;
}

/** A connection whose failures are typed errors, and which prepares each statement once. */
export class Database {
  readonly #driver: Driver;
  readonly #path: string;
  readonly #statements = new Map<string, Statement>();
  #connection: DriverConnection | undefined;

  /** @throws StoreError `STORE_READ_ONLY`, `STORE_IO` */
  constructor(driver: Driver, path: string) {
    this.#driver = driver;
    this.#path = path;
    this.#connection = this.#guard(() => driver.open(path));
  }

  get path(): string {
    return this.#path;
  }

  /** An empty one in memory, by the same driver. */
  blank(): Database {
    return new Database(this.#driver, ':memory:');
  }

  exec(sql: string): void {
    this.#guard(() => this.#open().exec(sql));
  }

  run(sql: string, ...values: readonly SqlValue[]): RunResult {
    const { changes, lastInsertRowid } = this.#guard(() => this.#prepared(sql).run(...exact(values)));
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- who writes the query knows its columns
  get<Row>(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.#guard(() => this.#prepared(sql).get(...exact(values))) as Row | undefined;
  }

  all<Row>(sql: string, ...values: readonly SqlValue[]): Row[] {
    return this.#guard(() => this.#prepared(sql).all(...exact(values))) as Row[];
  }

  /** Runs `body` as one transaction that may write: durable when this returns, undone when it throws. */
  write<T>(body: () => T): T {
    return this.#transaction('BEGIN IMMEDIATE', body);
  }

  /**
   * The same, but durable only with the next `write` that changes something, or with `sync`: whole and in its order in any case. The disk is not waited
   * for, which takes a millisecond, and many where others write.
   */
  writeAhead<T>(body: () => T): T {
    this.exec('PRAGMA synchronous = NORMAL');
    try {
      return this.#transaction('BEGIN IMMEDIATE', body);
    } finally {
      this.exec('PRAGMA synchronous = FULL');
    }
  }

  /** Makes what `writeAhead` has written durable. The disk is waited for on another thread. @throws StoreError `STORE_IO`, `DISK_FULL` */
  async sync(): Promise<void> {
    const path = `${this.#path}-wal`;
    try {
      const file = await open(path, 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw fileError(cause, { doing: 'write', what: 'make its log durable', path });
    }
  }

  /** Runs `body` on one state of the database. */
  read<T>(body: () => T): T {
    return this.#transaction('BEGIN', body);
  }

  close(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#statements.clear();
    if (connection !== undefined) this.#guard(() => connection.close());
  }

  #transaction<T>(begin: string, body: () => T): T {
    this.run(begin);
    try {
      const result = body();
      this.run('COMMIT');
      return result;
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  #rollback(): void {
    try {
      this.#prepared('ROLLBACK').run();
    } catch {
      // After some failures SQLite has rolled back by itself, and says that there is no transaction.
    }
  }

  #prepared(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#open().prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #open(): DriverConnection {
    if (this.#connection === undefined) {
      throw new StoreError('STORE_CLOSED', `The store at ${this.#path} was closed. Open it again, or close it later.`, {
        path: this.#path,
      });
    }
    return this.#connection;
  }

  #guard<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      const failure = this.#driver.failure(error);
      if (failure === undefined) throw error;
      throw databaseError(failure, this.#path, error);
    }
  }
}

/**
 * SQLite keeps text as UTF-8, where all lone surrogates are one character, and some drivers end text at a NUL: two names would become
 * the same.
 */
function exact(values: readonly SqlValue[]): readonly SqlValue[] {
  for (const value of values) {
    if (typeof value === 'string' && inexact.test(value)) {
      throw new StoreError(
        'STORE_IO',
        `${JSON.stringify(value)} holds a NUL or a half of a surrogate pair, so it can't be recorded. Use another name.`,
        {
          subject: value,
        },
      );
    }
  }
  return values;
}

const inexact = /[\p{Surrogate}\u0000]/u;
