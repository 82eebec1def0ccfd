import type { Span } from "../calendar.ts";
import type { Clock } from "../clock.ts";
import { success } from "../http/answer.ts";
import { QueryReader } from "../http/query.ts";
import type { Call, Route } from "../http/route.ts";
import type { Ledger } from "../ledger.ts";
import type { Reading } from "../reading.ts";
import { sumBy, sumOf, type Usage } from "../usage.ts";
import { type Bucket, type Horizon, type Resolution, seriesBuckets, totalSpans } from "./coverage.ts";

/** A request for figures, read and checked. */
interface AnalyticsRequest {
  readonly range: Span;
  /** Stream names or tracking ids as asked for, without repeats; empty for the account. */
  readonly names: readonly string[];
  readonly resolution: Resolution;
  /** Taken once: the answer is of one instant, however long it takes. */
  readonly horizon: Horizon;
}

type NamesParameter = "streamNames" | "trackingIds";

interface Asks {
  readonly names?: NamesParameter;
  readonly resolutions?: readonly Resolution[];
}

const HOUR_OR_DAY = ["Hour", "Day"] as const;
const HOUR_DAY_OR_MONTH = ["Hour", "Day", "Month"] as const;

/**
 * The usage figures of the account, of streams and of tracking ids. Every operation is the same three steps: which
 * buckets does the range cover, which readings fall into them, by what are they summed.
 *
 * @see /api/analytics/*
 */
export function analyticsRoutes(ledger: Ledger, clock: Clock): Route[] {
  function* readingsOf(streamNames: readonly string[], spans: readonly Span[]): Generator<Reading> {
    for (const streamName of streamNames) {
      for (const span of spans) yield* ledger.readings(streamName, span);
    }
  }

  const everyStream = () => ledger.streamNames();
  const spansOf = ({ range, horizon }: AnalyticsRequest) => totalSpans(range, horizon, { monthsToo: false });
  const bucketsOf = ({ range, resolution, horizon }: AnalyticsRequest) => seriesBuckets(range, resolution, horizon);

  /** A series of anything: an object keyed by bucket start. */
  function series<T>(
    request: AnalyticsRequest,
    streamNames: readonly string[],
    value: (readings: Iterable<Reading>) => T,
  ) {
    return keyed(
      bucketsOf(request),
      ({ key }) => key,
      ({ span }) => value(readingsOf(streamNames, [span])),
    );
  }

  function bandwidthSeries(request: AnalyticsRequest, streamNames: readonly string[]) {
    const sums = bucketsOf(request).map((bucket) => ({ bucket, usage: sumOf(readingsOf(streamNames, [bucket.span])) }));
    const line = <T>(value: (usage: Usage) => T) =>
      keyed(
        sums,
        ({ bucket }) => bucket.key,
        ({ usage }) => value(usage),
      );
    return {
      bandwidth: line(bandwidthOf),
      standardStream: line(({ standard }) => standard),
      restream: line(({ restream }) => restream),
      geoCascade: line(({ geoCascade }) => geoCascade),
    };
  }

  const get = (
    path: string,
    operationId: string,
    asks: Asks,
    figures: (request: AnalyticsRequest) => unknown,
  ): Route => ({
    method: "GET",
    path: `/api/analytics/${path}`,
    operationId,
    access: "api secret",
    handle: (call) => success(figures(readRequest(call, asks, { now: clock.now(), opensAt: ledger.opensAt }))),
  });

  return [
    get("account/total", "Analytics_AccountTotal", {}, ({ range, horizon }) =>
      // Months are kept for the account alone, and without countries.
      totalOf(sumOf(readingsOf(everyStream(), totalSpans(range, horizon, { monthsToo: true })))),
    ),
    get("account/series", "Analytics_AccountSeries", { resolutions: HOUR_DAY_OR_MONTH }, (request) =>
      bandwidthSeries(request, everyStream()),
    ),
    get("account/geo_total", "Analytics_AccountGeoTotal", {}, (request) => ({
      geo: byCountry(readingsOf(everyStream(), spansOf(request)), geoTotalOf),
    })),
    get("account/geo_series", "Analytics_AccountGeoSeries", { resolutions: HOUR_OR_DAY }, (request) => ({
      geo: series(request, everyStream(), (readings) => byCountry(readings, geoPointOf)),
    })),
    get("account/geo", "Analytics_AccountGeo", {}, (request) => ({
      geo: byCountry(readingsOf(everyStream(), spansOf(request)), bytesAndViewsOf),
    })),

    get("streams/total", "Analytics_StreamsTotal", { names: "streamNames" }, (request) =>
      keyed(request.names, String, (name) => totalOf(sumOf(readingsOf([name], spansOf(request))))),
    ),
    get("streams/series", "Analytics_StreamsSeries", { names: "streamNames", resolutions: HOUR_OR_DAY }, (request) =>
      keyed(request.names, String, (name) => bandwidthSeries(request, [name])),
    ),
    get("streams/geo_total", "Analytics_StreamsGeoTotal", { names: "streamNames" }, (request) => ({
      geo: keyed(request.names, String, (name) => byCountry(readingsOf([name], spansOf(request)), geoTotalOf)),
    })),
    get(
      "streams/geo_series",
      "Analytics_StreamsGeoSeries",
      { names: "streamNames", resolutions: HOUR_OR_DAY },
      (request) => ({
        geo: keyed(request.names, String, (name) =>
          series(request, [name], (readings) => byCountry(readings, geoPointOf)),
        ),
      }),
    ),
    get("streams/geo", "Analytics_StreamsGeo", { names: "streamNames" }, (request) =>
      keyed(request.names, String, (name) => ({
        geo: byCountry(readingsOf([name], spansOf(request)), bytesAndViewsOf),
      })),
    ),

    get("tracking/streams/total", "Analytics_GetTrackingTotalForStreams", { names: "streamNames" }, (request) =>
      keyed(request.names, String, (name) =>
        trackingRows(readingsOf([name], spansOf(request))).map(({ trackingId, ...bandwidth }) =>
          trackingId === null ? bandwidth : { trackingId, ...bandwidth },
        ),
      ),
    ),
    get(
      "tracking/streams/series",
      "Analytics_GetTrackingSeriesForStreams",
      { names: "streamNames", resolutions: HOUR_OR_DAY },
      (request) =>
        keyed(request.names, String, (name) =>
          series(request, [name], (readings) =>
            trackingRows(readings).map(({ trackingId, ...bandwidth }) => ({
              trackingId: trackingId ?? "",
              ...bandwidth,
            })),
          ),
        ),
    ),
    get("tracking/total", "Analytics_GetTotalBandwidthForTrackingId", { names: "trackingIds" }, (request) =>
      keyed(request.names, String, (trackingId) => streamRows(trackingId, spansOf(request))),
    ),
    get(
      "tracking/series",
      "Analytics_GetSeriesBandwidthForTrackingId",
      { names: "trackingIds", resolutions: HOUR_OR_DAY },
      (request) =>
        keyed(request.names, String, (trackingId) =>
          keyed(
            bucketsOf(request),
            ({ key }: Bucket) => key,
            ({ span }) => streamRows(trackingId, [span]),
          ),
        ),
    ),
  ];

  /** What one tracking id's viewers got: a row for each stream with any, by stream name. */
  function streamRows(trackingId: string, spans: readonly Span[]) {
    return ledger.streamNames(trackingId).flatMap((streamName) => {
      const usage = trackedBy(readingsOf([streamName], spans)).get(trackingId);
      return usage && hasBytes(usage) ? [{ streamName, ...bandwidthOf(usage) }] : [];
    });
  }
}

