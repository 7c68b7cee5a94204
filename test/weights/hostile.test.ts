// Files that are not what they say: none becomes wrong numbers, each is an error that says what is wrong.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Model, RepriseError } from 'reprise';
import { readSafetensors, type Safetensors, writeSafetensors } from '@reprise/formats';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';
import { aStore, net, savedFile } from './support.js';

let made: Uint8Array | undefined;

/** The bytes of a file as it should be. */
async function whole(): Promise<Uint8Array> {
  made ??= new Uint8Array(await readFile((await savedFile()).path));
  return made;
}

/** What loading a file of these bytes throws, in a store that has never seen it. */
async function refusal(content: Uint8Array): Promise<RepriseError> {
  const path = join(await temporaryFolder(), 'hostile.safetensors');
  await writeFile(path, content);
  const store = await aStore();
  const error: unknown = await Model.load(path, net, { store }).then(
    (model) => model.close(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RepriseError);
  expect((error as RepriseError).message).toContain(path);
  expect(await store.log.models()).toEqual([]);
  return error as RepriseError;
}

/** The file with something changed, whole by the rules of its format. */
async function rewritten(change: Change): Promise<Uint8Array> {
  const { tensors, metadata } = readSafetensors(await whole());
  const file = { tensors: new Map(tensors), texts: { ...metadata } };
  change(file);
  return writeSafetensors(file.tensors, file.texts);
}

type Change = (file: { tensors: Map<string, Tensor>; texts: { [name: string]: string } }) => void;

type Tensor = Safetensors['tensors'] extends ReadonlyMap<string, infer T> ? T : never;

/** The text of the state, changed. */
const state =
  (change: (state: Record<string, never>) => void) =>
  (file: { texts: { [name: string]: string } }): void => {
    const value = JSON.parse(file.texts['reprise.state'] as string) as Record<string, never>;
    change(value);
    file.texts['reprise.state'] = JSON.stringify(value);
  };

test('the file itself is read', async () => {
  const path = join(await temporaryFolder(), 'whole.safetensors');
  await writeFile(path, await rewritten(() => undefined));
  await (await Model.load(path, net, { store: await aStore() })).close();
});

describe('bytes', () => {
  test('cut short anywhere are refused', async () => {
    const bytes = await whole();
    for (const part of [0, 0.001, 0.3, 0.7, 0.999]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * part));
      expect((await refusal(cut)).code).toBe('FILE_FORMAT');
    }
  });

  test('flipped anywhere in the tensors are seen, though the format is whole', async () => {
    const bytes = await whole();
    const begin = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    for (let at = begin; at < bytes.length; at += 37) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] as number) ^ 1;
      const error = await refusal(flipped);
      expect(error.code).toBe('FILE_FORMAT');
      expect(error.message).toContain('some bytes of it have changed');
    }
  });

  test('of anything else are refused', async () => {
    for (const text of ['', 'hello', '{"a":1}', `${'\0'.repeat(8)}{}`]) {
      expect((await refusal(new TextEncoder().encode(text))).code).toBe('FILE_FORMAT');
    }
    // A header that would be exabytes long.
    expect((await refusal(new Uint8Array(16).fill(255))).code).toBe('FILE_FORMAT');
  });
});

