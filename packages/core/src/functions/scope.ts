/** A variable declared inside the function. Its number is given where it is first met, so that its name doesn't count. */
export interface Binding {
  number: number | undefined;
}

export type ScopeKind = 'block' | 'arrow' | 'function' | 'class';

/** What names mean at a place of the source. */
export class Scope {
  readonly kind: ScopeKind;
  readonly parent: Scope | undefined;
  readonly #bindings = new Map<string, Binding>();

  constructor(kind: ScopeKind, parent: Scope | undefined, names: readonly string[]) {
    this.kind = kind;
    this.parent = parent;
    for (const name of names) if (!this.#bindings.has(name)) this.#bindings.set(name, { number: undefined });
  }

  find(name: string): Binding | undefined {
    return this.#bindings.get(name) ?? this.parent?.find(name);
  }

  /** The nearest scope with a `this` of its own; undefined where `this` comes from outside. */
  receiver(): Scope | undefined {
    return this.kind === 'function' || this.kind === 'class' ? this : this.parent?.receiver();
  }
}
