/** Time span of an attempt whose object is looked for, in milliseconds since the epoch. */
export interface AttemptSpan {
  readonly begunAt: number;
  readonly now: number;
}

/** Difference of two machines' clocks that is tolerated, in milliseconds. */
export const CLOCK_TOLERANCE_MS = 5_000;

/**
 * Compares every field of a request with the object that it created. The type requires an entry for each field, so a new
 * setting cannot be left out.
 */
export type Comparison<Input, Created> = {
  readonly [Field in keyof Required<Input>]: (requested: Input[Field], created: Created, span: AttemptSpan) => boolean;
};

/** Returns whether the object has exactly the requested settings; omitted settings must have the platform's default. */
export function matchesRequest<Input, Created>(
  comparison: Comparison<Input, Created>,
  input: Input,
  created: Created,
  span: AttemptSpan,
): boolean {
  return (Object.keys(comparison) as (keyof Input)[]).every((field) => comparison[field](input[field], created, span));
}

/** Returns whether a lifetime of so many seconds, counted from a moment of the attempt, can have this expiry. */
export function expiryMatchesRequest(
  seconds: number | undefined,
  expiresAt: number | null,
  span: AttemptSpan,
): boolean {
  if (seconds === undefined || expiresAt === null) return seconds === undefined && expiresAt === null;
  const [earliest, latest] = [span.begunAt + seconds * 1_000, span.now + seconds * 1_000];
  return expiresAt >= earliest - CLOCK_TOLERANCE_MS && expiresAt <= latest + CLOCK_TOLERANCE_MS;
}

/** Returns whether two lists hold the same texts, in any order and case; an omitted list is empty. */
export function sameTexts(requested: readonly string[] | undefined, created: readonly string[]): boolean {
  const [left, right] = [requested ?? [], created].map((texts) => new Set(texts.map((text) => text.toLowerCase())));
  return (
    left !== undefined && right !== undefined && left.size === right.size && [...left].every((text) => right.has(text))
  );
}
