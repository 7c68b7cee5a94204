import type { Step } from './life.js';
import type { Call, DataSpec, Script, Statement } from './script.js';

/** A history as text: each version as the script that it stands for. */
export function showHistory(steps: readonly Step[]): string {
  const parts = steps.map(({ script, edit, how, at, slow }, i) => {
    const first = {
      abort: `aborted at step ${at}, then run again`,
      death: `killed at step ${at}, then run again`,
      forget: `checkpoint ${at} deleted before`,
    };
    const manner = `${first[how as keyof typeof first] ?? how}${slow ? ', on a slow clock' : ''}`;
    const same = i > 0 && JSON.stringify(script) === JSON.stringify(steps[i - 1]?.script);
    return `--- ${i} (${edit}; ${manner})\n${same ? '// as before' : showScript(script)}`;
  });
  return parts.join('\n');
}

function showScript({ model, description, seed, width, note, bias, catches, data, statements }: Script): string {
  return [
    ...Object.entries(data).map(([name, spec]) => `const ${name} = ${showData(spec)};`),
    `const model = await open('${model}', ${literal({ hparams: { width, note }, seed, description, ...(bias === null ? {} : { weights: { 'head.b': [bias] } }) })});`,
    ...(catches ? ['// the error of a statement is caught'] : []),
    ...statements.map(showStatement),
  ].join('\n');
}

function showData(spec: DataSpec): string {
  switch (spec.kind) {
    case 'line':
      return `line(${literal({ samples: spec.samples, seed: spec.seed, shift: spec.shift })})`;
    case 'map':
      return `${showData(spec.of)}.map(${spec.fn}${spec.style === 0 ? '' : '_'}, { deps: { by: ${spec.by} } })`;
    case 'concat':
      return `concat(${showData(spec.of)}, ${showData(spec.also)})`;
    case 'subset':
      return `${showData(spec.of)}.subset({ start: ${spec.start}, end: ${spec.end} })`;
    case 'split':
      return `${showData(spec.of)}.split(${spec.fraction}, ${spec.seed})[${spec.part}]`;
  }
}

function showStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'block': {
      const { id, from, description, calls } = statement;
      const options = literal({
        ...(from === undefined ? {} : { from }),
        ...(description === '' ? {} : { description }),
      });
      return [
        `await model.checkpoint('${id}', ${options}, async (cp) => {`,
        ...calls.map((call) => `  await cp.${showCall(call)};`),
        '});',
      ].join('\n');
    }
    case 'handle':
      return `await model.checkpoint('${statement.id}').${showCall(statement.call)};`;
    case 'tag':
      return `await model.tag('${statement.name}', '${statement.id}');`;
    case 'load':
      return `await model.loadCheckpoint('${statement.id}');`;
    case 'unrecorded':
      return `await model.${showCall(statement.call)};`;
    case 'sweep':
      return [
        `for (const lr of ${literal(statement.lrs)}) await model.checkpoint(\`${statement.prefix}-\${lr}\`, { from: ${literal(statement.from)} }, async (cp) => {`,
        '  await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });',
        `  await cp.${showCall(statement.train)};`,
        `  await cp.${showCall(statement.evaluate)};`,
        '});',
      ].join('\n');
  }
}

function showCall(call: Call): string {
  const { kind, uid, ...rest } = call;
  void uid;
  if (kind === 'setup') return `setup(${literal(rest)})`;
  if (kind === 'weights') return `loadStateDict({ '${call.into}': all ${call.value} }, { only: ['${call.into}'] })`;
  if (kind === 'cached') {
    const { name, fn, data, times, plus, style } = call;
    return `cached('${name}', { data: ${data}, times: ${times} }, ${fn}${style === 0 ? '' : '_'}, { deps: { plus: ${plus} } })`;
  }
  const { data, ...options } = rest as { readonly data: unknown; readonly validation?: string | null };
  const { validation, ...own } = options;
  const where = typeof data === 'string' ? data : `Float32Array.of(${String(data)})`;
  return `${kind}(${where}${validation === undefined || validation === null ? '' : `, ${validation}`}, ${literal(own)})`;
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? `'${value}'` : String(value);
  const { kind, ...args } = value as { readonly kind?: string };
  const inner = Object.entries(args).map(([name, each]) => `${name}: ${literal(each)}`);
  const object = inner.length === 0 ? '' : `{ ${inner.join(', ')} }`;
  return kind === undefined ? object || '{}' : `${kind}(${object})`;
}
