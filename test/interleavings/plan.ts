import * as fc from 'fast-check';

/** Something that a process does with the store. Checkpoints and tensors are few, so that they meet. */
export type Command =
  | { readonly kind: 'save'; readonly checkpoint: number; readonly tensors: readonly number[] }
  | { readonly kind: 'read'; readonly checkpoint: number }
  | { readonly kind: 'collect'; readonly superseded: boolean; readonly dryRun: boolean; readonly rowsOnly: boolean }
  | { readonly kind: 'delete'; readonly checkpoint: number }
  | { readonly kind: 'drop'; readonly tensor: number };

/** Something that happens to the processes. */
export type Event =
  | { readonly kind: 'pass'; readonly milliseconds: number }
  | { readonly kind: 'kill'; readonly client: number };

/** What three processes do at the same time, what happens meanwhile, and who goes on each time that there is a choice. */
export interface Plan {
  readonly clients: readonly (readonly Command[])[];
  readonly events: readonly Event[];
  readonly choices: readonly number[];
}

const checkpoint = fc.nat(1);
const tensors = fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 2 });

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('save' as const), checkpoint, tensors }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), checkpoint }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('collect' as const),
      superseded: fc.boolean(),
      dryRun: fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
      rowsOnly: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), checkpoint }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), tensor: fc.nat(2) }) },
);

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), milliseconds: fc.constantFrom(20_000, 61_000, 61_000, 3_700_000) }),
  fc.record({ kind: fc.constant('kill' as const), client: fc.nat(2) }),
);

const script = fc.array(command, { minLength: 1, maxLength: 6 });

export const plan: fc.Arbitrary<Plan> = fc.record({
  clients: fc.tuple(script, script, script),
  events: fc.array(event, { maxLength: 3 }),
  choices: fc.array(fc.nat(255), { minLength: 8, maxLength: 120 }),
});
