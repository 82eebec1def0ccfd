/** When an attempt was made whose object is looked for. Times are milliseconds since the epoch. */
export interface AttemptSpan {
  readonly begunAt: number;
  readonly now: number;
}

/** Clocks of two machines, and whole seconds: two times that differ by less are taken for one. In milliseconds. */
export const CLOCK_TOLERANCE_MS = 5_000;

/**
 * Compares every field of what was asked for with the object that came of it. The type demands an entry for each field, so a
 * new setting can't be left out.
 */
export type Comparison<Input, Made> = {
  readonly [Field in keyof Required<Input>]: (wished: Input[Field], made: Made, span: AttemptSpan) => boolean;
};

/** True when the object has exactly the settings that were asked for; what was left out has the platform's default. */
export function matchesRequest<Input, Made>(
  comparison: Comparison<Input, Made>,
  input: Input,
  made: Made,
  span: AttemptSpan,
): boolean {
  return (Object.keys(comparison) as (keyof Input)[]).every((field) => comparison[field](input[field], made, span));
}

/** True for an expiry that a life of so many seconds can have, counted from some moment of the attempt. */
export function expiryMatchesRequest(
  seconds: number | undefined,
  expiresAt: number | null,
  span: AttemptSpan,
): boolean {
  if (seconds === undefined || expiresAt === null) return seconds === undefined && expiresAt === null;
  const [earliest, latest] = [span.begunAt + seconds * 1_000, span.now + seconds * 1_000];
  return expiresAt >= earliest - CLOCK_TOLERANCE_MS && expiresAt <= latest + CLOCK_TOLERANCE_MS;
}

/** True for two lists of the same texts, in any order and case. Lists that are left out are empty. */
export function sameTexts(wished: readonly string[] | undefined, made: readonly string[]): boolean {
  const [left, right] = [wished ?? [], made].map((texts) => new Set(texts.map((text) => text.toLowerCase())));
  return (
    left !== undefined && right !== undefined && left.size === right.size && [...left].every((text) => right.has(text))
  );
}
