/**
 * Traffic kinds of the platform.
 *
 * Viewers and ingest; pushes to other platforms; relaying between clusters.
 */
export type Part = "standard" | "restream" | "geoCascade";

/**
 * Figures of one meter of one stream for a span of time, of which every analytics figure is a sum.
 *
 * Readings come from the past (traffic/traffic.ts) and the live part (live/metering.ts) only. So stream, tracking,
 * country and account figures are sums over the same units and agree to the byte.
 */
export interface MeterReading {
  readonly streamName: string;
  readonly part: Part;
  /** Null for untracked viewers, for ingest, and for parts that no viewer causes. */
  readonly trackingId: string | null;
  /** Country of the viewer, or of the publisher for ingest and re-streams; ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly bytesIn: bigint;
  readonly bytesOut: bigint;
  /** Seconds of re-streaming over all targets; 0 except for `restream`. */
  readonly restreamSeconds: number;
  readonly publishes: number;
  readonly publishSeconds: number;
  readonly views: number;
  readonly viewSeconds: number;
}

type Keys = "streamName" | "part" | "trackingId" | "country";

/** Returns a reading with these figures; the others are zero. */
export function reading(of: Pick<MeterReading, Keys> & Partial<Omit<MeterReading, Keys>>): MeterReading {
  return {
    streamName: of.streamName,
    part: of.part,
    trackingId: of.trackingId,
    country: of.country,
    bytesIn: of.bytesIn ?? 0n,
    bytesOut: of.bytesOut ?? 0n,
    restreamSeconds: of.restreamSeconds ?? 0,
    publishes: of.publishes ?? 0,
    publishSeconds: of.publishSeconds ?? 0,
    views: of.views ?? 0,
    viewSeconds: of.viewSeconds ?? 0,
  };
}

/**
 * Returns the part of a reading between two points of its span, as if it grew evenly.
 *
 * The part is the difference of two rounded shares, so that any parts of a span sum to the whole exactly.
 *
 * @param whole - reading of the whole span
 * @param from - start of the part, from 0
 * @param to - end of the part, up to `length`, in the unit of `length`
 */
export function sliceOf(whole: MeterReading, from: number, to: number, length: number): MeterReading {
  if (from === 0 && to === length) return whole;
  const bytes = (total: bigint) => (total * BigInt(to)) / BigInt(length) - (total * BigInt(from)) / BigInt(length);
  const count = (total: number) => Math.floor((total * to) / length) - Math.floor((total * from) / length);
  return {
    streamName: whole.streamName,
    part: whole.part,
    trackingId: whole.trackingId,
    country: whole.country,
    bytesIn: bytes(whole.bytesIn),
    bytesOut: bytes(whole.bytesOut),
    restreamSeconds: count(whole.restreamSeconds),
    publishes: count(whole.publishes),
    publishSeconds: count(whole.publishSeconds),
    views: count(whole.views),
    viewSeconds: count(whole.viewSeconds),
  };
}
