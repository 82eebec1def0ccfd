/**
 * Decoders for values of the platform's responses, one function for each type. `at` is the place of the value in the response,
 * for the error message: a constant text, as analytics responses contain thousands of numbers. Clients pass on decoded values
 * only.
 */

/** A value is not what the platform documents. The message names its place and the expected type, never the value. */
export class ShapeError extends Error {
  constructor(at: string, expected: string) {
    super(`${at} is not ${expected}`);
    this.name = "ShapeError";
  }
}

export type Decode<T> = (value: unknown, at: string) => T;

/** The fields that the documents give an object: reading any other does not compile. */
export type WireObject<Wire> = { readonly [Field in keyof Wire]?: unknown };

export function object<Wire>(value: unknown, at: string): WireObject<Wire> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ShapeError(at, "an object");
  return value as WireObject<Wire>;
}

export function list<T>(value: unknown, at: string, item: Decode<T>): T[] {
  if (!Array.isArray(value)) throw new ShapeError(at, "a list");
  return value.map((entry) => item(entry, at));
}

/** A list that may be null or absent, both meaning empty. */
export function optionalList<T>(value: unknown, at: string, item: Decode<T>): T[] {
  return value === undefined || value === null ? [] : list(value, at, item);
}

/** An object used as a map, in the order of its keys. */
export function mapOf<T>(value: unknown, at: string, item: Decode<T>): Map<string, T> {
  const decoded = new Map<string, T>();
  for (const [key, entry] of Object.entries(object<Record<string, unknown>>(value, at))) {
    decoded.set(key, item(entry, at));
  }
  return decoded;
}

/** The value, or null where it is null or absent. */
export function optional<T>(value: unknown, at: string, present: Decode<T>): T | null {
  return value === undefined || value === null ? null : present(value, at);
}

export function text(value: unknown, at: string): string {
  if (typeof value !== "string") throw new ShapeError(at, "a text");
  return value;
}

export function boolean(value: unknown, at: string): boolean {
  if (typeof value !== "boolean") throw new ShapeError(at, "true or false");
  return value;
}

export function integer(value: unknown, at: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new ShapeError(at, "a whole number");
  return value;
}

export function number(value: unknown, at: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new ShapeError(at, "a number");
  return value;
}

/** A count that may pass 2^53; absent means zero. */
export function count(value: unknown, at: string): bigint {
  return BigInt(plainCount(value, at));
}

/** A count as `parseExact` returns it: a bigint only above 2^53. */
export function plainCount(value: unknown, at: string): number | bigint {
  if (value === undefined || value === null) return 0;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  if (typeof value === "bigint" && value >= 0n) return value;
  throw new ShapeError(at, "a count");
}

const isoTime = /^\d{4}-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(?<zone>Z|[+-]\d\d:?\d\d)?)?)?$/i;

/** An ISO 8601 time as milliseconds since the epoch. One without a zone is UTC, as all times of the platform are. */
export function instant(value: unknown, at: string): number {
  const written = text(value, at);
  // `Date.parse` takes much more, such as "banana 5", and reads some of it in the machine's own zone.
  const form = isoTime.exec(written);
  const isLocal = written.includes("T") && !form?.groups?.["zone"];
  const time = form ? Date.parse(isLocal ? `${written}Z` : written) : Number.NaN;
  if (Number.isNaN(time)) throw new ShapeError(at, "a time");
  return time;
}
