import { parse } from "lossless-json";

/** So many digits in a row may not fit a double; fewer always do. */
const LONG = 16;

/** Whether so many digits stand in a row. Each such row holds every sixteenth place, so the others are not looked at. */
function mayBeLong(text: string): boolean {
  for (let place = LONG - 1; place < text.length; place += LONG) {
    if (!isDigit(text, place)) continue;
    let begin = place;
    while (isDigit(text, begin - 1)) begin -= 1;
    let end = place;
    while (isDigit(text, end + 1)) end += 1;
    if (end - begin + 1 >= LONG) return true;
  }
  return false;
}

function isDigit(text: string, place: number): boolean {
  const code = text.charCodeAt(place);
  return code >= 48 && code <= 57;
}

/**
 * Parses JSON without rounding: an integer beyond 2^53 comes back as a bigint. The slower parser runs only for texts that
 * may hold one, which few do.
 *
 * @throws SyntaxError when the text is no JSON
 */
export function parseExact(text: string): unknown {
  if (!mayBeLong(text)) return JSON.parse(text);
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
