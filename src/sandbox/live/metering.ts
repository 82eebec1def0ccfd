import { meteredSpans, overlap, SECOND_MS, type Span } from "../calendar.ts";
import { type MeterReading, reading } from "../meter-reading.ts";
import type { Feed } from "./feed.ts";
import type { Live } from "./live.ts";
import { endOf, type Viewing } from "./viewing.ts";

/**
 * Returns the bytes that a connection has carried after `ms` milliseconds at a steady rate.
 *
 * The traffic between two instants is the difference of two such figures, so that any parts of a connection sum to the
 * whole exactly.
 */
export function bytesAfter(bitsPerSecond: bigint, ms: number): bigint {
  return (bitsPerSecond * BigInt(ms)) / 8000n;
}

/**
 * Yields the readings of live connections of one stream in a span, one for each connection.
 *
 * The weekly gap counts nothing. The traffic function covers feeds that ran before the sandbox started.
 */
export function* liveReadings(live: Live, streamName: string, span: Span): Generator<MeterReading> {
  for (const feed of live.feeds(streamName)) {
    if (!feed.isSeeded) yield* feedReadings(feed, span);
  }
  for (const viewing of live.viewings(streamName)) yield* viewingReadings(viewing, span);
}

function* feedReadings(feed: Feed, span: Span): Generator<MeterReading> {
  const whole = { from: feed.startedAt, to: endOf(feed) };
  const at = { streamName: feed.streamName, trackingId: null, country: feed.credentials.country };
  for (const segment of meteredSpans(overlap(whole, span))) {
    yield reading({
      ...at,
      part: "standard",
      bytesIn: bytesIn(feed.bitsPerSecond, whole, segment),
      publishes: startedIn(whole, segment),
      publishSeconds: secondsIn(whole, segment),
    });
  }
  for (const restream of feed.restreams) {
    const push = { from: restream.startedAt, to: restream.endedAt ?? whole.to };
    for (const segment of meteredSpans(overlap(push, span))) {
      const bytesOut = bytesIn(feed.bitsPerSecond, push, segment);
      yield reading({ ...at, part: "restream", bytesOut, restreamSeconds: secondsIn(push, segment) });
    }
  }
}

function* viewingReadings(viewing: Viewing, span: Span): Generator<MeterReading> {
  const whole = { from: viewing.startedAt, to: endOf(viewing) };
  for (const segment of meteredSpans(overlap(whole, span))) {
    yield reading({
      streamName: viewing.streamName,
      part: "standard",
      trackingId: viewing.trackingId,
      country: viewing.country,
      bytesOut: bytesIn(viewing.bitsPerSecond, whole, segment),
      views: startedIn(whole, segment),
      viewSeconds: secondsIn(whole, segment),
    });
  }
}

function bytesIn(bitsPerSecond: bigint, whole: Span, segment: Span): bigint {
  return bytesAfter(bitsPerSecond, segment.to - whole.from) - bytesAfter(bitsPerSecond, segment.from - whole.from);
}

function secondsIn(whole: Span, segment: Span): number {
  const after = (instant: number) => Math.floor((instant - whole.from) / SECOND_MS);
  return after(segment.to) - after(segment.from);
}

function startedIn(whole: Span, segment: Span): number {
  return whole.from >= segment.from && whole.from < segment.to ? 1 : 0;
}
