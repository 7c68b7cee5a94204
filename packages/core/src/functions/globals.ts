/**
 * The identifiers that a function may use without giving them in `deps`: those of the ECMAScript standard that hold no code
 * or state of the program's, and a few of every Node that only convert, print or wait. What reaches the program or the machine
 * (`globalThis`, `process`, `require`, `fetch`, `eval`, `Function`) is not among them. What differs from run to run (`Math.random`,
 * `Date.now`, `new Date()`, `performance.now`) is refused as well: results have to follow from the seed.
 */
export const standardGlobals: ReadonlySet<string> = new Set(
  `undefined NaN Infinity
  Object Array Map Set WeakMap WeakSet WeakRef Symbol Proxy Reflect Iterator Promise
  Number BigInt Boolean String RegExp Math Date JSON Intl
  Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError
  ArrayBuffer SharedArrayBuffer DataView Atomics
  Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array
  BigInt64Array BigUint64Array Float16Array Float32Array Float64Array
  parseInt parseFloat isNaN isFinite decodeURI decodeURIComponent encodeURI encodeURIComponent
  console structuredClone queueMicrotask setTimeout clearTimeout setImmediate clearImmediate
  TextEncoder TextDecoder Buffer atob btoa URL URLSearchParams AbortController AbortSignal DOMException performance`.split(
    /\s+/,
  ),
);
