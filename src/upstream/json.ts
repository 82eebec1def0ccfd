import { parse } from "lossless-json";

/** Fifteen digits always fit a double; a longer run may not. */
const longNumber = /\d{16}/;

/**
 * Parses JSON without rounding: an integer beyond 2^53 comes back as a bigint. The slower parser runs only for texts that
 * may hold one, which few do.
 *
 * @throws SyntaxError when the text is no JSON
 */
export function parseExact(text: string): unknown {
  return longNumber.test(text) ? parse(text, null, parseNumber) : JSON.parse(text);
}

function parseNumber(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(digits) ? BigInt(digits) : number;
}
