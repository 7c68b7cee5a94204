/**
 * A compiled ES module as the CommonJS that people write by hand: `require` for each import, and an async function around
 * the rest where it awaits. Takes what scripts on our pages use: imports of names and namespaces, exported functions and constants.
 */
export function asCommonJs(module: string): string {
  const exported: string[] = [];
  const requires: string[] = [];
  const body = module
    .replaceAll(/^import \* as (\w+) from '([^']+)';$/gm, (_, name: string, from: string) => {
      requires.push(`const ${name} = require('${commonJsPath(from)}');`);
      return '';
    })
    .replaceAll(/^import \{([^}]+)\} from '([^']+)';$/gm, (_, names: string, from: string) => {
      requires.push(`const {${names.replaceAll(' as ', ': ')}} = require('${commonJsPath(from)}');`);
      return '';
    })
    .replaceAll(/^export ((?:async )?function\*?|const|class) (\w+)/gm, (_, kind: string, name: string) => {
      exported.push(name);
      return `${kind} ${name}`;
    });
  const code =
    exported.length === 0 ? `(async () => {\n${body}\n})();` : `${body}\nmodule.exports = { ${exported.join(', ')} };`;
  return `'use strict';\n${requires.join('\n')}\n${code}\n`;
}

const commonJsPath = (from: string): string => (from.startsWith('.') ? from.replace(/\.js$/, '.cjs') : from);
