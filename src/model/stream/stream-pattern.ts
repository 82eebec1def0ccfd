import { RE2JS } from "re2js";

/**
 * Meaning of the regular expression of a grant.
 *
 * The platform's engine (.NET) accepts patterns that the gateway's does not compile: such a pattern is UNREADABLE, and the names
 * that it opens are unknown. For names outside printable ASCII a few constructs differ between the engines; there `opens`
 * follows the narrower meaning, and `mayOpen` the wider one.
 */
export interface PatternReading {
  /** RECORDED for a pattern that the gateway can't read and whose names an operator has recorded. */
  readonly state: "READABLE" | "UNREADABLE" | "RECORDED";
  /** Returns whether the pattern certainly matches the whole name, for checks that grant access. */
  opens(streamName: string): boolean;
  /** Returns whether the pattern may match the whole name, for checks that protect a stream. */
  mayOpen(streamName: string): boolean;
  /** Whether names outside printable ASCII must be tested one by one, since the engines differ on them. */
  readonly differsByEngine: boolean;
  /** Literal prefix of every name that an unreadable pattern may open; empty if it may open any name. */
  readonly prefix: string;
}

/** Reads a pattern. */
export type PatternReader = (pattern: string) => PatternReading;

/** Reads a pattern without a cache, and without the names that an operator has recorded. */
export const readPattern: PatternReader = (pattern) => {
  const expression = isAmbiguous(pattern) ? null : compile(pattern);
  if (!expression) return unreadable(literalPrefix(pattern));
  const differsByEngine = /\\[wWdDsSbB]|\(\?[a-zA-Z]*i/.test(pattern);
  const plain = (name: string) => expression.testExact(name);
  let byEngine: Dialects | null = null;
  const dialects = () => {
    byEngine ??= differsByEngine ? dialectsOf(pattern) : { narrow: expression, wide: expression };
    return byEngine;
  };
  return {
    state: "READABLE",
    opens: (name) => (isPlainName(name) ? plain(name) : matchesNarrowly(dialects().narrow, name)),
    mayOpen: (name) => (isPlainName(name) ? plain(name) : matchesWidely(dialects().wide, name, pattern)),
    differsByEngine,
    prefix: "",
  };
};

/** Returns the meaning of a pattern whose names an operator has recorded: exactly these names. */
export function recordedReading(names: ReadonlySet<string>): PatternReading {
  const isRecorded = (name: string) => names.has(name);
  return { state: "RECORDED", opens: isRecorded, mayOpen: isRecorded, differsByEngine: false, prefix: "" };
}

function unreadable(prefix: string): PatternReading {
  return {
    state: "UNREADABLE",
    opens: () => false,
    mayOpen: (name) => name.startsWith(prefix),
    differsByEngine: false,
    prefix,
  };
}

/** Returns whether a name has only printable ASCII characters, on which the two engines agree. */
export function isPlainName(name: string): boolean {
  return /^[ -~]*$/.test(name);
}

/** Returns whether a name has a character that .NET counts as two, or that the two engines treat differently. */
export function isOddName(name: string): boolean {
  return /[\u{10000}-\u{10ffff}\p{Cc}\u0130\u0131\u017f\u1e9e\u2126\u212a\u212b]/u.test(name);
}

/** Compiles an expression that must match a whole name; null if the engine rejects it. */
function compile(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return null;
  }
}

