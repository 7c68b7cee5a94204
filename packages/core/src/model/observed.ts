/** Where the digests of what a train observes are found. */
export const callbacksPath = 'callbacks';
export const metricPrefix = 'metrics.';
export const validationPath = 'data.validation';

/** What is lacking, in words. */
export function lackSaid(path: string): string {
  if (path.startsWith(`${callbacksPath}.`))
    return `what callback '${path.slice(callbacksPath.length + 1)}' logs and keeps`;
  return path === validationPath ? 'scores on this validation data' : `metric '${nameOf(path)}'`;
}

/** The metric of a path. */
export function nameOf(path: string): string {
  return path.slice(metricPrefix.length);
}
