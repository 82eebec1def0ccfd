import { RE2JS } from "re2js";
import { InvalidInputError, NotMeteredError } from "../errors.ts";
import { assertName, MAX_NAME_LENGTH } from "../text.ts";
import type { StreamGrant, TokenRecord } from "../token/token.ts";
import { sampleNames } from "./sample-names.ts";
import { literalPrefix, type PatternReader, readPattern } from "./stream-pattern.ts";

/**
 * A stream is not an object of the platform: it exists through tokens that name it, through being live, or through
 * traffic. All of it hangs on the name.
 */
export interface StreamRecord {
  readonly kind: "Stream";
  readonly name: string;
}

/** Returns the stream with the name. */
export function streamRecord(name: string): StreamRecord {
  return { kind: "Stream", name };
}

/** The platform's analytics refuse names with these in them, though streams may have them. */
const unmeteredParts = ["/", "*", "--"] as const;

/** True for a name that analytics can be asked for. @see GET /api/analytics/streams/total */
export function isMetered(name: string): boolean {
  return name.length > 0 && name.length <= MAX_NAME_LENGTH && !unmeteredParts.some((part) => name.includes(part));
}

/** @throws NotMeteredError for a stream that analytics can't be asked for */
export function assertMetered(name: string): void {
  if (isMetered(name)) return;
  throw new NotMeteredError(
    "The platform's analytics can't answer for stream names that hold `/`, `*` or `--`, or more than 128 characters.",
    { streamName: name },
  );
}

/** Tells whether a stream name is one of those that a pattern stands for. */
export interface PatternMatcher {
  matches(streamName: string): boolean;
}

/**
 * Compiles the regular expression of a grant. A name must match as a whole, case-sensitively; the engine runs in linear
 * time whatever the pattern, and refuses what would not (lookahead, backreferences).
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
      `It is no regular expression of linear running time: ${error instanceof Error ? error.message : "it does not compile"}.`,
      { pattern },
      "UNSAFE_PATTERN",
    );
  }
  const { opens } = readPattern(pattern);
  return { matches: opens };
}

/** Checks one grant as a client wrote it. @throws InvalidInputError naming the argument */
export function assertGrant({ pattern, isRegex }: StreamGrant, argument: string): void {
  if (isRegex) compilePattern(pattern, argument);
  else assertName(pattern, argument);
}

/**
 * Whether one of the grants opens a stream for certain: what every check asks that grants something. A pattern that the gateway
 * can't read opens nothing.
 */
export function openedBy(
  grants: readonly StreamGrant[],
  read: PatternReader = readPattern,
): (streamName: string) => boolean {
  const { names, readings } = parts(grants, read);
  return (streamName) => names.has(streamName) || readings.some((reading) => reading.opens(streamName));
}

/**
 * Whether one of the grants may open a stream: what every check asks that protects something. A pattern that the gateway can't
 * read may open each name that starts with its literal prefix.
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

/** The patterns among the grants, each once. */
export function patternsOf(grants: readonly StreamGrant[]): string[] {
  return [...new Set(grants.flatMap(({ pattern, isRegex }) => (isRegex ? pattern : [])))];
}

const samples: readonly string[] = Object.freeze(sampleNames());
/** A pattern that leaves out more of the sample names than this is no wildcard: 5 % of them. */
const MAX_LEFT_OUT = samples.length / 20;
/** From so many known streams on, a pattern that opens all of them is a wildcard. */
export const KNOWN_STREAMS_THAT_TELL = 5;

/** A pattern of nearly any name at all, however it is spelt: one that may open 95 % of 1,000 sample names. */
export function isWildcard(grant: StreamGrant): boolean {
  return openAnyName([grant]);
}

/** Whether the patterns among the grants together open nearly any name at all. Names that are spelt out do not count. */
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

/** Whether the patterns among the grants open every known stream, where enough are known to tell. */
export function openAllKnown(
  grants: readonly StreamGrant[],
  known: readonly string[],
  read: PatternReader = readPattern,
): boolean {
  if (known.length < KNOWN_STREAMS_THAT_TELL) return false;
  const readings = patternsOf(grants).map(read);
  return readings.length > 0 && known.every((name) => readings.some((reading) => reading.mayOpen(name)));
}

/** How many of the known streams the patterns among the grants open. */
export function countOpened(
  grants: readonly StreamGrant[],
  known: readonly string[],
  read: PatternReader = readPattern,
): number {
  const readings = patternsOf(grants).map(read);
  return readings.length === 0 ? 0 : known.filter((name) => readings.some((reading) => reading.mayOpen(name))).length;
}

/**
 * Whether a grant by pattern may open a name that a pattern among others opens which the gateway can't read: their literal
 * beginnings do not exclude each other.
 */
export function mayShareNames(grant: StreamGrant, others: readonly StreamGrant[], read: PatternReader): boolean {
  if (!grant.isRegex) return false;
  const own = literalPrefix(grant.pattern);
  return patternsOf(others).some((pattern) => {
    const { state, prefix } = read(pattern);
    return state === "UNREADABLE" && (own.startsWith(prefix) || prefix.startsWith(own));
  });
}

/** The patterns of a token that the gateway can't read, and of which nothing is recorded. */
export function unreadPatterns({ streams }: Pick<TokenRecord, "streams">, read: PatternReader): string[] {
  return patternsOf(streams).filter((pattern) => read(pattern).state === "UNREADABLE");
}