const MAX_NAMES = 10;

function readRequest({ query }: Call, asks: Asks, horizon: Horizon): AnalyticsRequest {
  const reader = new QueryReader(query);
  const range = { from: reader.instant("startDate"), to: reader.instant("stopDate") };
  const names = asks.names === undefined ? [] : readNames(reader, asks.names);
  const resolution = asks.resolutions === undefined ? "Day" : reader.choice("resolution", asks.resolutions);
  reader.done();
  if (range.to <= range.from) reader.complain("stopDate", "stopDate must be after startDate.");
  reader.done();
  return { range, names, resolution, horizon };
}

function readNames(reader: QueryReader, field: NamesParameter): readonly string[] {
  const names = [...new Set(reader.all(field))];
  if (names.length === 0) reader.complain(field, `The ${field} field is required.`);
  if (names.length > MAX_NAMES) reader.complain(field, `The field ${field} takes at most ${MAX_NAMES} values.`);
  for (const name of names) {
    if (name.length < 1 || name.length > 128) reader.complain(field, "A name has 1 to 128 characters.");
    // The platform's analytics cannot look up such names, although tokens may grant them.
    if (/[/*]|--/.test(name)) reader.complain(field, `The name '${name}' holds '/', '*' or '--'.`);
  }
  return names;
}

/** Viewers and ingest by tracking id; pushes and relays have no tracking id and are not in it. */
function trackedBy(readings: Iterable<Reading>): Map<string | null, Usage> {
  const standard = function* () {
    for (const reading of readings) if (reading.part === "standard") yield reading;
  };
  return sumBy(standard(), ({ trackingId }) => trackingId);
}

/** The untracked row first, then by tracking id; only rows with bytes. */
function trackingRows(readings: Iterable<Reading>) {
  return [...trackedBy(readings)]
    .filter(([, usage]) => hasBytes(usage))
    .sort(([a], [b]) => compare(a ?? "", b ?? ""))
    .map(([trackingId, usage]) => ({ trackingId, ...bandwidthOf(usage) }));
}

function byCountry<T>(readings: Iterable<Reading>, value: (usage: Usage) => T): Record<string, T> {
  const sums = [...sumBy(readings, ({ country }) => country)].sort(([a], [b]) => compare(a, b));
  return keyed(
    sums,
    ([country]) => country,
    ([, usage]) => value(usage),
  );
}

function keyed<I, T>(items: readonly I[], key: (item: I) => string, value: (item: I) => T): Record<string, T> {
  return Object.fromEntries(items.map((item) => [key(item), value(item)]));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const hasBytes = ({ bytesIn, bytesOut }: Usage): boolean => bytesIn > 0n || bytesOut > 0n;
const bandwidthOf = ({ bytesOut, bytesIn }: Usage) => ({ bytesOut, bytesIn });
const totalOf = ({ bytesOut, bytesIn, standard, restream, geoCascade }: Usage) => ({
  bytesOut,
  bytesIn,
  standardStream: standard,
  restream,
  geoCascade,
});
const geoTotalOf = ({ bytesOut, bytesIn, publishSeconds, viewSeconds }: Usage) => ({
  bytesOut,
  bytesIn,
  publishDuration: publishSeconds,
  viewDuration: viewSeconds,
});
const geoPointOf = (usage: Usage) => ({ ...geoTotalOf(usage), publishes: usage.publishes, views: usage.views });
const bytesAndViewsOf = ({ bytesOut, bytesIn, views }: Usage) => ({ bytes: bytesOut + bytesIn, views });
