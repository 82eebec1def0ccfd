import { RE2JS } from "re2js";
import { InvalidInputError, NotMeteredError } from "./errors.ts";
import type { StreamGrant } from "./token.ts";

/** Names of streams, labels and tracking ids hold at most so many characters. @see POST /api/subscribe_token */
export const MAX_NAME_LENGTH = 128;

/**
 * A stream is not an object of the platform: it exists through tokens that name it, through being live, or through
 * traffic. All of it hangs on the name.
 */
export interface StreamRecord {
  readonly kind: "Stream";
  readonly name: string;
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

/** False for a text with half a character in it, which JSON can write and a URL or UTF-8 can't. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** @throws InvalidInputError naming the argument, for a text that is empty or too long to be a name, label or tracking id */
export function assertName(value: string, argument: string): void {
  if (value.length < 1 || value.length > MAX_NAME_LENGTH) {
    throw new InvalidInputError(argument, `It holds 1 to ${MAX_NAME_LENGTH} characters, not ${value.length}.`, {
      maxLength: MAX_NAME_LENGTH,
    });
  }
  if (!isWellFormed(value)) throw new InvalidInputError(argument, "It holds half a character: an unpaired surrogate.");
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
    const expression = RE2JS.compile(pattern);
    return { matches: (streamName) => expression.testExact(streamName) };
  } catch (error) {
    throw new InvalidInputError(
      argument,
      `It is no regular expression of linear running time: ${error instanceof Error ? error.message : "it does not compile"}.`,
      { pattern },
      "UNSAFE_PATTERN",
    );
  }
}

/** Checks one grant as a client wrote it. @throws InvalidInputError naming the argument */
export function assertGrant({ pattern, isRegex }: StreamGrant, argument: string): void {
  if (isRegex) compilePattern(pattern, argument);
  else assertName(pattern, argument);
}

/** Whether one of the grants opens a stream. An expression that does not compile opens nothing. */
export function openedBy(grants: readonly StreamGrant[]): (streamName: string) => boolean {
  const names = new Set(grants.flatMap(({ pattern, isRegex }) => (isRegex ? [] : pattern)));
  const patterns = new Set(grants.flatMap(({ pattern, isRegex }) => (isRegex ? pattern : [])));
  const matchers = [...patterns].flatMap((pattern) => {
    try {
      return compilePattern(pattern, "pattern");
    } catch {
      return [];
    }
  });
  return (streamName) => names.has(streamName) || matchers.some((matcher) => matcher.matches(streamName));
}

/** A grant of any name at all. */
export function isWildcard({ pattern, isRegex }: StreamGrant): boolean {
  return isRegex && /^\^?\.[*+]\$?$/.test(pattern);
}
