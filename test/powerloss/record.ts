/** What the recording file system wrote down: one operation that decides what a disk holds, or something that a process said between them. */
export type Operation =
  | { readonly op: 'create'; readonly path: string; readonly file: number }
  | { readonly op: 'write'; readonly file: number; readonly offset: number; readonly data: Uint8Array }
  | { readonly op: 'truncate'; readonly file: number; readonly size: number }
  | { readonly op: 'sync'; readonly file: number }
  | { readonly op: 'rename'; readonly path: string; readonly to: string }
  | { readonly op: 'mkdir' | 'unlink' | 'syncFolder'; readonly path: string }
  | { readonly op: 'said'; readonly number: number };

export function parseRecord(text: string): readonly Operation[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const operation = JSON.parse(line) as Operation;
      if (operation.op !== 'write') return operation;
      return { ...operation, data: Buffer.from(operation.data as unknown as string, 'base64') };
    });
}
