import { DAY_MS, floorTo, HOUR_MS, overlap, type Span } from "./calendar.ts";
import type { Live } from "./live/live.ts";
import { liveReadings } from "./live/metering.ts";
import { endOf } from "./live/viewing.ts";
import { type MeterReading, sliceOf } from "./meter-reading.ts";
import type { StreamModel, Traffic } from "./traffic/traffic.ts";

/**
 * All metered traffic: the past from the traffic function, the rest from the live part.
 *
 * Every figure of analytics is a sum over `readings`; nothing is counted in any other way.
 */
export interface Ledger {
  /** UTC midnight at which metering started, in milliseconds. */
  readonly meteredSince: number;
  /**
   * Returns the names of the streams that may have readings, sorted.
   *
   * @param trackingId - only streams that may have some under this tracking id
   */
  streamNames(trackingId?: string): readonly string[];
  /**
   * Returns all readings of one stream in a span, one or more for each of its meters.
   *
   * Readings of adjacent spans sum to those of their union, exactly. The span must not reach into the future.
   */
  readings(streamName: string, span: Span): Generator<MeterReading>;
  /**
   * Returns the instant from which the traffic function has no traffic of a stream.
   *
   * Infinite while the stream's seeded feed runs.
   */
  pastEndsAt(streamName: string): number;
}

const HISTORY_DAYS = 400;

/**
 * Creates the ledger.
 *
 * @param beganAt - the sandbox's first instant, at which the past ends except for streams that were live
 * @param goesOn - whether the past never ends, except for streams that were live and have stopped
 */
export function createLedger(traffic: Traffic, live: Live, beganAt: number, goesOn: boolean): Ledger {
  const meteredSince = floorTo(beganAt, DAY_MS) - HISTORY_DAYS * DAY_MS;

  function pastEndsAt(streamName: string): number {
    const seeded = live.feeds(streamName).find(({ isSeeded }) => isSeeded);
    return seeded ? endOf(seeded) : goesOn ? Number.POSITIVE_INFINITY : beganAt;
  }

  function* pastReadings(stream: StreamModel, span: Span): Generator<MeterReading> {
    let { from, to } = overlap(span, { from: meteredSince, to: pastEndsAt(stream.profile.streamName) });
    while (from < to) {
      if (from % DAY_MS === 0 && from + DAY_MS <= to) {
        yield* traffic.ofDay(stream, from / DAY_MS);
        from += DAY_MS;
      } else {
        const end = Math.min(to, floorTo(from, DAY_MS) + DAY_MS);
        yield* partOfDay(traffic, stream, { from, to: end });
        from = end;
      }
    }
  }

  return {
    meteredSince,
    pastEndsAt,
    streamNames(trackingId) {
      const names = new Set<string>();
      for (const [name, { profile }] of traffic.streams) {
        const has = (id: string) => profile.audiences.some((audience) => audience.trackingId === id);
        if (trackingId === undefined || has(trackingId)) names.add(name);
      }
      for (const name of live.streamNames()) {
        const has = (id: string) => live.viewings(name).some((viewing) => viewing.trackingId === id);
        if (trackingId === undefined || has(trackingId)) names.add(name);
      }
      return [...names].sort();
    },
    *readings(streamName, span) {
      const stream = traffic.streams.get(streamName);
      if (stream) yield* pastReadings(stream, span);
      yield* liveReadings(live, streamName, span);
    },
  };
}

/** Whole hours in one call; of hours that are cut, by the quarter hour or by the end of a feed, an even share. */
function* partOfDay(traffic: Traffic, stream: StreamModel, span: Span): Generator<MeterReading> {
  const firstWhole = Math.ceil(span.from / HOUR_MS);
  const lastWhole = Math.floor(span.to / HOUR_MS);
  if (firstWhole > lastWhole) {
    yield* partOfHour(traffic, stream, span);
    return;
  }
  yield* partOfHour(traffic, stream, { from: span.from, to: firstWhole * HOUR_MS });
  if (firstWhole < lastWhole) yield* traffic.ofHours(stream, firstWhole, lastWhole);
  yield* partOfHour(traffic, stream, { from: lastWhole * HOUR_MS, to: span.to });
}

function* partOfHour(traffic: Traffic, stream: StreamModel, { from, to }: Span): Generator<MeterReading> {
  if (from >= to) return;
  const hour = Math.floor(from / HOUR_MS);
  const start = hour * HOUR_MS;
  for (const whole of traffic.ofHours(stream, hour, hour + 1)) yield sliceOf(whole, from - start, to - start, HOUR_MS);
}
