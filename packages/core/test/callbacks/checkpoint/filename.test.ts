// Filename templates, against the examples that Lightning documents (ModelCheckpoint and its format_checkpoint_name).
import { describe, expect, test } from 'vitest';
import { filenameOf, parseFilename } from '../../../src/callbacks/checkpoint/filename.js';

function named(template: string, values: { readonly [name: string]: number }, insert: boolean = true): string {
  return filenameOf('modelCheckpoint()', parseFilename('modelCheckpoint()', template), values, insert);
}

describe("Lightning's examples, less the extension: ours is .safetensors", () => {
  test.each([
    ['{epoch}', { epoch: 0 }, 'epoch=0'],
    ['{epoch:03d}', { epoch: 5 }, 'epoch=005'],
    ['{epoch}-{val_loss:.2f}', { epoch: 2, val_loss: 0.123456 }, 'epoch=2-val_loss=0.12'],
    ['{epoch:d}', { epoch: 2, val_loss: 0.12 }, 'epoch=2'],
    ['{step}', { step: 0 }, 'step=0'],
    ['{epoch}-{step}', { epoch: 0, step: 10 }, 'epoch=0-step=10'],
    [
      '{epoch}-{val_loss:.2f}-{other_metric:.2f}',
      { epoch: 2, val_loss: 0.02, other_metric: 0.03 },
      'epoch=2-val_loss=0.02-other_metric=0.03',
    ],
    ['sample-mnist-{epoch:02d}-{val_loss:.2f}', { epoch: 2, val_loss: 0.32 }, 'sample-mnist-epoch=02-val_loss=0.32'],
  ])('%s', (template, values, name) => {
    expect(named(template, values)).toBe(name);
  });

  test('with auto_insert_metric_name=False', () => {
    const template = 'epoch={epoch}-validation_loss={val_loss:.2f}';
    expect(named(template, { epoch: 2, val_loss: 0.123456 }, false)).toBe('epoch=2-validation_loss=0.12');
  });

  test("where ours differs: a value that doesn't exist is an error, and not 0", () => {
    // Lightning: 'missing=0.ckpt'
    expect(() => named('{missing:d}', {})).toThrow('filename has {missing}, and there is no such value');
    expect(() => named('{val_los:.2f}', { epoch: 1, val_loss: 2 })).toThrow(
      "Did you mean 'val_loss'? There is epoch, val_loss.",
    );
    // Nor is it something that every object has.
    expect(() => named('{constructor}', { epoch: 1 })).toThrow('no such value');
  });

  test('where ours differs: a name with a slash makes no folder', () => {
    // Lightning: the folder 'val', and a file in it.
    expect(named('{epoch:02d}-{val/loss:.2f}', { epoch: 3, 'val/loss': 0.5 })).toBe('epoch=03-val_loss=0.50');
  });
});

test('a name is one that file systems take', () => {
  expect(named('a:b*c?"<>|', {})).toBe('a_b_c_____');
  expect(named('{a\nb}', { 'a\nb': 1 })).toBe('a_b=1');
  expect(named('..', {})).toBe('_');
  expect(named('{loss:/>5.1f}', { loss: 1 })).toBe('loss=__1.0');
});

test('a value that is no whole number has no format of those', () => {
  expect(() => named('{val_loss:d}', { val_loss: 0.5 })).toThrow(
    "writes 'val_loss' as a whole number (d), and it is 0.5. Write {val_loss:.2f}.",
  );
});

test.each([
  ['', 'is empty'],
  ['  ', 'is empty'],
  ['{}', 'has a place without a name'],
  ['{:02d}', 'has a place without a name'],
  ['{epoch', 'has a brace that is not closed'],
  ['epoch}', 'has a brace that is not closed'],
  ['{{epoch}}', 'has a brace that is not closed'],
  ['{epoch:02q}', "has the format '02q', which is none"],
  ['{epoch!r}', null],
  ['runs/{epoch}', 'has a separator of folders'],
  ['..\\{epoch}', 'has a separator of folders'],
  ['a\0b', 'has a separator of folders'],
])('the template %j: %s', (template, why) => {
  // What Python calls a conversion is a name that no value has.
  if (why === null) expect(() => named(template, { epoch: 1 })).toThrow('no such value');
  else expect(() => parseFilename('modelCheckpoint()', template)).toThrow(why);
});

test('says which values it asks for', () => {
  expect(parseFilename('x', 'a-{epoch}-{val_loss:.2f}-{epoch}').names).toEqual(['epoch', 'val_loss']);
});