/** Returns whether both engines compile the pattern but differ: .NET subtracts classes, and has no POSIX classes and no `\Q`. */
function isAmbiguous(pattern: string): boolean {
  return /\[:\^?\w+:\]|\\Q|\\C|\\pN|\\[pP][A-Z]/.test(pattern) || /\[(?:\\.|[^\]\\])*-\[/.test(pattern);
}

/** Narrower and wider meaning of a pattern among the two engines; null if the gateway's engine can't express the meaning. */
interface Dialects {
  readonly narrow: RE2JS | null;
  readonly wide: RE2JS | null;
}

function dialectsOf(pattern: string): Dialects {
  const [narrow, wide] = [translated(pattern, false), translated(pattern, true)];
  return { narrow: narrow === null ? null : compile(narrow), wide: wide === null ? null : compile(wide) };
}

/** Unicode character classes of .NET; the gateway's engine has ASCII classes instead. */
const unicodeClasses: Readonly<Record<string, string>> = {
  w: String.raw`\p{L}\p{Mn}\p{Nd}\p{Pc}`,
  d: String.raw`\p{Nd}`,
  s: String.raw`\t\n\v\f\r\x{85}\p{Z}`,
};

/** Returns the pattern with each class replaced by the wider or narrower of the two engines'; null if that can't be expressed. */
function translated(pattern: string, isWide: boolean): string | null {
  let result = "";
  let inClass: { readonly isNegated: boolean } | null = null;
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at);
    if (char === "\\") {
      at += 1;
      const escaped = pattern.charAt(at);
      const unicode = unicodeClasses[escaped.toLowerCase()];
      if (unicode !== undefined) {
        const isComplement = escaped !== escaped.toLowerCase();
        // Inside a negated class a narrower class makes the whole wider.
        const usesUnicode = (isWide !== (inClass?.isNegated ?? false)) !== isComplement;
        if (!usesUnicode) result += char + escaped;
        else if (!inClass) result += `[${isComplement ? "^" : ""}${unicode}]`;
        else if (isComplement) return null;
        else result += unicode;
      } else if (!inClass && /[bB]/.test(escaped)) {
        if (!isWide) return null;
        result += "(?:)";
      } else result += char + escaped;
    } else if (inClass) {
      if (char === "]") inClass = null;
      result += char;
    } else if (char === "[") {
      const opening = /^\[\^?\]?/.exec(pattern.slice(at))?.[0] ?? "[";
      inClass = { isNegated: opening.includes("^") };
      result += opening;
      at += opening.length - 1;
    } else result += char;
  }
  return result;
}

/** Returns the name with two private characters for each character outside the basic plane, which .NET counts as two. */
function inUnits(name: string): string {
  return name.replace(/[\u{10000}-\u{10ffff}]/gu, "\u{e000}\u{e001}");
}

function matchesNarrowly(expression: RE2JS | null, name: string): boolean {
  if (!expression || isFolded(name)) return false;
  return expression.testExact(name) && expression.testExact(inUnits(name));
}

function matchesWidely(expression: RE2JS | null, name: string, pattern: string): boolean {
  if (!expression || isFolded(name)) return name.startsWith(literalPrefix(pattern));
  // `$` of .NET also stands before a line feed at the end.
  const readings = name.endsWith("\n") ? [name, name.slice(0, -1)] : [name];
  return readings.some((reading) => expression.testExact(reading) || expression.testExact(inUnits(reading)));
}

/** Returns whether the name has a letter on whose other case the engines differ. */
function isFolded(name: string): boolean {
  return /[\u0130\u0131\u017f\u1e9e\u2126\u212a\u212b]/.test(name);
}

/**
 * Returns the literal prefix of every match of a pattern.
 *
 * The prefix ends before a class or a character that a quantifier may drop, and is empty for a pattern with `(?i)` or an
 * alternative.
 */
export function literalPrefix(pattern: string): string {
  if (pattern.includes("|") || /\(\?[a-zA-Z]*-?[a-zA-Z]*[):]/.test(pattern.replaceAll("(?:", "("))) return "";
  const body = pattern.replace(/^(?:\^|\\A)+/, "");
  const units: string[] = [];
  let at = 0;
  while (at < body.length) {
    const unit = /^(?:[^\\^$.|?*+()[\]{}#\s]|\\[^\w\s])/.exec(body.slice(at))?.[0];
    if (unit === undefined) break;
    units.push(unit.length === 2 ? unit.charAt(1) : unit);
    at += unit.length;
  }
  // The character before a quantifier may be absent. With `+` it is present, but a shorter prefix is correct too.
  if (/^(?:[*?+{]|\(\?#)/.test(body.slice(at))) units.pop();
  return units.join("");
}
