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
  if (text.length > MAX_CHARACTERS) return null;
  const scan = new Scan(text);
  const isUsual = scan.figures((at) => {
    scan.addNone(1);
    return scan.total(at);
  });
  return isUsual ? { counts: scan.counts(), places: scan.places } : null;
}

export function usualSeries(text: string): UsualSeries | null {
  if (text.length > MAX_CHARACTERS) return null;
  const scan = new Scan(text);
  let starts: Starts | null = null;
  const isUsual = scan.figures((at) => {
    if (!scan.passes(BANDWIDTH)) return false;
    starts ??= scan.startsAhead();
    if (!starts) return false;
    scan.addNone(starts.keys.length);
    if (!scan.buckets(starts, at, false)) return false;
    for (const { key, place, hasSeconds } of PARTS) {
      if (!scan.passes(key) || !scan.buckets(starts, at + place, hasSeconds)) return false;
    }
    return scan.passes(END);
  });
  if (!isUsual) return null;
  return { counts: scan.counts(), places: scan.places, starts: (starts ?? NO_STARTS).written };
}

/** A year of days for ten names is half of it. What is longer is not usual, and would leave its room behind. */
const MAX_CHARACTERS = 2_000_000;

/** The parts of a figure in their order, and where their counts stand in it. Only that of re-streaming has seconds. */
const PARTS = [
  { key: Buffer.from(',"standardStream":{'), place: 2, hasSeconds: false },
  { key: Buffer.from(',"restream":{'), place: 4, hasSeconds: true },
  { key: Buffer.from(',"geoCascade":{'), place: 7, hasSeconds: false },
] as const;

/** Beginnings of buckets, and the same as the keys of a map. */
interface Starts {
  readonly written: readonly string[];
  readonly keys: readonly Uint8Array[];
}

const NO_STARTS: Starts = { written: [], keys: [] };
/** Those of the last answer: the next one is often of the same window. */
let lastStarts = NO_STARTS;

const BEGIN = Buffer.from('{"status":"success","data":{');
const BANDWIDTH = Buffer.from('{"bandwidth":{');
const BYTES_OUT = Buffer.from('"bytesOut":');
const BYTES_IN = Buffer.from('"bytesIn":');
const SECONDS = Buffer.from('"secondsUsed":');
const OPEN = Buffer.from("{");
const COLON = Buffer.from(":");
const COMMA = Buffer.from(",");
const END = Buffer.from("}");
const END_OF_ALL = Buffer.from("}}");
const USUAL_START = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)":\{[^{}]*\}(,?)/y;
const MOST_DIGITS = 15;
const [ZERO, QUOTE, BACKSLASH] = [0x30, 0x22, 0x5c];

/** The text that is being read, as UTF-8 with a zero behind it: bytes are looked at in half the time that characters take. */
let bytes = Buffer.alloc(100_000);
/** The counts that have been read. Only the list that is handed out is made anew, in its size. */
const read: number[] = [];

/** A text, and how far it has been read. Only one is read at a time. */
class Scan {
  readonly places = new Map<string, number>();
  readonly #text: string;
  readonly #end: number;
  #at = 0;
  #counts = 0;

