import {
  COUNTERS_PER_RECORD,
  type CounterLayout,
  DEFAULT_LAYOUT,
  PARTS_ABSENT,
  type SeriesCounts,
} from "../model/usage/packed-traffic.ts";

/** The counts of an answer's totals, {@link COUNTERS_PER_RECORD} for each name, and the offset of each name's counts. */
export interface FastTotals {
  readonly counts: readonly number[];
  readonly offsets: ReadonlyMap<string, number>;
}

/** The series of an answer by name; all share one list of counts. */
export interface FastSeries {
  /** Starts of the buckets as the platform wrote them, strictly ascending; the same for all names. */
  readonly starts: readonly string[];
  readonly series: ReadonlyMap<string, SeriesCounts>;
}

/**
 * Parses the most common form of the totals and series of analytics from their bytes; returns null for any other form.
 *
 * That form is ASCII without white space, with each part of a total present, and counts of up to 15 digits. Null does not
 * mean that the answer is wrong: `JSON.parse` reads it then. See docs/decisions/0017-fast-usage-parser.md.
 */
export interface FastUsageParser {
  /** @param body the body of a success */
  totals(body: Buffer): FastTotals | null;
  /** @param body the body of a success */
  series(body: Buffer): FastSeries | null;
}

/** Longest body that is parsed, in bytes. A year of days for ten names is half of it. */
const MAX_BYTES = 2_000_000;

/** Creates a parser for one client, which reuses the list that it collects counts in. */
export function createFastUsageParser(): FastUsageParser {
  const counts: number[] = [];
  return {
    totals: (body) => (body.length > MAX_BYTES ? null : parseTotals(new Scanner(body, counts))),
    series: (body) => (body.length > MAX_BYTES ? null : parseSeries(new Scanner(body, counts))),
  };
}

function parseTotals(scanner: Scanner): FastTotals | null {
  const offsets = new Map<string, number>();
  const isParsed = scanner.names((name) => {
    const offset = scanner.reserve(COUNTERS_PER_RECORD);
    offsets.set(name, offset);
    return scanner.total(offset);
  });
  return isParsed ? { counts: scanner.counts(), offsets } : null;
}

/**
 * Most maps of a series equal an earlier one: without re-streaming the standard traffic is all traffic, and names without
 * traffic are alike. Such a map is compared instead of parsed, and its counts are stored once.
 */
function parseSeries(scanner: Scanner): FastSeries | null {
  const layouts = new Map<string, CounterLayout>();
  let starts: Starts | null = null;
  let previous: SeriesMaps | null = null;
  const isParsed = scanner.names((name) => {
    if (!scanner.consume(BANDWIDTH)) return false;
    starts ??= scanner.peekStarts();
    if (!starts) return false;
    const maps = scanner.maps(starts, previous);
    if (!maps) return false;
    previous = maps;
    const { all, standard, restream, geoCascade } = maps;
    layouts.set(name, {
      all: all.offset,
      standard: standard.offset,
      restream: restream.offset,
      geoCascade: geoCascade.offset,
    });
    return true;
  });
  if (!isParsed) return null;
  const counts = scanner.counts();
  const series = new Map<string, SeriesCounts>();
  for (const [name, layout] of layouts) series.set(name, { counts, layout, stride: STRIDE, sharedBy: layouts.size });
  return { series, starts: (starts ?? NO_STARTS).texts };
}

/** Counts per bucket of a map: bytes out, bytes in, and seconds, which only re-streaming has. */
const STRIDE = 3;

/** A map of buckets: its first and last byte in the body, and the offset of its counts. */
interface BucketMap {
  readonly begin: number;
  readonly end: number;
  readonly offset: number;
}
/** The maps of one series. */
type SeriesMaps = Readonly<Record<keyof CounterLayout, BucketMap>>;

/** Starts of buckets as texts, and as keys of a map. */
interface Starts {
  readonly texts: readonly string[];
  readonly keys: readonly Uint8Array[];
}

const NO_STARTS: Starts = { texts: [], keys: [] };

