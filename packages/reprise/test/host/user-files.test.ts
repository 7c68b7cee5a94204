import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { userFiles } from '../../src/host/user-files.js';
import { grow } from '../../src/loggers/grow.js';

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'reprise-files-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a file is written whole, with the folders that lead to it, and nothing stays beside it', async () => {
  const at = await folder();
  const path = join(at, 'a', 'b', 'c.bin');
  await userFiles.write(path, bytes('first'));
  await userFiles.write(path, bytes('second'));
  expect(await readFile(path, 'utf8')).toBe('second');
  expect(await readdir(join(at, 'a', 'b'))).toEqual(['c.bin']);
  expect(await userFiles.read(path)).toEqual(Buffer.from('second'));
});

test('a link to it leads to the new one', async () => {
  const at = await folder();
  const path = join(at, 'c.bin');
  await writeFile(path, 'first');
  const link = join(at, 'link');
  await symlink(path, link);
  await userFiles.write(path, bytes('second'));
  expect(await readFile(link, 'utf8')).toBe('second');
});

test.each([
  ['its folder is a file', async (at: string) => writeFile(join(at, 'a'), 'mine'), 'a/b.bin'],
  ['it is a folder', async (at: string) => mkdir(join(at, 'a', 'b'), { recursive: true }), 'a'],
  ['its name is too long', async () => undefined, `${'x'.repeat(300)}.bin`],
])('where %s, it can not be written, and all is as it was', async (_, prepare, name) => {
  const at = await folder();
  await prepare(at);
  const before = await readdir(at, { recursive: true });
  await expect(userFiles.write(join(at, name), bytes('new'))).rejects.toMatchObject({
    code: 'FILE_IO',
    message: expect.stringMatching(/can't be written: E[A-Z]+: /) as string,
    cause: expect.any(Error) as Error,
  });
  expect(await readdir(at, { recursive: true })).toEqual(before);
});

test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
  'where permission is missing, it can not be written, and the old one stays',
  async () => {
    const at = await folder();
    const path = join(at, 'c.bin');
    await writeFile(path, 'first');
    await chmod(at, 0o500);
    onTestFinished(() => chmod(at, 0o700));
    await expect(userFiles.write(path, bytes('second'))).rejects.toMatchObject({ code: 'FILE_IO' });
    expect(await readFile(path, 'utf8')).toBe('first');
  },
);

test('what is not there is read as nothing, and removed without a word', async () => {
  const at = await folder();
  expect(await userFiles.read(join(at, 'none'))).toBe(null);
  await userFiles.remove(join(at, 'none'));
  await writeFile(join(at, 'some'), 'x');
  await userFiles.remove(join(at, 'some'));
  expect(await readdir(at)).toEqual([]);
  await mkdir(join(at, 'folder'));
  await expect(userFiles.remove(join(at, 'folder'))).rejects.toMatchObject({ code: 'FILE_IO' });
  await expect(userFiles.read(join(at, 'folder'))).rejects.toMatchObject({ code: 'FILE_IO' });
});

test('a file grows where it has the size that is expected, and else stays as it is', async () => {
  const path = join(await folder(), 'log');
  await writeFile(path, 'one\n');
  expect(await grow(path, 4, { keep: 4, add: bytes('two\n') })).toBe(true);
  expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
  expect(await grow(path, 8, { keep: 4, add: bytes('new\nthree\n') })).toBe(true);
  expect(await readFile(path, 'utf8')).toBe('one\nnew\nthree\n');
  expect(await grow(path, 8, { keep: 4, add: bytes('x') })).toBe(false);
  expect(await readFile(path, 'utf8')).toBe('one\nnew\nthree\n');
  expect(await grow(`${path}2`, 0, { keep: 0, add: bytes('x') })).toBe(false);
  await expect(grow(join(path, 'x'), 0, { keep: 0, add: bytes('x') })).rejects.toMatchObject({ code: 'FILE_IO' });
});
