import { RE2JS } from "re2js";
import { InvalidInputError, NotMeteredError } from "../errors.ts";
import { assertName, hasNameLength } from "../text.ts";
import type { StreamGrant, TokenRecord } from "../token/token.ts";
import { sampleNames } from "./sample-names.ts";
import { literalPrefix, type PatternReader, readPattern } from "./stream-pattern.ts";

/**
 * A stream by its name. The platform has no such object: a stream exists if a token names it, if it is live, or if it has
 * traffic.
 */
export interface StreamRecord {
  readonly kind: "Stream";
  readonly name: string;
}

/** Returns the stream with the name. */
export function streamRecord(name: string): StreamRecord {
  return { kind: "Stream", name };
}

/** Parts of names that analytics rejects, although streams may have them. */
const unmeteredParts = ["/", "*", "--"] as const;

/** Returns whether analytics accepts the name. @see GET /api/analytics/streams/total */
export function isMetered(name: string): boolean {
  return hasNameLength(name) && !unmeteredParts.some((part) => name.includes(part));
}

/** Throws unless analytics accepts the name. @throws NotMeteredError */
export function assertMetered(name: string): void {
  if (isMetered(name)) return;
  throw new NotMeteredError(
    "The platform has no usage of streams whose names contain `/`, `*` or `--`, or are longer than 128 characters.",
    { streamName: name },
  );
}

/** Matches stream names against a pattern. */
export interface PatternMatcher {
  matches(streamName: string): boolean;
}

/**
 * Compiles the regular expression of a grant. A name must match as a whole, case-sensitively.
 *
 * The engine runs in linear time for every pattern, and rejects what would not (lookahead, backreferences).
 *
 * @throws InvalidInputError UNSAFE_PATTERN naming the argument
 */
export function compilePattern(pattern: string, argument: string): PatternMatcher {
  assertName(pattern, argument);
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    throw new InvalidInputError(
      argument,
      `\`${argument}\` must be a regular expression of linear running time: ${error instanceof Error ? error.message : "it does not compile"}.`,
      { pattern },
      "UNSAFE_PATTERN",
    );
  }
  const { opens } = readPattern(pattern);
  return { matches: opens };
}

/** Throws unless the grant is a valid name or pattern. @throws InvalidInputError naming the argument */
export function assertGrant({ pattern, isRegex }: StreamGrant, argument: string): void {
  if (isRegex) compilePattern(pattern, argument);
  else assertName(pattern, argument);
}

/**
 * Returns a test of whether one of the grants certainly opens a stream. Checks that grant something use it: a pattern that the
 * gateway cannot read opens nothing.
 */
export function openedBy(
  grants: readonly StreamGrant[],
  read: PatternReader = readPattern,
): (streamName: string) => boolean {
  const { names, readings } = parts(grants, read);
  return (streamName) => names.has(streamName) || readings.some((reading) => reading.opens(streamName));
}

/**
 * Returns a test of whether one of the grants may open a stream. Checks that protect something use it: a pattern that the
 * gateway cannot read may open each name that starts with its literal prefix.
 */
export function possiblyOpenedBy(
  grants: readonly StreamGrant[],
  read: PatternReader = readPattern,
): (streamName: string) => boolean {
  const { names, readings } = parts(grants, read);
  return (streamName) => names.has(streamName) || readings.some((reading) => reading.mayOpen(streamName));
}

function parts(grants: readonly StreamGrant[], read: PatternReader) {
  const names = new Set(grants.flatMap(({ pattern, isRegex }) => (isRegex ? [] : pattern)));
  return { names, readings: patternsOf(grants).map(read) };
}

/** Returns the patterns among the grants, each once. */
export function patternsOf(grants: readonly StreamGrant[]): string[] {
  return [...new Set(grants.flatMap(({ pattern, isRegex }) => (isRegex ? pattern : [])))];
}

const samples: readonly string[] = Object.freeze(sampleNames());
/** Sample names that a wildcard may fail to match at most: 5 % of them. */
const MAX_LEFT_OUT = samples.length / 20;
/** Smallest number of known streams for which a pattern that opens all of them counts as a wildcard. */
export const MIN_KNOWN_STREAMS = 5;

/** Returns whether a pattern opens nearly any name: it may open at least 95 % of 1,000 sample names. */
export function isWildcard(grant: StreamGrant): boolean {
  return openAnyName([grant]);
}

/** Returns whether the patterns among the grants together open nearly any name. Literal names do not count. */
export function openAnyName(grants: readonly StreamGrant[], read: PatternReader = readPattern): boolean {
  const readings = patternsOf(grants).map(read);
  if (readings.length === 0) return false;
  let leftOut = 0;
  for (const name of samples) {
    if (readings.some((reading) => reading.mayOpen(name))) continue;
    leftOut += 1;
    if (leftOut > MAX_LEFT_OUT) return false;
  }
  return true;
}

/** Returns whether the patterns among the grants open every known stream, and at least 5 are known. */
export function openAllKnown(
  grants: readonly StreamGrant[],
  known: readonly string[],
  read: PatternReader = readPattern,
): boolean {
  if (known.length < MIN_KNOWN_STREAMS) return false;
  const readings = patternsOf(grants).map(read);
  return readings.length > 0 && known.every((name) => readings.some((reading) => reading.mayOpen(name)));
}

/** Returns the number of known streams that the patterns among the grants open. */
export function countOpened(
  grants: readonly StreamGrant[],
  known: readonly string[],
  read: PatternReader = readPattern,
): number {
  const readings = patternsOf(grants).map(read);
  return readings.length === 0 ? 0 : known.filter((name) => readings.some((reading) => reading.mayOpen(name))).length;
}

/**
 * Returns whether a pattern may open a name that an unreadable pattern among the others opens: their literal prefixes do not
 * exclude each other.
 */
export function mayShareNames(grant: StreamGrant, others: readonly StreamGrant[], read: PatternReader): boolean {
  if (!grant.isRegex) return false;
  const own = literalPrefix(grant.pattern);
  return patternsOf(others).some((pattern) => {
    const { state, prefix } = read(pattern);
    return state === "UNREADABLE" && (own.startsWith(prefix) || prefix.startsWith(own));
  });
}

/** Returns the patterns of a token that the gateway cannot read, and that have no recorded coverage. */
export function unreadPatterns({ streams }: Pick<TokenRecord, "streams">, read: PatternReader): string[] {
  return patternsOf(streams).filter((pattern) => read(pattern).state === "UNREADABLE");
}
