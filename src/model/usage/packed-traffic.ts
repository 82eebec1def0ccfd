import type { RestreamPart, Traffic, TrafficPart, TrafficParts } from "./traffic.ts";

/** A count as the platform writes it: a bigint if it exceeds 2^53. */
export type Count = number | bigint;

/** Offsets of the parts of a record in a list of counts. A part is bytes out, then bytes in; re-streaming adds seconds. */
export interface CounterLayout {
  readonly all: number;
  readonly standard: number;
  readonly restream: number;
  readonly geoCascade: number;
}

/** The layout of a record whose counts follow one another. */
export const DEFAULT_LAYOUT: CounterLayout = { all: 0, standard: 2, restream: 4, geoCascade: 7 };
/** Number of counts in such a record. */
export const COUNTERS_PER_RECORD = 9;
/** Stands for the bytes out of standard traffic if the platform gives no breakdown. No count is negative. */
export const PARTS_ABSENT = -1;

/** Traffic in a list of counts, which takes a tenth of the memory of objects with bigints. */
export class PackedTraffic implements Traffic {
  private readonly counts: readonly Count[];
  private readonly offset: number;
  private readonly layout: CounterLayout;

  /**
   * @param offset where the record begins
   * @param layout offsets of its parts, relative to that
   */
  constructor(counts: readonly Count[], offset: number, layout: CounterLayout = DEFAULT_LAYOUT) {
    this.counts = counts;
    this.offset = offset;
    this.layout = layout;
  }

  get bytesOut(): bigint {
    return this.count(this.layout.all);
  }

  get bytesIn(): bigint {
    return this.count(this.layout.all + 1);
  }

  get parts(): TrafficParts | null {
    const { counts, offset, layout } = this;
    return counts[offset + layout.standard] === PARTS_ABSENT ? null : new PackedParts(counts, offset, layout);
  }

  /** Estimated size in memory, in bytes. */
  get bytes(): number {
    return 60 + COUNTERS_PER_RECORD * 8;
  }

  private count(at: number): bigint {
    return BigInt(this.counts[this.offset + at] ?? 0);
  }
}

/** Parts of traffic in a list of counts: each is read when it is asked for, and most are not. */
class PackedParts implements TrafficParts {
  private readonly counts: readonly Count[];
  private readonly offset: number;
  private readonly layout: CounterLayout;

  constructor(counts: readonly Count[], offset: number, layout: CounterLayout) {
    this.counts = counts;
    this.offset = offset;
    this.layout = layout;
  }

  get standard(): TrafficPart {
    return this.part(this.layout.standard);
  }

  get restream(): RestreamPart {
    const at = this.layout.restream;
    return { bytesOut: this.count(at), bytesIn: this.count(at + 1), secondsUsed: this.count(at + 2) };
  }

  get geoCascade(): TrafficPart {
    return this.part(this.layout.geoCascade);
  }

  private part(at: number): TrafficPart {
    return { bytesOut: this.count(at), bytesIn: this.count(at + 1) };
  }

  private count(at: number): bigint {
    return BigInt(this.counts[this.offset + at] ?? 0);
  }
}

/** The starts of buckets, and the index of each. The series of one answer share them. */
export class BucketStarts {
  readonly starts: readonly number[];
  private readonly indexes: ReadonlyMap<number, number>;

  constructor(starts: readonly number[]) {
    this.starts = starts;
    this.indexes = new Map(starts.map((start, index) => [start, index]));
  }

  indexOf(start: number): number | undefined {
    return this.indexes.get(start);
  }
}

/** The counts of a series, in a list that it may share with other series. */
export interface SeriesCounts {
  readonly counts: readonly Count[];
  /** Offsets of the parts of the first bucket. */
  readonly layout: CounterLayout;
  /** Distance from one bucket to the next. */
  readonly stride: number;
  /** Number of series that share the list. */
  readonly sharedBy: number;
}

/** The traffic of one series by the start of its bucket. */
export class PackedSeries {
  private readonly buckets: BucketStarts;
  private readonly packed: SeriesCounts;

  constructor(buckets: BucketStarts, packed: SeriesCounts) {
    this.buckets = buckets;
    this.packed = packed;
  }

  get(start: number): Traffic | undefined {
    const index = this.buckets.indexOf(start);
    return index === undefined ? undefined : this.traffic(index);
  }

  keys(): Iterable<number> {
    return this.buckets.starts;
  }

  *values(): Generator<Traffic, void> {
    for (let index = 0; index < this.buckets.starts.length; index += 1) yield this.traffic(index);
  }

  /** Estimated size in memory, in bytes. */
  get bytes(): number {
    return 400 + Math.ceil((this.packed.counts.length * 8) / this.packed.sharedBy);
  }

  private traffic(index: number): Traffic {
    const { counts, layout, stride } = this.packed;
    return new PackedTraffic(counts, index * stride, layout);
  }
}
