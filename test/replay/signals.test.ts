// A signal that asks the process to end stores where a train is, and ends the op.
import { expect, test } from 'vitest';
import { Script } from '../support/script.js';

interface Printed {
  readonly batches: number;
  readonly code: string | null;
  readonly digest: string | null;
  readonly listeners: number;
}

const script = (): Promise<Script> => Script.open(new URL('interrupted.ts', import.meta.url));

test.each(['SIGINT', 'SIGTERM'])(
  '%s ends a train behind its step; the next run goes on there, bit for bit',
  async (signal) => {
    const stopped = await script();
    const first = await stopped.run<Printed>([], { env: { SIGNAL: signal, AT: '6' } });
    expect(first.value).toMatchObject({ code: 'INTERRUPTED', listeners: 0 });
    expect(first.output).toContain(`${signal}: train #1 ends after this step, and stores where it is.`);
    expect(first.output).toMatch(/1 of 3 epochs and \d steps? are stored|1 of 3 epochs is stored/);
    const second = await stopped.run<Printed>();
    expect(second.value.code).toBeNull();
    expect(first.value.batches + second.value.batches).toBe(12);
    expect(second.value.digest).toBe((await (await script()).run<Printed>()).value.digest);
  },
);

test('a second SIGINT ends the process at once', async () => {
  const stopped = await script();
  await expect(stopped.run([], { env: { TWICE: 'yes' } })).rejects.toMatchObject({ signal: 'SIGINT' });
});

test('where handlers are switched off, a signal does what it does by itself', async () => {
  const stopped = await script();
  const env = { SIGNAL: 'SIGTERM', AT: '6', SIGNAL_HANDLERS: 'off' };
  await expect(stopped.run([], { env })).rejects.toMatchObject({ signal: 'SIGTERM' });
});
