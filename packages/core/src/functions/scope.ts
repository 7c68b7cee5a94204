import { constantNames, lexicalNames, type SyntaxNode } from './syntax.js';

/** A variable declared inside the function. Its number is given where it is first met, so that its name doesn't count. */
export interface Binding {
  number: number | undefined;
  /** Whether an assignment to it throws. */
  readonly constant: boolean;
}

/** `body` is a function's own block, where its functions and `var` are. */
export type ScopeKind = 'block' | 'body' | 'arrow' | 'function' | 'class';

/** What names mean at a place of the source. */
export class Scope {
  readonly kind: ScopeKind;
  readonly parent: Scope | undefined;
  readonly #bindings = new Map<string, Binding>();

  constructor(
    kind: ScopeKind,
    parent: Scope | undefined,
    names: readonly string[],
    statements: readonly SyntaxNode[] = [],
  ) {
    this.kind = kind;
    this.parent = parent;
    const constants = new Set(constantNames(statements));
    for (const name of [...names, ...lexicalNames(statements)]) {
      if (!this.#bindings.has(name)) this.#bindings.set(name, { number: undefined, constant: constants.has(name) });
    }
  }

  find(name: string): Binding | undefined {
    return this.#bindings.get(name) ?? this.parent?.find(name);
  }

  /** The nearest scope with a `this` of its own; undefined where `this` comes from outside. */
  receiver(): Scope | undefined {
    return this.kind === 'function' || this.kind === 'class' ? this : this.parent?.receiver();
  }
}
