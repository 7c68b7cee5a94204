import type { LeaseHolder } from '../ports/leases.js';

/** `process 4711 on trainer (since 2026-11-26T19:49:15.144Z)` */
export function holderSaid({ host, pid, since }: LeaseHolder): string {
  return `process ${pid} on ${host} (since ${new Date(since).toISOString()})`;
}
