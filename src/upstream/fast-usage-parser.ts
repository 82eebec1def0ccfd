import {
  COUNTERS_PER_RECORD,
  type CounterLayout,
  DEFAULT_LAYOUT,
  PARTS_ABSENT,
  type SeriesCounts,
} from "../model/usage/packed-traffic.ts";

/**
 * Reads totals and series out of the bytes of an answer, in one pass and without the objects that JSON.parse makes for each
 * bucket and part: ten hourly series of a day are 960 of them, with as many keys to look up. That took a quarter of what ten
 * cold series cost.
 *
 * It knows the one form that such answers come in, to the letter: in ASCII, no space between, every part of a figure there,
 * counts of up to 15 digits. Whatever is written otherwise is not read here, which is told by null, nor is it wrong for that.
 */

/** The counts of an answer's figures, {@link COUNTERS_PER_RECORD} for each, and where each name's begin. */
export interface FastTotals {
  readonly counts: readonly number[];
  readonly places: ReadonlyMap<string, number>;
}

/** The series of an answer by name, in one list of counts. */
export interface FastSeries {
  /** Beginnings of the buckets as they are written, strictly ascending; the same for all names. */
  readonly starts: readonly string[];
  readonly series: ReadonlyMap<string, SeriesCounts>;
}

/** @param answer the body of a success */
export function parseTotalsFast(answer: Buffer): FastTotals | null {
  if (answer.length > MAX_BYTES) return null;
  const scan = new Scan(answer);
  const places = new Map<string, number>();
  const isUsual = scan.names((name) => {
    const at = scan.take(COUNTERS_PER_RECORD);
    places.set(name, at);
    return scan.total(at);
  });
  return isUsual ? { counts: scan.counts(), places } : null;
}

/**
 * Most maps of a series are written like one before: without re-streaming all traffic is ordinary, and where there is none the
 * next name has none either. Such a map is compared, not read, and its counts stand in the list once.
 *
 * @param answer the body of a success
 */
export function parseSeriesFast(answer: Buffer): FastSeries | null {
  if (answer.length > MAX_BYTES) return null;
  const scan = new Scan(answer);
  const places = new Map<string, CounterLayout>();
  let starts: Starts | null = null;
  let last: Maps | null = null;
  const isUsual = scan.names((name) => {
    if (!scan.passes(BANDWIDTH)) return false;
    starts ??= scan.startsAhead();
    if (!starts) return false;
    const maps = scan.maps(starts, last);
    if (!maps) return false;
    last = maps;
    const { all, standard, restream, geoCascade } = maps;
    places.set(name, {
      all: all.place,
      standard: standard.place,
      restream: restream.place,
      geoCascade: geoCascade.place,
    });
    return true;
  });
  if (!isUsual) return null;
  const counts = scan.counts();
  const series = new Map<string, SeriesCounts>();
  for (const [name, its] of places) series.set(name, { counts, places: its, stride: STRIDE, sharers: places.size });
  return { series, starts: (starts ?? NO_STARTS).written };
}

/** A year of days for ten names is half of it. What is longer is not usual, and would leave its room behind. */
const MAX_BYTES = 2_000_000;

/** The counts of a bucket in a map: bytes out and in, and seconds, which are those of re-streaming only. */
const STRIDE = 3;

/** A map of buckets: where it is written, and where its counts stand. */
interface BucketMap {
  readonly begin: number;
  readonly end: number;
  readonly place: number;
}
/** Those of one series. */
type Maps = Readonly<Record<keyof CounterLayout, BucketMap>>;

const STANDARD = Buffer.from(',"standardStream":{');
const RESTREAM = Buffer.from(',"restream":{');
const GEO_CASCADE = Buffer.from(',"geoCascade":{');

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

/** The counts that have been read. Only the list that is handed out is made anew, in its size. */
const read: number[] = [];

/** An answer, and how far it has been read. Only one is read at a time. */
class Scan {
  readonly #bytes: Buffer;
  #at = 0;
  #counts = 0;

  constructor(answer: Buffer) {
    this.#bytes = answer;
  }

