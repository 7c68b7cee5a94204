import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { lifeOf } from '../src/owners/life.js';
import { parseStat, type ProcessIdentity, type Processes, thisMachine } from '../src/owners/processes.js';

const initial = 'pid:[4026531836]';
const self: ProcessIdentity = { host: 'here', boot: 'b1', namespace: 'pid:[1]', pid: 1, started: '10' };

/** Of a process, seen from `self` on a machine whose processes began at these times. */
function life(changes: Partial<ProcessIdentity>, at: Partial<Processes> & { readonly start?: string | null } = {}) {
  const { start = '50', ...processes } = at;
  return lifeOf({ ...self, pid: 7, started: '50', ...changes }, { self, startOf: () => start, ...processes });
}

describe('whether a process lives', () => {
  it('is seen within one boot and pid namespace, whatever the host is called', () => {
    expect(life({})).toBe('alive');
    expect(life({ host: 'renamed' })).toBe('alive');
    expect(life({}, { start: null })).toBe('dead');
  });

  it('is no longer so where its number went to another process', () => {
    expect(life({}, { start: '51' })).toBe('dead');
  });

  it('is not known where nothing can be seen of the process', () => {
    expect(life({}, { startOf: () => undefined })).toBe('unknown');
  });

  it('is not known of another container on the same kernel, whose numbers are its own', () => {
    expect(life({ namespace: 'pid:[2]' }, { start: null })).toBe('unknown');
    expect(life({ namespace: '' }, { start: null })).toBe('unknown');
  });

  it('is not known of another machine', () => {
    expect(life({ host: 'there', boot: 'b2' }, { start: null })).toBe('unknown');
  });

  it('is over where the machine was started again since, unless a container may only have the same name', () => {
    const before = { boot: 'b0', namespace: initial };
    expect(life(before, { self: { ...self, namespace: initial } })).toBe('dead');
    expect(life(before)).toBe('unknown');
    expect(life({ boot: 'b0' })).toBe('unknown');
    const unnamed = { ...self, host: 'localhost.localdomain', namespace: initial };
    expect(life({ ...before, host: unnamed.host }, { self: unnamed })).toBe('unknown');
  });

  it('is only ever denied by the number alone where the system says no more', () => {
    const bare = { ...self, boot: '', namespace: '', started: '' };
    const row = { boot: '', namespace: '', started: '' };
    expect(life(row, { self: bare, start: null })).toBe('dead');
    expect(life(row, { self: bare, startOf: () => undefined })).toBe('unknown');
    expect(life({ ...row, host: 'there' }, { self: bare, start: null })).toBe('unknown');
    expect(life(row, { start: null })).toBe('unknown');
  });
});

describe('this machine', () => {
  it('sees this process alive, and a child that has ended dead', async () => {
    const machine = thisMachine();
    expect(lifeOf(machine.self, machine)).toBe(process.platform === 'linux' ? 'alive' : 'unknown');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const pid = child.pid!;
    const identity = { ...machine.self, pid, started: machine.startOf(pid) ?? '' };
    expect(lifeOf(identity, machine)).not.toBe('dead');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(lifeOf(identity, machine)).toBe('dead');
  });

  it('reads the start of a process whose name is made to confuse', () => {
    const after = 'S 1 1 1 0 -1 4194560 100 0 0 0 5 3 0 0 20 0 11 0 123456 1000 200';
    expect(parseStat(`42 (a) Z 9 (b c)) ${after}`)).toEqual({ state: 'S', started: '123456' });
  });
});
