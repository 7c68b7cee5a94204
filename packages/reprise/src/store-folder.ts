/** The folder of the store where a script or a command names none: `REPRISE_STORE`, else `.reprise` in the working directory. */
export function folderOf(environment: { readonly [name: string]: string | undefined }): string {
  const folder = environment['REPRISE_STORE'];
  return folder === undefined || folder === '' ? '.reprise' : folder;
}