  constructor(text: string) {
    this.#text = text;
    if (bytes.length <= 3 * text.length) bytes = Buffer.alloc(4 * text.length);
    this.#end = bytes.write(text);
    bytes[this.#end] = 0;
  }

  counts(): number[] {
    return read.slice(0, this.#counts);
  }

  /** Adds figures of nothing. */
  addNone(figures: number): void {
    const end = this.#counts + figures * COUNTS;
    for (let at = this.#counts; at < end; at += 1) read[at] = 0;
    this.#counts = end;
  }

  /** The whole answer. @param figure reads what stands behind a name, and tells whether it is usual */
  figures(figure: (at: number) => boolean): boolean {
    if (!this.passes(BEGIN)) return false;
    if (this.passes(END_OF_ALL)) return this.#isAtEnd();
    do {
      const name = this.#name();
      if (name === null) return false;
      this.places.set(name, this.#counts);
      if (!figure(this.#counts)) return false;
    } while (this.passes(COMMA));
    return this.passes(END_OF_ALL) && this.#isAtEnd();
  }

  /** `{"bytesOut":1,"bytesIn":2,"standardStream":{…},"restream":{…},"geoCascade":{…}}`, the parts all there or all absent. */
  total(at: number): boolean {
    if (!this.passes(OPEN) || !this.#bytes(at)) return false;
    if (this.passes(END)) {
      read.fill(NO_PARTS, at + 2, at + COUNTS);
      return true;
    }
    for (const { key, place, hasSeconds } of PARTS) {
      if (!this.passes(key) || !this.#part(at + place, hasSeconds)) return false;
    }
    return this.passes(END);
  }

  /** Behind the bracket of a map of buckets: all of them, and its end. @param at where the first one's counts go */
  buckets({ keys }: Starts, at: number, hasSeconds: boolean): boolean {
    let place = at;
    for (const key of keys) {
      if (place > at && !this.passes(COMMA)) return false;
      if (!this.passes(key) || !this.#part(place, hasSeconds)) return false;
      place += COUNTS;
    }
    return this.passes(END);
  }

  /** The beginnings of the buckets of the map that comes, which is not passed over; null where they are unusual. */
  startsAhead(): Starts | null {
    const written: string[] = [];
    let last = "";
    USUAL_START.lastIndex = this.#textAt();
    for (;;) {
      const [, start, comma] = USUAL_START.exec(this.#text) ?? [];
      if (start === undefined || start <= last || Number.isNaN(Date.parse(start))) return null;
      written.push(start);
      last = start;
      if (comma === "") break;
    }
    const isSame =
      written.length === lastStarts.written.length && written.every((start, i) => start === lastStarts.written[i]);
    if (!isSame) lastStarts = { written, keys: written.map((start) => Buffer.from(`"${start}":{`)) };
    return lastStarts;
  }

  /** Whether this comes next; it is passed over then. */
  passes(expected: Uint8Array): boolean {
    const begin = this.#at;
    const { length } = expected;
    const text = bytes;
    for (let at = 0; at < length; at += 1) if (text[begin + at] !== expected[at]) return false;
    this.#at = begin + length;
    return true;
  }

  #isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  /** How far the text has been read, in characters: a name may have such as take several bytes. */
  #textAt(): number {
    return this.#end === this.#text.length ? this.#at : bytes.toString("utf8", 0, this.#at).length;
  }

  /** A key in which nothing is escaped. */
  #name(): string | null {
    const begin = this.#at + 1;
    if (bytes[this.#at] !== QUOTE) return null;
    const end = bytes.indexOf(QUOTE, begin);
    if (end === -1) return null;
    for (let at = begin; at < end; at += 1) {
      const code = bytes[at] as number;
      if (code === BACKSLASH || code < 0x20) return null;
    }
    this.#at = end + 1;
    return this.passes(COLON) ? bytes.toString("utf8", begin, end) : null;
  }

  /** `"bytesOut":1,"bytesIn":2}`, with seconds before or behind where it has them. */
  #part(at: number, hasSeconds: boolean): boolean {
    const areFirst = hasSeconds && this.passes(SECONDS);
    if (areFirst && !(this.#count(at + 2) && this.passes(COMMA))) return false;
    if (!this.#bytes(at)) return false;
    if (hasSeconds && !areFirst && this.passes(COMMA) && !(this.passes(SECONDS) && this.#count(at + 2))) return false;
    return this.passes(END);
  }

  /** Bytes out and in, in either order. */
  #bytes(at: number): boolean {
    if (this.passes(BYTES_OUT)) {
      return this.#count(at) && this.passes(COMMA) && this.passes(BYTES_IN) && this.#count(at + 1);
    }
    if (!this.passes(BYTES_IN)) return false;
    return this.#count(at + 1) && this.passes(COMMA) && this.passes(BYTES_OUT) && this.#count(at);
  }

  #count(at: number): boolean {
    const begin = this.#at;
    let end = begin;
    let count = 0;
    const text = bytes;
    for (;;) {
      const digit = (text[end] as number) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      count = count * 10 + digit;
      end += 1;
    }
    const digits = end - begin;
    const isPadded = digits > 1 && bytes[begin] === ZERO;
    if (digits === 0 || digits > MOST_DIGITS || isPadded) return false;
    read[at] = count;
    this.#at = end;
    return true;
  }
}
