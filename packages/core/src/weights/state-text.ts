import { isPlainObject } from '../options/index.js';
import { type ManifestWith, manifestVersion } from '../state/manifest.js';
import { isDigest } from '../values/digest.js';

/** Whether data read from a file have the form of a state with names in the place of its tensors. Says nothing of what recipes mean. */
export function isStateText(value: unknown): value is ManifestWith<string> {
  if (!isPlainObject(value)) return false;
  const { version, net, loss, optimizer, epochScheduler, stepScheduler, loop, rng, statefuls = {} } = value;
  return (
    version === manifestVersion &&
    isPlainObject(net) &&
    isText(net['recipe'], isDigest) &&
    typeof net['fresh'] === 'boolean' &&
    isNames(net['tensors']) &&
    orNull(loss, isRecipe) &&
    orNull(optimizer, isOptimizer) &&
    orNull(epochScheduler, isScheduler) &&
    orNull(stepScheduler, isScheduler) &&
    isPlainObject(loop) &&
    isCount(loop['epoch']) &&
    isCount(loop['step']) &&
    isPlainObject(rng) &&
    isCount(rng['seed']) &&
    isPlainObject(statefuls) &&
    Object.values(statefuls).every(isStateful)
  );
}

function isOptimizer(value: unknown): boolean {
  if (!isPlainObject(value) || !isRecipe(value['recipe'])) return false;
  return orNull(
    value['state'],
    (state) => isPlainObject(state) && isNames(state['tensors']) && isNumbers(state['scalars']),
  );
}

function isScheduler(value: unknown): boolean {
  return isPlainObject(value) && isRecipe(value['recipe']) && isPlainObject(value['state']);
}

function isStateful(value: unknown): boolean {
  return isPlainObject(value) && isNames(value['tensors']) && isPlainObject(value['data']);
}

function isRecipe(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { kind, args, functions } = value;
  const digests = isPlainObject(functions) && Object.values(functions).every((digest) => isText(digest, isDigest));
  return typeof kind === 'string' && isPlainObject(args) && digests;
}

function isNames(value: unknown): boolean {
  return isPlainObject(value) && Object.values(value).every((name) => typeof name === 'string');
}

function isNumbers(value: unknown): boolean {
  return isPlainObject(value) && Object.values(value).every((each) => typeof each === 'number');
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown, check: (text: string) => boolean): boolean {
  return typeof value === 'string' && check(value);
}

function orNull(value: unknown, check: (value: unknown) => boolean): boolean {
  return value === null || check(value);
}
