declare const brand: unique symbol;

/** The digest of some bytes, tagged with its algorithm: `blake3-` and 64 hex digits. */
export type Digest = string & { readonly [brand]: 'Digest' };

/** The digest of a state's manifest: it names weights, moments, schedulers, counters and random streams, bit for bit. */
export type StateDigest = Digest & { readonly [brand]: 'Digest' & 'State' };

/** The fingerprint of a call: kind, deciding arguments, state before. */
export type Fingerprint = Digest & { readonly [brand]: 'Digest' & 'Fingerprint' };

const form = /^[a-z0-9]+-[0-9a-f]{64}$/;

/** Whether a string has the form of a digest. Everything that comes from disk or network passes here. */
export function isDigest(text: string): text is Digest {
  return form.test(text);
}

/** A digest for people: its algorithm and the first 8 digits, `blake3-9abcdef0`. */
export function shortDigest(digest: Digest): string {
  return digest.slice(0, digest.indexOf('-') + 9);
}