describe('what a file says of its state', () => {
  test.each([
    ['that is of a later version', (file) => void (file.texts['reprise'] = '2'), 'FORMAT_VERSION'],
    ['without hparams', (file) => void delete file.texts['reprise.hparams']],
    ['with a state that is no JSON', (file) => void (file.texts['reprise.state'] = '{')],
    ['with a state in bytes that are none', (file) => void (file.texts['reprise.state'] = 'base64:wQ==')],
    ['with a state that is a list', (file) => void (file.texts['reprise.state'] = '[]')],
    ['with a digest that is none', (file) => void (file.texts['reprise.digest'] = 'blake3-12')],
    ['without a digest', (file) => void delete file.texts['reprise.digest']],
    ['with the digest of another state', (file) => void (file.texts['reprise.digest'] = `blake3-${'0'.repeat(64)}`)],
    ['with a seed that is none', (file) => void (file.texts['reprise.seed'] = '-1')],
    ['with a seed that is another', (file) => state((s) => void (s['rng'] = { seed: 4 } as never))(file)],
    ['with another position', state((s) => void (s['loop'] = { epoch: 90, step: 6 } as never))],
    ['with a position that is none', state((s) => void (s['loop'] = { epoch: 1.5, step: -1 } as never))],
    ['with a net of nothing', state((s) => void (s['net'] = null as never))],
    ['with an optimizer of nothing', state((s) => void (s['optimizer'] = { recipe: 3 } as never))],
    ['with a schedule of nothing', state((s) => void (s['epochScheduler'] = 'always' as never))],
    [
      'with functions that are code',
      state((s) => void (s['loss'] = { kind: 'custom', args: {}, functions: { define: '() => 1' } } as never)),
    ],
    ['with registered state of nothing', state((s) => void (s['statefuls'] = { a: [] } as never))],
    [
      'that lacks a tensor of the optimizer',
      (file) =>
        void file.tensors.delete([...file.tensors.keys()].find((name) => name.startsWith('optimizer/')) as string),
    ],
    ['that lacks a tensor of the net', (file) => void file.tensors.delete('head.bias')],
    [
      'with a tensor of another shape',
      (file) => {
        const { dtype, data } = file.tensors.get('head.bias') as Tensor;
        file.tensors.set('head.bias', { dtype, shape: [2, 1], data });
      },
    ],
    [
      'with a tensor in the place of another',
      (file) => {
        file.tensors.set('head.bias', { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) });
      },
    ],
  ] as readonly (readonly [
    string,
    (file: { tensors: Map<string, Tensor>; texts: { [name: string]: string } }) => void,
    string?,
  ])[])('%s is refused', async (_, change, code = 'FILE_FORMAT') => {
    expect((await refusal(await rewritten(change as Change))).code).toBe(code);
  });

  test('of another net is refused, also where it claims to be this one', async () => {
    const other = `blake3-${'1'.repeat(64)}`;
    const claims = await rewritten((file) => void (file.texts['reprise.net'] = other));
    expect((await refusal(claims)).code).toBe('FILE_FORMAT');
    const both = await rewritten((file) => {
      file.texts['reprise.net'] = other;
      state((s) => void ((s['net'] as unknown as { recipe: string }).recipe = other))(file);
    });
    expect((await refusal(both)).code).toBe('NET_CHANGED');
  });

  test('never lends a prototype to anything', async () => {
    const polluted = await rewritten((file) => {
      file.texts['reprise.hparams'] = '{"width":6,"__proto__":{"polluted":true}}';
    });
    const path = join(await temporaryFolder(), 'polluted.safetensors');
    await writeFile(path, polluted);
    const model = await Model.load(path, net, { store: await aStore() });
    expect(({} as { readonly polluted?: boolean }).polluted).toBeUndefined();
    await model.close();
  });
});

test('a file of tensors that is no state is told from a broken one', async () => {
  const { tensors } = readSafetensors(await whole());
  const error = await refusal(writeSafetensors(tensors, { format: 'pt' }));
  expect(error.code).toBe('FILE_FORMAT');
  expect(error.message).toContain('weightsOnly: true');
});

test('its weights alone are of use where its state is damaged', async () => {
  const flipped = (await whole()).slice();
  flipped[flipped.length - 1] = (flipped.at(-1) as number) ^ 1;
  const path = join(await temporaryFolder(), 'damaged.safetensors');
  await writeFile(path, flipped);
  const model = await Model.load(path, net, { store: await aStore(), weightsOnly: true });
  expect(Object.keys(await model.stateDict())).toHaveLength(4);
  await model.close();
});
