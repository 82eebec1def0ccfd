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
  if (!longNumber.test(text)) return JSON.parse(text);
  try {
    return parse(text, null, parseNumber);
  } catch (error) {
    // The exact parser calls itself for each level, and runs out of stack where the built-in one does not.
    throw error instanceof RangeError ? new SyntaxError("The text is nested too deeply.") : error;
  }
}

function parseNumber(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(digits) ? BigInt(digits) : number;
}
