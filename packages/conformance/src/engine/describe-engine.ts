import { describe } from 'vitest';
import { accumulationSpec } from './accumulation.js';
import { clippingSpec } from './clipping.js';
import type { EngineDriver } from './driver.js';
import { determinismSpec } from './determinism.js';
import { dropoutSpec } from './dropout.js';
import { evaluationSpec } from './evaluation.js';
import { freezingSpec } from './freezing.js';
import { groupsSpec } from './groups.js';
import { useHarness } from './harness.js';
import { netSpec } from './net.js';
import { stateSpec } from './state.js';
import { stepSpec } from './step.js';

/** The contract of an `Engine`, as a vitest suite. Call it in a test file of the implementation. */
export function describeEngine<Hparams>(name: string, driver: EngineDriver<Hparams>): void {
  describe(`engine: ${name}`, () => {
    const harness = useHarness(driver);
    netSpec(harness);
    evaluationSpec(harness);
    dropoutSpec(harness);
    clippingSpec(harness);
    accumulationSpec(harness);
    groupsSpec(harness);
    describe.each(
      driver.optimizers.map((optimizer) => ({
        title: titleOf(optimizer.recipe.kind, optimizer.recipe.args),
        optimizer,
      })),
    )('trained with $title', ({ optimizer }) => {
      stepSpec(harness, optimizer);
      stateSpec(harness, optimizer);
      determinismSpec(harness, optimizer);
      freezingSpec(harness, optimizer);
    });
  });
}

function titleOf(kind: string, args: object): string {
  const shown = Object.entries(args).map(([name, value]) => `${name} ${String(value)}`);
  return [kind, ...shown].join(', ');
}
