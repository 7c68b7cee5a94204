import type { Plain } from '../values/plain.js';
import {
  defaultImport,
  importedCallee,
  importedMember,
  isInserted,
  named,
  type IsDeclared,
  type MemberPlace,
} from './compiled.js';
import { standardGlobals } from './globals.js';
import { literal, oneDeclarationEach, withBlocks } from './normal.js';
import { Scope, type Binding, type ScopeKind } from './scope.js';
import {
  hasExpressions,
  isAnonymous,
  isFunction,
  isIdentifier,
  isNode,
  nodesIn,
  patternNames,
  patternTargets,
  privateNames,
  staticName,
  varNames,
  type SyntaxNode,
} from './syntax.js';

/** The names that are given with a function, and those of them that can be a module's default export. */
export interface GivenNames {
  readonly names: readonly string[];
  readonly defaults: readonly string[];
}

/** What a function does, and what it takes from outside. */
export interface CanonicalFunction {
  /** Equal for two sources that differ only in how they are written. */
  readonly tree: Plain;
  /** The names that it reads and doesn't declare. Names that come from a module are never standard globals. */
  readonly free: ReadonlyMap<string, 'global' | 'module'>;
  /** The names outside of it that it assigns to. */
  readonly written: ReadonlySet<string>;
  /** Whether it uses the `this` of its caller. */
  readonly usesReceiver: boolean;
}

/**
 * Brings a function into a form that is free of formatting, local names and what compilers insert: variables are numbered in the
 * order in which they are met, every other part of the syntax tree is kept. The names of its inner functions and classes count
 * where it reads a property `name`.
 */
export function canonicalise(root: SyntaxNode, deps: GivenNames): CanonicalFunction {
  const walk = new Canonicaliser(root, deps);
  const visited = walk.visit(root, undefined);
  const tree = walk.readsNames && walk.given.length > 0 ? [visited, walk.given] : visited;
  return { tree, free: walk.free, written: walk.written, usesReceiver: walk.usesReceiver };
}

const skippedFields = new Set(['type', 'start', 'end', 'loc', 'range', 'raw', 'sourceFile']);

class Canonicaliser {
  readonly free = new Map<string, 'global' | 'module'>();
  readonly written = new Set<string>();
  usesReceiver = false;
  readsNames = false;
  /** What functions and classes find as their `name`. */
  readonly given: string[] = [];
  readonly #root: SyntaxNode;
  readonly #deps: GivenNames;
  #rootScope: Scope | undefined;
  #numbers = 0;
  readonly #labels: string[] = [];

  constructor(root: SyntaxNode, deps: GivenNames) {
    this.#root = root;
    this.#deps = deps;
  }

