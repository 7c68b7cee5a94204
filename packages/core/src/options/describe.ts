/** What a value is, in a few words for an error message: `"abc"`, `-1`, `an array of 3`, `a Float32Array of 10`, `a Promise`. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return value.name === '' ? 'a function' : `the function ${value.name}`;
    case 'object': {
      if (value === null) return 'null';
      const prototype = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: string } } | null;
      const name = prototype?.constructor?.name ?? 'Object';
      if (name === 'Array' && Array.isArray(value)) return `an array of ${value.length}`;
      if (name === 'Object') return 'an object';
      const length = ArrayBuffer.isView(value) && 'length' in value ? ` of ${String(value.length)}` : '';
      return `${/^([AEIO]|Un)/.test(name) ? 'an' : 'a'} ${name}${length}`;
    }
    default:
      return String(value);
  }
}
