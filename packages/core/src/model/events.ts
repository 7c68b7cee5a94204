import type { Answer } from '../replay/account.js';

/** What `onEvent` is told. */
export type ModelEvent =
  | { readonly type: 'opStarted'; readonly model: string; readonly checkpoint: string; readonly op: string }
  | {
      readonly type: 'opAnswered';
      readonly model: string;
      readonly checkpoint: string;
      readonly op: string;
      readonly how: Answer;
    };
