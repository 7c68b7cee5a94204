export { decode, decodeVerified } from './decode.js';
export { encode } from './encode.js';
export { DecodeError, UnrecordableValueError } from './errors.js';
