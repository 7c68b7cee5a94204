/** A loss or a metric, for people: four decimals where they say enough. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e5) || !Number.isFinite(value)) return value.toFixed(4);
  return value.toExponential(3);
}

/** A learning rate: `5.0e-4`, `1.25e-3`. */
export function rate(value: number): string {
  return value.toExponential(2).replace(/0e/, 'e');
}

/** A count, shortly: `312`, `12.3k`, `4.56M`. */
export function compact(value: number): string {
  const [size, unit] = value >= 999_500 ? [1e6, 'M'] : value >= 999.5 ? [1e3, 'k'] : [1, ''];
  const scaled = value / size;
  const decimals = unit === '' || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(decimals)}${unit}`;
}

/** Scores as `loss 0.3210  accuracy 0.9081`. */
export function figures(scores: { readonly [name: string]: number }): string {
  return Object.entries(scores)
    .map(([name, value]) => `${name} ${figure(value)}`)
    .join('  ');
}

/** Time left, as `0:31` or `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(rest).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}
