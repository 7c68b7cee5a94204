// A model's own files: Python reads the net of one by the names of its parameters, and what Python has written goes back into a net.
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { bytesOf, type Tensor } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { aStore, opened, trained } from '../weights/support.js';
import { ask, temporaryFolder, unavailable } from './python.js';

const reason = unavailable();
const script = 'safetensors_peer.py';

describe.skipIf(reason !== undefined)(
  `safetensors of Python${reason === undefined ? '' : ` (skipped: ${reason})`}, of a model's files`,
  () => {
    it('reads the net of a whole state by its names, to the last bit', async () => {
      const folder = await temporaryFolder();
      const model = await opened(await aStore());
      await trained(model);
      await model.save(join(folder, 'ours.safetensors'));
      const dict: Readonly<Record<string, Tensor>> = await model.stateDict();
      await model.close();
      const { tensors, metadata } = await ask<{
        readonly tensors: Readonly<Record<string, { readonly dtype: string; readonly data: string }>>;
        readonly metadata: Readonly<Record<string, string>>;
      }>(script, folder, 'read', 'ours.safetensors');
      expect(Object.keys(dict)).toHaveLength(4);
      for (const [name, { shape, data }] of Object.entries(dict)) {
        expect(tensors[name]).toEqual({ dtype: 'F32', shape, data: Buffer.from(bytesOf(data)).toString('hex') });
      }
      expect(metadata['reprise.model']).toBe('origin');
    });

    it('writes a file of a net that is loaded into a block as it was', async () => {
      const folder = await temporaryFolder();
      const model = await opened(await aStore());
      await trained(model);
      const dict = await model.stateDict();
      await model.save(join(folder, 'ours.safetensors'), { weightsOnly: true });
      await ask(script, folder, 'copy', 'ours.safetensors', 'theirs.safetensors');
      await model.checkpoint('theirs', { from: null }, (cp) => cp.loadWeights(join(folder, 'theirs.safetensors')));
      expect(await model.checkpoint('theirs').stateDict()).toEqual(dict);
      await model.close();
    });
  },
);
