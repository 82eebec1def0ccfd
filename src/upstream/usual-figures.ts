import { COUNTS, NO_PARTS } from "../model/metered-traffic.ts";

/**
 * Reads totals and series out of the text of an answer, in one pass and without the objects that JSON.parse makes for each
 * bucket and part: ten hourly series of a day are 960 of them, with as many keys to look up. That took a quarter of what ten
 * cold series cost.
 *
 * It knows the one form that such answers come in, to the letter: no space between, every part of a figure there, counts of
 * up to 15 digits. Whatever is written otherwise is not read here, which is told by null, nor is it wrong for that.
 */

/** The counts of an answer's figures, {@link COUNTS} for each, and where each name's begin. */
export interface UsualTotals {
  readonly counts: readonly number[];
  readonly places: ReadonlyMap<string, number>;
}

/** The same for each bucket, one behind the other. */
export interface UsualSeries extends UsualTotals {
  /** Beginnings of the buckets as they are written, strictly ascending; the same for all names. */
  readonly starts: readonly string[];
}

export function usualTotals(text: string): UsualTotals | null {
  const scan = new Scan(text);
  const counts: number[] = [];
  const isUsual = scan.figures(counts, () => {
    const at = counts.length;
    addNone(counts);
    return scan.total(counts, at);
  });
  return isUsual ? { counts, places: scan.places } : null;
}

export function usualSeries(text: string): UsualSeries | null {
  const scan = new Scan(text);
  const counts: number[] = [];
  let starts: Starts | null = null;
  const isUsual = scan.figures(counts, () => {
    const at = counts.length;
    if (!scan.passes('{"bandwidth":{')) return false;
    starts ??= scan.startsAhead();
    if (!starts) return false;
    for (let bucket = 0; bucket < starts.keys.length; bucket += 1) addNone(counts);
    if (!scan.buckets(starts, counts, at, false)) return false;
    for (const { key, place, hasSeconds } of PARTS) {
      if (!scan.passes(key) || !scan.buckets(starts, counts, at + place, hasSeconds)) return false;
    }
    return scan.passes("}");
  });
  if (!isUsual) return null;
  return { counts, places: scan.places, starts: (starts ?? NO_STARTS).written };
}

/** The parts of a figure in their order, and where their counts stand in it. Only that of re-streaming has seconds. */
const PARTS = [
  { key: ',"standardStream":{', place: 2, hasSeconds: false },
  { key: ',"restream":{', place: 4, hasSeconds: true },
  { key: ',"geoCascade":{', place: 7, hasSeconds: false },
] as const;

/** Beginnings of buckets, and the same as the keys of a map. */
interface Starts {
  readonly written: readonly string[];
  readonly keys: readonly string[];
}

const NO_STARTS: Starts = { written: [], keys: [] };
/** Those of the last answer: the next one is often of the same window. */
let lastStarts = NO_STARTS;

const BEGIN = '{"status":"success","data":{';
const USUAL_START = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)":\{[^{}]*\}/y;
const MOST_DIGITS = 15;
const [ZERO, QUOTE, BACKSLASH, COMMA] = [0x30, 0x22, 0x5c, 0x2c];

function addNone(counts: number[]): void {
  counts.push(0, 0, 0, 0, 0, 0, 0, 0, 0);
}

