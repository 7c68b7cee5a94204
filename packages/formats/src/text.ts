/** A name for a message: quoted, and cut where it is long, since files of others can hold any name. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 57)}...` : name);
}

/** Whether a text can be written as UTF-8: a surrogate without its other half can't. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** UTF-8, and nothing that only looks like it. @throws TypeError where the bytes are none */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}
