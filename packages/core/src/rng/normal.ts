/**
 * The standard normal deviate that a 32-bit word stands for: the quantile at (word + ½) / 2^32, so within ±6.4.
 * Wichura's AS 241, PPND16 (Applied Statistics 37, 1988), good to about 1e-15. Only operations that IEEE 754 rounds exactly
 * are used, so the bits are the same on every machine and version of Node; `Math.log` and `Math.cos` don't promise that.
 */
export function normalOf(word: number): number {
  const q = (word + 0.5) * 2 ** -32 - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(centre.over, r)) / polynomial(centre.under, r);
  }
  const tail = q < 0 ? word : ~word >>> 0;
  const r = Math.sqrt(-logOfHalfStep(tail));
  const [{ over, under }, x] = r <= 5 ? [middle, r - 1.6] : [far, r - 5];
  const magnitude = polynomial(over, x) / polynomial(under, x);
  return q < 0 ? -magnitude : magnitude;
}

/** ln((word + ½) / 2^32) for a word below 2^31, by the series of the inverse hyperbolic tangent. */
function logOfHalfStep(word: number): number {
  const odd = 2 * word + 1;
  let exponent = 31 - Math.clz32(odd);
  let mantissa = odd / 2 ** exponent;
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let k = 23; k >= 1; k -= 2) sum = sum * square + 1 / k;
  return (exponent - 33) * Math.LN2 + 2 * s * sum;
}

/** Coefficients by falling powers, as in the paper. */
interface Rational {
  readonly over: Coefficients;
  readonly under: Coefficients;
}

type Coefficients = readonly [number, number, number, number, number, number, number, number];

function polynomial(c: Coefficients, x: number): number {
  return ((((((c[0] * x + c[1]) * x + c[2]) * x + c[3]) * x + c[4]) * x + c[5]) * x + c[6]) * x + c[7];
}

const centre: Rational = {
  over: [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
    133.14166789178438, 3.3871328727963665,
  ],
  under: [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
    42.31333070160091, 1,
  ],
};

const middle: Rational = {
  over: [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  under: [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
};

const far: Rational = {
  over: [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
    1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  under: [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
    0.1369298809227358, 0.599832206555888, 1,
  ],
};