  visit(node: unknown, scope: Scope | undefined): Plain {
    if (Array.isArray(node)) return node.map((each) => this.visit(each, scope));
    if (!isNode(node)) return node as Plain;
    if (isFunction(node)) return this.#function(node, scope);
    switch (node.type) {
      case 'Identifier':
        return this.#identifier(node['name'] as string, scope);
      case 'Literal':
        return literal(node);
      case 'TemplateLiteral':
        return this.#template(node, scope, false);
      case 'TaggedTemplateExpression':
        return ['tagged', this.#callee(node['tag'], scope), this.#template(node['quasi'] as SyntaxNode, scope, true)];
      case 'MemberExpression':
        return this.#member(node, scope, 'read');
      case 'CallExpression': {
        const target = named(node, this.#isDeclared(scope));
        if (target !== undefined) return this.visit(target, scope);
        const { callee, optional } = node;
        const called =
          isNode(callee) && callee.type === 'MemberExpression'
            ? this.#member(callee, scope, 'method')
            : this.#callee(callee, scope);
        return ['call', optional === true, called, this.visit(node['arguments'], scope)];
      }
      case 'NewExpression':
        if (isNow(node) && !this.#isDeclared(scope)('Date')) this.free.set('new Date()', 'module');
        return ['new', this.#callee(node['callee'], scope), this.visit(node['arguments'], scope)];
      case 'UnaryExpression':
        return this.#unary(node, scope);
      case 'AssignmentExpression':
        this.#giveName(node['left'], node['right'], scope);
        return [...this.#write(node['left'], scope), this.#generic(node, scope)];
      case 'AssignmentPattern':
        this.#giveName(node['left'], node['right'], scope);
        return this.#generic(node, scope);
      case 'VariableDeclarator':
        this.#giveName(node['id'], node['init'], scope);
        return this.#generic(node, scope);
      case 'ObjectPattern':
        if (nodesIn(node['properties']).some(({ key, computed }) => staticName(key, computed) === 'name'))
          this.readsNames = true;
        return this.#generic(node, scope);
      case 'UpdateExpression':
        return [...this.#write(node['argument'], scope), this.#generic(node, scope)];
      case 'WithStatement':
        this.free.set('with ()', 'module');
        return this.#generic(node, scope);
      case 'ThisExpression':
        return this.#receiver('this', scope);
      case 'Super':
        return this.#receiver('super', scope);
      case 'MetaProperty':
        return this.#meta(node, scope);
      case 'ImportExpression':
        this.free.set('import()', 'module');
        return this.#generic(node, scope);
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        return this.#property(node, scope);
      case 'PrivateIdentifier':
        return this.#private(node['name'] as string, scope);
      case 'ClassDeclaration':
      case 'ClassExpression':
        return this.#class(node, scope);
      case 'StaticBlock':
        return this.#block(node, new Scope('class', scope, varNames({ type: 'Block', body: node['body'] })));
      case 'BlockStatement':
        return this.#block(node, scope);
      case 'VariableDeclaration':
        return [
          'declare',
          node['kind'] === 'const' ? 'let' : (node['kind'] as string),
          this.visit(node['declarations'], scope),
        ];
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
        return this.#loop(node, scope);
      case 'IfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        return this.#generic(withBlocks(node), scope);
      case 'SwitchStatement': {
        const statements = nodesIn(node['cases']).flatMap((each) => nodesIn(each['consequent']));
        const inner = new Scope('block', scope, [], statements);
        return ['switch', this.visit(node['discriminant'], scope), this.visit(node['cases'], inner)];
      }
      case 'SwitchCase':
        return ['case', this.visit(node['test'], scope), this.#statements(node['consequent'], scope)];
      case 'CatchClause': {
        const inner = new Scope('block', scope, patternNames(node['param']));
        return ['catch', this.visit(node['param'], inner), this.visit(node['body'], inner)];
      }
      case 'LabeledStatement':
        return this.#labeled(node, scope);
      case 'BreakStatement':
      case 'ContinueStatement':
        return [node.type, isIdentifier(node['label']) ? this.#labels.lastIndexOf(node['label'].name) : null];
      default:
        return this.#generic(node, scope);
    }
  }

  #callee(node: unknown, scope: Scope | undefined): Plain {
    return this.#imported(importedCallee(node), scope, 'callee') ?? this.visit(node, scope);
  }

  /** The node's type and fields, in one order. */
  #generic(node: SyntaxNode, scope: Scope | undefined): Plain {
    const fields = Object.keys(node).filter((field) => !skippedFields.has(field));
    return [node.type, ...fields.sort().map((field) => this.visit(node[field], scope))];
  }

  #identifier(name: string, scope: Scope | undefined): Plain {
    const binding = scope?.find(name);
    if (binding !== undefined) return ['local', this.#number(binding)];
    if (name === 'undefined' && !this.#deps.names.includes(name)) return ['undefined'];
    if (name === 'arguments' && scope?.receiver() !== undefined) return ['arguments'];
    if (!this.free.has(name)) this.free.set(name, 'global');
    return ['free', name];
  }

  /** A private name, which is free where a method was taken out of its class. */
  #private(name: string, scope: Scope | undefined): Plain {
    const binding = scope?.find(`#${name}`);
    return ['private', binding === undefined ? name : this.#number(binding)];
  }

  #isDeclared(scope: Scope | undefined): IsDeclared {
    return (name) => scope?.find(name) !== undefined || this.#deps.names.includes(name);
  }

  #giveName(target: unknown, value: unknown, scope: Scope | undefined): void {
    const fn = named(value, this.#isDeclared(scope)) ?? value;
    if (isIdentifier(target) && isNode(fn) && isAnonymous(fn)) this.given.push(target.name);
  }

  #number(binding: Binding): number {
    return (binding.number ??= this.#numbers++);
  }

  /** A function's or class's own name says nothing unless it is used inside, which is known after the visit. */
  #ownName(binding: Binding | undefined): Plain {
    return binding?.number ?? null;
  }

  #function(node: SyntaxNode, scope: Scope | undefined): Plain {
    const { type, id, params, body, async, generator } = node;
    const isDeclaration = type === 'FunctionDeclaration';
    if (isIdentifier(id) && node !== this.#root) this.given.push(id.name);
    const declared: Plain = isDeclaration ? [this.visit(id, scope), ...this.#alsoDeclared(id, scope)] : null;
    const outer = isDeclaration ? scope : new Scope('block', scope, patternNames(id));
    const kind: ScopeKind = type === 'ArrowFunctionExpression' ? 'arrow' : 'function';
    const isBlock = isNode(body) && body.type === 'BlockStatement';
    const statements = isBlock ? nodesIn(body['body']) : [];
    const paramNames = nodesIn(params).flatMap(patternNames);
    const inner = new Scope(kind, outer, paramNames);
    if (node === this.#root) this.#rootScope = inner;
    const labels = this.#labels.splice(0);
    const visitedParams = this.visit(params, inner);
    const again = statements
      .flatMap(varNames)
      .filter((name) => paramNames.includes(name) || (name === 'arguments' && kind === 'function'));
    const apart = nodesIn(params).some(hasExpressions);
    const vars = statements.flatMap(varNames).filter((name) => apart || !again.includes(name));
    const bodyScope = new Scope('body', inner, vars, statements);
    // A variable of the body that is named like a parameter starts with the parameter's value.
    const copied = apart ? again.map((name) => [this.#identifier(name, inner), this.#identifier(name, bodyScope)]) : [];
    const visitedBody = isBlock
      ? this.#statements(body['body'], bodyScope)
      : [['ReturnStatement', this.visit(body, bodyScope)]];
    this.#labels.push(...labels);
    const own = isDeclaration ? null : this.#ownName(isIdentifier(id) ? outer?.find(id.name) : undefined);
    if (node === this.#root && own !== null && isIdentifier(id)) this.given.push(id.name);
    return [kind, async === true, generator === true, declared, visitedParams, [...copied, ...visitedBody], own];
  }

  /** What else the name of a function in a block may stand for: outside strict mode, its function is put there too. */
  #alsoDeclared(id: unknown, scope: Scope | undefined): readonly Plain[] {
    if (scope?.kind !== 'block' || !isIdentifier(id)) return [];
    const binding = scope.parent?.find(id.name);
    if (binding !== undefined) return [this.#number(binding)];
    return standardGlobals.has(id.name) || this.#deps.names.includes(id.name) ? [id.name] : [];
  }

  #class(node: SyntaxNode, scope: Scope | undefined): Plain {
    const { type, id, superClass, body } = node;
    if (isIdentifier(id) && node !== this.#root) this.given.push(id.name);
    const isDeclaration = type === 'ClassDeclaration';
    const declared: Plain = isDeclaration ? this.visit(id, scope) : null;
    const outer = isDeclaration ? scope : new Scope('block', scope, patternNames(id));
    const parent = this.visit(superClass, outer);
    const all = nodesIn(isNode(body) ? body['body'] : []);
    const inner = new Scope('class', new Scope('block', outer, privateNames(all)), []);
    const members = all.filter((member) => !isInserted(member, this.#isDeclared(inner)));
    const visited = members.map((member) => this.visit(member, inner));
    const own = isDeclaration ? null : this.#ownName(isIdentifier(id) ? outer?.find(id.name) : undefined);
    return ['class', declared, parent, visited, own];
  }

  #property(node: SyntaxNode, scope: Scope | undefined): Plain {
    const name = node['computed'] === true ? undefined : staticName(node['key'], false);
    // A class's key is evaluated with the `this` around the class.
    const keyScope = node.type === 'Property' ? scope : scope?.parent;
    const key: Plain = name ?? [node['computed'] === true, this.visit(node['key'], keyScope)];
    const setsPrototype = name === '__proto__' && node['shorthand'] !== true && node['method'] !== true;
    const flags = [node['kind'] ?? null, node['method'] === true, node['static'] === true, setsPrototype] as Plain;
    return [node.type, flags, key, this.visit(node['value'], scope)];
  }

  #member(node: SyntaxNode, scope: Scope | undefined, place: MemberPlace): Plain {
    const imported = this.#imported(node, scope, place);
    if (imported !== undefined) return imported;
    const { object, property, computed, optional } = node;
    const name = staticName(property, computed);
    if (name === 'name') this.readsNames = true;
    const chance = isNode(object) && object.type === 'Identifier' ? `${object['name'] as string}.${name}` : '';
    if (byChance.has(chance) && !this.#isDeclared(scope)(chance.split('.')[0]!)) this.free.set(chance, 'module');
    return ['member', optional === true, this.visit(object, scope), name ?? [this.visit(property, scope)]];
  }

  /** What is imported by a CommonJS transform's name for it, as if by its own. */
  #imported(node: unknown, scope: Scope | undefined, place: MemberPlace): Plain | undefined {
    const member = importedMember(node, place);
    if (member === undefined || this.#isDeclared(scope)(member.module)) return undefined;
    const { module, name } = member;
    const imported = name === 'default' ? (defaultImport(module, this.#deps.defaults) ?? `${module}.default`) : name;
    this.free.set(imported, 'module');
    return ['free', imported];
  }

  #unary(node: SyntaxNode, scope: Scope | undefined): Plain {
    const { operator, argument } = node;
    if (isNode(argument) && argument.type === 'Literal' && typeof argument['value'] === 'number') {
      if (operator === 'void') return ['undefined'];
      if (operator === '!') return ['literal', argument['value'] === 0];
    }
    if (operator === 'delete') this.#write(argument, scope);
    return this.#generic(node, scope);
  }

  #template(node: SyntaxNode, scope: Scope | undefined, tagged: boolean): Plain {
    const texts = nodesIn(node['quasis']).map((quasi): Plain => {
      const { cooked, raw } = quasi['value'] as { readonly cooked?: string | null; readonly raw: string };
      return tagged ? [cooked ?? null, raw] : (cooked ?? raw);
    });
    const expressions = nodesIn(node['expressions']);
    if (!tagged && expressions.length === 0) return ['literal', texts[0]];
    return ['template', texts, this.visit(expressions, scope)];
  }

  #receiver(word: 'this' | 'super', scope: Scope | undefined): Plain {
    const owner = scope?.receiver();
    if (owner === undefined || (owner === this.#rootScope && word === 'super')) this.free.set(word, 'module');
    else if (owner === this.#rootScope) this.usesReceiver = true;
    return [word];
  }

  #meta(node: SyntaxNode, scope: Scope | undefined): Plain {
    const isImport = isIdentifier(node['meta'], 'import');
    if (isImport || scope?.receiver() === undefined) this.free.set(isImport ? 'import.meta' : 'new.target', 'module');
    return [isImport ? 'import.meta' : 'new.target'];
  }

  /** Notes what is written outside of the function, and says where a constant is: it throws. */
  #write(pattern: unknown, scope: Scope | undefined): readonly Plain[] {
    const targets = patternTargets(pattern);
    for (const target of targets) {
      const member = importedMember(target, 'read');
      const name = isIdentifier(target) ? target.name : member?.module;
      const isGiven = member !== undefined && this.#deps.names.includes(member.module);
      if (name !== undefined && scope?.find(name) === undefined && !isGiven)
        this.written.add(member === undefined ? name : `${name}.${member.name}`);
    }
    return targets.some((target) => isIdentifier(target) && scope?.find(target.name)?.constant === true)
      ? ['constant']
      : [];
  }

  #block(node: SyntaxNode, scope: Scope | undefined): Plain {
    return ['block', this.#statements(node['body'], new Scope('block', scope, [], nodesIn(node['body'])))];
  }

  #statements(body: unknown, scope: Scope | undefined): readonly Plain[] {
    const kept = nodesIn(body).filter((statement) => !isInserted(statement, this.#isDeclared(scope)));
    return kept.flatMap(oneDeclarationEach).map((statement) => this.visit(statement, scope));
  }

  #loop(node: SyntaxNode, scope: Scope | undefined): Plain {
    const head = node['init'] ?? node['left'];
    const inner = new Scope('block', scope, [], nodesIn(head));
    const isAssigned = isNode(node['left']) && node['left'].type !== 'VariableDeclaration';
    return [...(isAssigned ? this.#write(node['left'], scope) : []), this.#generic(withBlocks(node), inner)];
  }

  #labeled(node: SyntaxNode, scope: Scope | undefined): Plain {
    this.#labels.push((node['label'] as SyntaxNode)['name'] as string);
    const body = this.visit(node['body'], scope);
    this.#labels.pop();
    return ['label', body];
  }
}

/** What gives another answer each time: two runs of the same function would differ. */
const byChance: ReadonlySet<string> = new Set(['Math.random', 'Date.now', 'performance.now']);

function isNow(node: SyntaxNode): boolean {
  const { callee } = node;
  return isNode(callee) && callee['name'] === 'Date' && nodesIn(node['arguments']).length === 0;
}
