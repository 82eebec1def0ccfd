import { HOUR_MS, overlap, type Span } from "./calendar.ts";
import type { Ledger } from "./ledger.ts";
import type { Live } from "./live/live.ts";
import { liveReadings } from "./live/metering.ts";
import { type MeterReading, sliceOf } from "./meter-reading.ts";
import type { Traffic } from "./traffic/traffic.ts";
import { addReading, noUsage, type Usage } from "./usage.ts";

/** Traffic that really flowed, as `truth` reports it. */
export type Truth = Pick<Usage, "bytesIn" | "bytesOut" | "standard" | "restream" | "geoCascade">;

/** Which traffic to add up; a field that is left out takes everything. */
export interface TruthFilter {
  readonly stream?: string;
  /**
   * Null for untracked traffic: viewers without a tracking id, and ingest.
   *
   * Re-streams and cascade have none either way.
   */
  readonly trackingId?: string | null;
  readonly country?: string;
}

/**
 * Adds up the traffic of a span hour by hour, straight from the traffic function and the live part.
 *
 * Shares the meters with analytics, but none of its aggregation: no days, buckets, retention or quarter hours.
 */
export function truthOf(traffic: Traffic, live: Live, ledger: Ledger, filter: TruthFilter, span: Span): Truth {
  const usage = noUsage();
  const add = (reading: MeterReading) => {
    if (filter.trackingId !== undefined && (reading.trackingId !== filter.trackingId || reading.part !== "standard"))
      return;
    if (filter.country !== undefined && reading.country !== filter.country) return;
    addReading(usage, reading);
  };

  const streams = filter.stream === undefined ? ledger.streamNames(filter.trackingId ?? undefined) : [filter.stream];
  for (const streamName of streams) {
    for (const reading of liveReadings(live, streamName, span)) add(reading);
    const stream = traffic.streams.get(streamName);
    if (!stream) continue;
    const past = overlap(span, { from: ledger.meteredSince, to: ledger.pastEndsAt(streamName) });
    for (let hour = Math.floor(past.from / HOUR_MS); hour * HOUR_MS < past.to; hour++) {
      const start = hour * HOUR_MS;
      const from = Math.max(past.from - start, 0);
      const to = Math.min(past.to - start, HOUR_MS);
      for (const whole of traffic.ofHours(stream, hour, hour + 1)) add(sliceOf(whole, from, to, HOUR_MS));
    }
  }
  const { bytesIn, bytesOut, standard, restream, geoCascade } = usage;
  return { bytesIn, bytesOut, standard, restream, geoCascade };
}