const BEGIN = Buffer.from('{"status":"success","data":{');
const BANDWIDTH = Buffer.from('{"bandwidth":{');
const STANDARD = Buffer.from(',"standardStream":{');
const RESTREAM = Buffer.from(',"restream":{');
const GEO_CASCADE = Buffer.from(',"geoCascade":{');
const BYTES_OUT = Buffer.from('"bytesOut":');
const BYTES_IN = Buffer.from('"bytesIn":');
const SECONDS = Buffer.from('"secondsUsed":');
const OPEN = Buffer.from("{");
const COLON = Buffer.from(":");
const COMMA = Buffer.from(",");
const END = Buffer.from("}");
const END_OF_ALL = Buffer.from("}}");
const BUCKET = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)":\{[^{}]*\}(,?)/y;
/** Digits of the longest count that is parsed: each such count is exact as a number. */
const MAX_DIGITS = 15;
const [ZERO, QUOTE, BACKSLASH] = [0x30, 0x22, 0x5c];

/** Reads one body from its beginning to its end. */
class Scanner {
  readonly #bytes: Buffer;
  readonly #counts: number[];
  #position = 0;
  #countsUsed = 0;

  constructor(body: Buffer, counts: number[]) {
    this.#bytes = body;
    this.#counts = counts;
  }

  /** Returns a copy of the counts that were parsed. */
  counts(): number[] {
    return this.#counts.slice(0, this.#countsUsed);
  }

  /** Reserves entries in the list of counts. @returns the offset of the first one */
  reserve(entries: number): number {
    const offset = this.#countsUsed;
    this.#countsUsed += entries;
    return offset;
  }

  /** Parses the whole body. @param value parses what follows a name; returns false for any other form */
  names(value: (name: string) => boolean): boolean {
    if (!this.consume(BEGIN)) return false;
    if (this.consume(END_OF_ALL)) return this.#isAtEnd();
    do {
      const name = this.#name();
      if (name === null || !value(name)) return false;
    } while (this.consume(COMMA));
    return this.consume(END_OF_ALL) && this.#isAtEnd();
  }

