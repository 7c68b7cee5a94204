/** What to do where the log has another call at this place. */
export type DivergencePolicy = 'error' | 'rerun' | 'accept' | 'fork';

export const divergencePolicies: readonly DivergencePolicy[] = ['error', 'rerun', 'accept', 'fork'];
