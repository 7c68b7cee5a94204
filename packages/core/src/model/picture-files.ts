import { refuse } from '../options/index.js';
import type { Host } from '../ports/host.js';

/** Where a picture is written to. */
export interface PictureFiles {
  /** A path that ends in `.svg`. A file that is there is replaced. */
  readonly svg?: string;
  /** A path that ends in `.png`. A file that is there is replaced. */
  readonly png?: string;
}

const kinds = ['svg', 'png'] as const;

/**
 * Says what is wrong with the paths while nothing is drawn yet.
 * @throws OptionError `INVALID_OPTION`; RepriseError `FILE_IO` where a file can't be written there
 */
export async function checkPictureFiles(host: Host, where: string, files: PictureFiles): Promise<void> {
  for (const kind of kinds) {
    const path: unknown = files[kind];
    if (path === undefined) continue;
    if (typeof path === 'string' && path.toLowerCase().endsWith(`.${kind}`)) continue;
    const other = kinds.find((each) => typeof path === 'string' && path.toLowerCase().endsWith(`.${each}`));
    const hint = other === undefined ? '' : ` (for a .${other} file, the option is ${other})`;
    refuse(where, kind, `a path that ends in .${kind}${hint}`, path);
  }
  for (const kind of kinds) if (files[kind] !== undefined) await host.checkWritable?.(files[kind]);
}

/** @throws RepriseError `FILE_IO` */
export async function writePictures(
  host: Host,
  files: PictureFiles,
  drawn: { readonly svg: string; readonly png?: Uint8Array },
): Promise<void> {
  if (files.svg !== undefined) await host.writeFile(files.svg, new TextEncoder().encode(drawn.svg));
  if (files.png !== undefined && drawn.png !== undefined) await host.writeFile(files.png, drawn.png);
}
