import { RE2JS } from "re2js";

/**
 * What the gateway makes of the regular expression of a grant.
 *
 * The platform runs another engine than the gateway (its backend is .NET), and takes patterns that ours does not compile. Such
 * a pattern is UNREADABLE: which names it opens is not known. A few constructs mean different things to the two engines for
 * names outside printable ASCII; there `opens` follows the narrower meaning, and `mayOpen` the wider one.
 */
export interface PatternReading {
  /** RECORDED for a pattern that the gateway can't read and whose names an operator has recorded. */
  readonly state: "READABLE" | "UNREADABLE" | "RECORDED";
  /** Whether the pattern matches the whole name for certain: what a check that grants something asks. */
  opens(streamName: string): boolean;
  /** Whether the pattern may match the whole name: what a check that protects something asks. */
  mayOpen(streamName: string): boolean;
  /** Whether names outside printable ASCII have to be asked one by one, since the engines differ on them. */
  readonly differsByEngine: boolean;
  /** Text that every name begins with that an unreadable pattern may open; empty where any name may. */
  readonly prefix: string;
}

/** Reads a pattern; each caller decides how long to remember the reading. */
export type PatternReader = (pattern: string) => PatternReading;

/** Reads a pattern anew, without anything that an operator has recorded. */
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

/** The reading of a pattern whose names an operator has recorded: these names and no others. */
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

/** True for a name of printable ASCII characters: on these the two engines agree. */
export function isPlainName(name: string): boolean {
  return /^[ -~]*$/.test(name);
}

/** True for a name with a character that .NET counts as two, or that either engine treats in a way of its own. */
export function isOddName(name: string): boolean {
  return /[\u{10000}-\u{10ffff}\p{Cc}\u0130\u0131\u017f\u1e9e\u2126\u212a\u212b]/u.test(name);
}

/** Compiles an expression that must match a whole name; null when the engine refuses it. */
function compile(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return null;
  }
}

/** Finds what both engines compile and read differently: .NET subtracts classes and knows no POSIX classes and no `\Q`. */
function isAmbiguous(pattern: string): boolean {
  return /\[:\^?\w+:\]|\\Q|\\C|\\pN|\\[pP][A-Z]/.test(pattern) || /\[(?:\\.|[^\]\\])*-\[/.test(pattern);
}

/** A pattern as the narrower and the wider of the two engines read it; null where that can't be written for ours. */
interface Dialects {
  readonly narrow: RE2JS | null;
  readonly wide: RE2JS | null;
}

function dialectsOf(pattern: string): Dialects {
  const [narrow, wide] = [translated(pattern, false), translated(pattern, true)];
  return { narrow: narrow === null ? null : compile(narrow), wide: wide === null ? null : compile(wide) };
}

/** The classes of .NET, which are of Unicode; ours are of ASCII. */
const unicodeClasses: Readonly<Record<string, string>> = {
  w: String.raw`\p{L}\p{Mn}\p{Nd}\p{Pc}`,
  d: String.raw`\p{Nd}`,
  s: String.raw`\t\n\v\f\r\x{85}\p{Z}`,
};

/** Writes each class as wide or as narrow as one of the two engines has it; null where that can't be written. */
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
        // Inside a negated class what is narrower makes the whole wider.
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

/** .NET counts a character outside the basic plane as two: two private ones stand for it. */
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

/** Letters whose other case the engines do not agree on. */
function isFolded(name: string): boolean {
  return /[\u0130\u0131\u017f\u1e9e\u2126\u212a\u212b]/.test(name);
}

/**
 * Returns the text that every match of a pattern begins with, or an empty one where that is not certain: behind `(?i)`, an
 * alternative, a class, or a character that a quantifier may drop.
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
  // A quantifier may let its character be absent, also behind a comment; with `+` it could be kept, but nothing is lost
  // without it.
  if (/^(?:[*?+{]|\(\?#)/.test(body.slice(at))) units.pop();
  return units.join("");
}