  counts(): number[] {
    return read.slice(0, this.#counts);
  }

  /** Makes room for so many counts. @returns where it begins */
  take(counts: number): number {
    const at = this.#counts;
    this.#counts += counts;
    return at;
  }

  /** The whole answer. @param figure reads what stands behind a name, and tells whether it is usual */
  names(figure: (name: string) => boolean): boolean {
    if (!this.passes(BEGIN)) return false;
    if (this.passes(END_OF_ALL)) return this.#isAtEnd();
    do {
      const name = this.#name();
      if (name === null || !figure(name)) return false;
    } while (this.passes(COMMA));
    return this.passes(END_OF_ALL) && this.#isAtEnd();
  }

  /** `{"bytesOut":1,"bytesIn":2,"standardStream":{…},"restream":{…},"geoCascade":{…}}`, the parts all there or all absent. */
  total(at: number): boolean {
    if (!this.passes(OPEN) || !this.#bytesOutAndIn(at + DEFAULT_LAYOUT.all)) return false;
    if (this.passes(END)) {
      for (let place = at + DEFAULT_LAYOUT.standard; place < at + COUNTERS_PER_RECORD; place += 1)
        read[place] = PARTS_ABSENT;
      return true;
    }
    return (
      this.passes(STANDARD) &&
      this.#part(at + DEFAULT_LAYOUT.standard) &&
      this.passes(RESTREAM) &&
      this.#restreamPart(at + DEFAULT_LAYOUT.restream) &&
      this.passes(GEO_CASCADE) &&
      this.#part(at + DEFAULT_LAYOUT.geoCascade) &&
      this.passes(END)
    );
  }

  /** Behind the bracket of its first map: a series to its end. @param last that of the name before */
  maps(starts: Starts, last: Maps | null): Maps | null {
    const all = this.#map(starts, last?.all, null);
    const standard = all && this.passes(STANDARD) ? this.#map(starts, all, last?.standard) : null;
    const restream = standard && this.passes(RESTREAM) ? this.#map(starts, last?.restream, null, true) : null;
    const geoCascade = restream && this.passes(GEO_CASCADE) ? this.#map(starts, last?.geoCascade, null) : null;
    if (!all || !standard || !restream || !geoCascade || !this.passes(END)) return null;
    return { all, standard, restream, geoCascade };
  }

  /** The beginnings of the buckets of the map that comes, which is not passed over; null where they are unusual. */
  startsAhead(): Starts | null {
    const end = this.#bytes.indexOf(END_OF_ALL, this.#at);
    const map = this.#bytes.toString("latin1", this.#at, end + END_OF_ALL.length);
    const written: string[] = [];
    let last = "";
    USUAL_START.lastIndex = 0;
    for (;;) {
      const [, start, comma] = USUAL_START.exec(map) ?? [];
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
    const bytes = this.#bytes;
    for (let at = 0; at < length; at += 1) if (bytes[begin + at] !== expected[at]) return false;
    this.#at = begin + length;
    return true;
  }

  /** Behind the bracket of a map of buckets: all of them, and its end. It may be written like one of two others. */
  #map(
    starts: Starts,
    likely: BucketMap | null | undefined,
    lessLikely: BucketMap | null | undefined,
    hasSeconds = false,
  ): BucketMap | null {
    if (likely && this.#passesAgain(likely)) return likely;
    if (lessLikely && this.#passesAgain(lessLikely)) return lessLikely;
    const begin = this.#at;
    const place = this.take(starts.keys.length * STRIDE);
    let at = place;
    for (const key of starts.keys) {
      if (at > place && !this.passes(COMMA)) return null;
      if (!this.passes(key) || !(hasSeconds ? this.#restreamPart(at) : this.#part(at))) return null;
      if (!hasSeconds) read[at + 2] = 0;
      at += STRIDE;
    }
    return this.passes(END) ? { begin, end: this.#at, place } : null;
  }

  /** Whether the same map comes next; it is passed over then. */
  #passesAgain({ begin, end }: BucketMap): boolean {
    const wouldEnd = this.#at + end - begin;
    if (wouldEnd > this.#bytes.length) return false;
    if (this.#bytes.compare(this.#bytes, begin, end, this.#at, wouldEnd) !== 0) return false;
    this.#at = wouldEnd;
    return true;
  }

  #isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** A key in ASCII, in which nothing is escaped. */
  #name(): string | null {
    const bytes = this.#bytes;
    const begin = this.#at + 1;
    if (bytes[this.#at] !== QUOTE) return null;
    const end = bytes.indexOf(QUOTE, begin);
    if (end === -1) return null;
    for (let at = begin; at < end; at += 1) {
      const code = bytes[at] as number;
      if (code === BACKSLASH || code < 0x20 || code > 0x7f) return null;
    }
    this.#at = end + 1;
    return this.passes(COLON) ? bytes.toString("latin1", begin, end) : null;
  }

  /** `"bytesOut":1,"bytesIn":2}` */
  #part(at: number): boolean {
    return this.#bytesOutAndIn(at) && this.passes(END);
  }

  /** The same, with seconds before or behind where it has them. */
  #restreamPart(at: number): boolean {
    read[at + 2] = 0;
    const areFirst = this.passes(SECONDS);
    if (areFirst && !(this.#count(at + 2) && this.passes(COMMA))) return false;
    if (!this.#bytesOutAndIn(at)) return false;
    if (!areFirst && this.passes(COMMA) && !(this.passes(SECONDS) && this.#count(at + 2))) return false;
    return this.passes(END);
  }

  /** In either order. */
  #bytesOutAndIn(at: number): boolean {
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
    const bytes = this.#bytes;
    for (;;) {
      const digit = (bytes[end] as number) - ZERO;
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
