import type { Batch, Recipe } from '@reprise/core';

/** What tells batches of one form: names, element types, shapes. About 1 µs. */
export function formOf(batch: Batch): string {
  let form = '';
  for (const [name, { dtype, shape }] of batch) form += `${name}:${dtype}[${shape.join()}];`;
  return form;
}

/** Tells recipes apart within a process; functions by their identity. */
export class RecipeKeys {
  readonly #functions = new WeakMap<object, number>();
  #count = 0;

  of(recipe: Recipe | null): string {
    return JSON.stringify(recipe, (_, value: unknown) => {
      if (typeof value === 'function') return this.#number(value);
      return typeof value === 'bigint' ? `${value}n` : value;
    });
  }

  #number(call: object): string {
    const known = this.#functions.get(call);
    if (known !== undefined) return `function ${known}`;
    this.#functions.set(call, ++this.#count);
    return `function ${this.#count}`;
  }
}
