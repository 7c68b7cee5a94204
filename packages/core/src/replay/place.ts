import type { Place } from '../ports/op-log.js';

/** A call's name for people: `train #2`, `cached 'confusion' #1`. */
export function titleOf({ kind, name, occurrence }: Pick<Place, 'kind' | 'name' | 'occurrence'>): string {
  if (kind === 'open') return 'open';
  return `${kind}${name === '' ? '' : ` '${name}'`} #${occurrence + 1}`;
}

/** Where it was called as well: `train #2 of checkpoint '1'`. */
export function placeSaid(place: Place): string {
  return place.kind === 'open' ? 'Model.open' : `${titleOf(place)} of checkpoint '${place.checkpoint}'`;
}

/** Milliseconds for people: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`. */
export function duration(ms: number): string {
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
