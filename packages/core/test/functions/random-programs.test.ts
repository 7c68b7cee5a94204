import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from './digests.js';

describe('random programs', () => {
  type Program = readonly (
    | string
    | { readonly name: number }
    | { readonly literal: number }
    | { readonly op: number }
  )[];
  const ops = ['+', '-', '*', '/', '%', '<', '>', '&&', '||', '**'];
  const { expression } = fc.letrec<{ expression: Program }>((tie) => ({
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.nat(4).map((name): Program => [{ name }]),
      fc.nat(99).map((literal): Program => [{ literal }]),
      fc
        .tuple(tie('expression'), fc.nat(ops.length - 1), tie('expression'))
        .map(([a, op, b]): Program => ['((', ...a, ')', { op }, '(', ...b, '))']),
      fc
        .tuple(fc.nat(4), tie('expression'), tie('expression'))
        .map(([name, a, b]): Program => ['((', { name }, ') => ', ...a, ')(', ...b, ')']),
      fc
        .tuple(fc.nat(4), tie('expression'), tie('expression'))
        .map(([name, a, b]): Program => [
          '(() => { let ',
          { name },
          ' = ',
          ...a,
          '; { const ',
          { name },
          ' = 1; } return (',
          ...b,
          ') })()',
        ]),
    ),
  }));
  const program = expression.map((body): Program => [
    '(',
    ...[0, 1, 2, 3, 4].flatMap((name) => [{ name }, ', ']),
    ') => ',
    ...body,
  ]);
  const spell = (parts: Program, names: readonly string[], space: string): string =>
    parts
      .map((part) => {
        if (typeof part === 'string') return part;
        if ('name' in part) return names[part.name];
        return 'literal' in part ? `${space}${part.literal}` : `${space}${ops[part.op]}${space}`;
      })
      .join('');

  it('keep their digest when variables are renamed and the source reformatted', async () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{2,5}x$/), { minLength: 5, maxLength: 5 });
    const space = fc.constantFrom(' ', '\n', '  /* - */ ', ' // *\n');
    await fc.assert(
      fc.asyncProperty(program, names, space, async (parts, renamed, gap) => {
        expect(await digestOf(spell(parts, renamed, gap))).toBe(
          await digestOf(spell(parts, ['a', 'b', 'c', 'd', 'e'], ' ')),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('change it when a literal or an operator changes', async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.nat(), fc.integer({ min: 1, max: ops.length - 1 }), async (parts, pick, by) => {
        const places = parts.flatMap((part, at) => (typeof part === 'object' && !('name' in part) ? [at] : []));
        fc.pre(places.length > 0);
        const at = places[pick % places.length]!;
        const changed = parts.map((part, i) => {
          if (i !== at || typeof part === 'string' || 'name' in part) return part;
          return 'literal' in part ? { literal: part.literal + by } : { op: (part.op + by) % ops.length };
        });
        const names = ['a', 'b', 'c', 'd', 'e'];
        expect(await digestOf(spell(changed, names, ' '))).not.toBe(await digestOf(spell(parts, names, ' ')));
      }),
      { numRuns: 200 },
    );
  });
});
