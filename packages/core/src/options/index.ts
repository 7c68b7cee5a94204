export { checkOptions, isPlainObject } from './check-options.js';
export { describe } from './describe.js';
export {
  boolean,
  finiteNumber,
  func,
  nonNegativeInteger,
  oneOf,
  positiveInteger,
  positiveNumber,
  refuse,
  string,
} from './validators.js';
