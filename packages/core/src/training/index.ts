/** What carries calls out, without a store or a record of them. A replay needs none of it, so it is no part of the package's main entry. */
export { evaluate } from './evaluate/evaluate.js';
export { findLr } from './find-lr/find-lr.js';
export { predict } from './predict/predict.js';
export { train } from './train.js';
export type { Trained, TrainingData } from './training-data.js';