  /** Parses `{"bytesOut":1,"bytesIn":2,"standardStream":{…},"restream":{…},"geoCascade":{…}}`, with all parts or with none. */
  total(offset: number): boolean {
    if (!this.consume(OPEN) || !this.#bytesOutAndIn(offset + DEFAULT_LAYOUT.all)) return false;
    if (this.consume(END)) {
      for (let at = offset + DEFAULT_LAYOUT.standard; at < offset + COUNTERS_PER_RECORD; at += 1) {
        this.#counts[at] = PARTS_ABSENT;
      }
      return true;
    }
    return (
      this.consume(STANDARD) &&
      this.#part(offset + DEFAULT_LAYOUT.standard) &&
      this.consume(RESTREAM) &&
      this.#restreamPart(offset + DEFAULT_LAYOUT.restream) &&
      this.consume(GEO_CASCADE) &&
      this.#part(offset + DEFAULT_LAYOUT.geoCascade) &&
      this.consume(END)
    );
  }

  /** Parses a series from the bracket of its first map to its end. @param previous the maps of the name before */
  maps(starts: Starts, previous: SeriesMaps | null): SeriesMaps | null {
    const all = this.#map(starts, previous?.all, null);
    const standard = all && this.consume(STANDARD) ? this.#map(starts, all, previous?.standard) : null;
    const restream = standard && this.consume(RESTREAM) ? this.#map(starts, previous?.restream, null, true) : null;
    const geoCascade = restream && this.consume(GEO_CASCADE) ? this.#map(starts, previous?.geoCascade, null) : null;
    if (!all || !standard || !restream || !geoCascade || !this.consume(END)) return null;
    return { all, standard, restream, geoCascade };
  }

  /** Returns the bucket starts of the map that follows, without consuming it; null for any other form. */
  peekStarts(): Starts | null {
    const end = this.#bytes.indexOf(END_OF_ALL, this.#position);
    const map = this.#bytes.toString("latin1", this.#position, end + END_OF_ALL.length);
    const texts: string[] = [];
    let last = "";
    BUCKET.lastIndex = 0;
    for (;;) {
      const [, start, comma] = BUCKET.exec(map) ?? [];
      if (start === undefined || start <= last || Number.isNaN(Date.parse(start))) return null;
      texts.push(start);
      last = start;
      if (comma === "") break;
    }
    return { texts, keys: texts.map((start) => Buffer.from(`"${start}":{`)) };
  }

  /** Consumes the expected bytes. @returns false, with nothing consumed, when others follow */
  consume(expected: Uint8Array): boolean {
    const begin = this.#position;
    const { length } = expected;
    const bytes = this.#bytes;
    for (let at = 0; at < length; at += 1) if (bytes[begin + at] !== expected[at]) return false;
    this.#position = begin + length;
    return true;
  }

  /** Parses a map of buckets behind its bracket, up to its end. It may equal one of two others. */
  #map(
    starts: Starts,
    likely: BucketMap | null | undefined,
    lessLikely: BucketMap | null | undefined,
    hasSeconds = false,
  ): BucketMap | null {
    if (likely && this.#consumeEqual(likely)) return likely;
    if (lessLikely && this.#consumeEqual(lessLikely)) return lessLikely;
    const begin = this.#position;
    const offset = this.reserve(starts.keys.length * STRIDE);
    let at = offset;
    for (const key of starts.keys) {
      if (at > offset && !this.consume(COMMA)) return null;
      if (!this.consume(key) || !(hasSeconds ? this.#restreamPart(at) : this.#part(at))) return null;
      if (!hasSeconds) this.#counts[at + 2] = 0;
      at += STRIDE;
    }
    return this.consume(END) ? { begin, end: this.#position, offset } : null;
  }

  /** Consumes a map that equals the given one byte by byte. */
  #consumeEqual({ begin, end }: BucketMap): boolean {
    const wouldEnd = this.#position + end - begin;
    if (wouldEnd > this.#bytes.length) return false;
    if (this.#bytes.compare(this.#bytes, begin, end, this.#position, wouldEnd) !== 0) return false;
    this.#position = wouldEnd;
    return true;
  }

  #isAtEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  /** Parses a key in ASCII without escapes, and its colon. */
  #name(): string | null {
    const bytes = this.#bytes;
    const begin = this.#position + 1;
    if (bytes[this.#position] !== QUOTE) return null;
    const end = bytes.indexOf(QUOTE, begin);
    if (end === -1) return null;
    for (let at = begin; at < end; at += 1) {
      const code = bytes[at] as number;
      if (code === BACKSLASH || code < 0x20 || code > 0x7f) return null;
    }
    this.#position = end + 1;
    return this.consume(COLON) ? bytes.toString("latin1", begin, end) : null;
  }

  /** Parses `"bytesOut":1,"bytesIn":2}`. */
  #part(offset: number): boolean {
    return this.#bytesOutAndIn(offset) && this.consume(END);
  }

  /** Parses a part whose seconds come first, last, or not at all. */
  #restreamPart(offset: number): boolean {
    this.#counts[offset + 2] = 0;
    const areFirst = this.consume(SECONDS);
    if (areFirst && !(this.#count(offset + 2) && this.consume(COMMA))) return false;
    if (!this.#bytesOutAndIn(offset)) return false;
    if (!areFirst && this.consume(COMMA) && !(this.consume(SECONDS) && this.#count(offset + 2))) return false;
    return this.consume(END);
  }

  /** Parses the two counts in either order. */
  #bytesOutAndIn(offset: number): boolean {
    if (this.consume(BYTES_OUT)) {
      return this.#count(offset) && this.consume(COMMA) && this.consume(BYTES_IN) && this.#count(offset + 1);
    }
    if (!this.consume(BYTES_IN)) return false;
    return this.#count(offset + 1) && this.consume(COMMA) && this.consume(BYTES_OUT) && this.#count(offset);
  }

  #count(offset: number): boolean {
    const begin = this.#position;
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
    if (digits === 0 || digits > MAX_DIGITS || isPadded) return false;
    this.#counts[offset] = count;
    this.#position = end;
    return true;
  }
}