/** A text, and how far it has been read. */
class Scan {
  readonly places = new Map<string, number>();
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The whole answer. @param figure reads what stands behind a name, and tells whether it is usual */
  figures(counts: readonly number[], figure: () => boolean): boolean {
    if (!this.passes(BEGIN)) return false;
    if (this.passes("}}")) return this.#isAtEnd();
    do {
      const name = this.#name();
      if (name === null) return false;
      this.places.set(name, counts.length);
      if (!figure()) return false;
    } while (this.#passesComma());
    return this.passes("}}") && this.#isAtEnd();
  }

  /** `{"bytesOut":1,"bytesIn":2,"standardStream":{…},"restream":{…},"geoCascade":{…}}`, the parts all there or all absent. */
  total(counts: number[], at: number): boolean {
    if (!this.passes("{") || !this.#bytes(counts, at)) return false;
    if (this.passes("}")) {
      counts.fill(NO_PARTS, at + 2, at + COUNTS);
      return true;
    }
    for (const { key, place, hasSeconds } of PARTS) {
      if (!this.passes(key) || !this.#part(counts, at + place, hasSeconds)) return false;
    }
    return this.passes("}");
  }

  /** Behind the bracket of a map of buckets: all of them, and its end. @param at where the first one's counts go */
  buckets({ keys }: Starts, counts: number[], at: number, hasSeconds: boolean): boolean {
    let place = at;
    for (const key of keys) {
      if (place > at && !this.#passesComma()) return false;
      if (!this.passes(key) || !this.#part(counts, place, hasSeconds)) return false;
      place += COUNTS;
    }
    return this.passes("}");
  }

  /** The beginnings of the buckets of the map that comes, which is not passed over; null where they are unusual. */
  startsAhead(): Starts | null {
    const written: string[] = [];
    let at = this.#at;
    let last = "";
    for (;;) {
      USUAL_START.lastIndex = at;
      const start = USUAL_START.exec(this.#text)?.[1];
      if (start === undefined || start <= last || Number.isNaN(Date.parse(start))) return null;
      written.push(start);
      last = start;
      at = USUAL_START.lastIndex + 1;
      if (this.#text.charCodeAt(at - 1) !== COMMA) break;
    }
    const isSame =
      written.length === lastStarts.written.length && written.every((start, i) => start === lastStarts.written[i]);
    if (!isSame) lastStarts = { written, keys: written.map((start) => `"${start}":{`) };
    return lastStarts;
  }

  /** Whether this comes next; it is passed over then. */
  passes(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  #passesComma(): boolean {
    if (this.#text.charCodeAt(this.#at) !== COMMA) return false;
    this.#at += 1;
    return true;
  }

  #isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** A key in which nothing is escaped. */
  #name(): string | null {
    const text = this.#text;
    const begin = this.#at + 1;
    if (text.charCodeAt(this.#at) !== QUOTE) return null;
    const end = text.indexOf('"', begin);
    if (end === -1) return null;
    for (let at = begin; at < end; at += 1) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH || code < 0x20) return null;
    }
    this.#at = end + 1;
    return this.passes(":") ? text.slice(begin, end) : null;
  }

  /** `"bytesOut":1,"bytesIn":2}`, with seconds before or behind where it has them. */
  #part(counts: number[], at: number, hasSeconds: boolean): boolean {
    const areFirst = hasSeconds && this.passes('"secondsUsed":');
    if (areFirst && !(this.#count(counts, at + 2) && this.#passesComma())) return false;
    if (!this.#bytes(counts, at)) return false;
    if (hasSeconds && !areFirst && this.passes(',"secondsUsed":') && !this.#count(counts, at + 2)) return false;
    return this.passes("}");
  }

  /** Bytes out and in, in either order. */
  #bytes(counts: number[], at: number): boolean {
    if (this.passes('"bytesOut":')) {
      return this.#count(counts, at) && this.passes(',"bytesIn":') && this.#count(counts, at + 1);
    }
    if (!this.passes('"bytesIn":')) return false;
    return this.#count(counts, at + 1) && this.passes(',"bytesOut":') && this.#count(counts, at);
  }

  #count(counts: number[], at: number): boolean {
    const text = this.#text;
    const begin = this.#at;
    let end = begin;
    let count = 0;
    for (;;) {
      const digit = text.charCodeAt(end) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      count = count * 10 + digit;
      end += 1;
    }
    const digits = end - begin;
    const isPadded = digits > 1 && text.charCodeAt(begin) === ZERO;
    if (digits === 0 || digits > MOST_DIGITS || isPadded) return false;
    counts[at] = count;
    this.#at = end;
    return true;
  }
}
