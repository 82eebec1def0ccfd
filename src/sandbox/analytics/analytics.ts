import type { Span } from "../calendar.ts";
import type { Clock } from "../clock.ts";
import { success } from "../http/response.ts";
import type { Route } from "../http/route.ts";
import type { Lag } from "../lag.ts";
import type { Ledger } from "../ledger.ts";
import type { MeterReading } from "../meter-reading.ts";
import { sumOf, type Usage } from "../usage.ts";
import { horizonOf, seriesBuckets, totalSpans } from "./coverage.ts";
import { type AnalyticsRequest, type RequestShape, readRequest } from "./request.ts";
import {
  bandwidthOf,
  bytesAndViews,
  type Figure,
  geoPoints,
  geoTotals,
  keyed,
  streamRows,
  totals,
  trackingRows,
} from "./response-shapes.ts";

/** Subject of a request: some streams, and within them one tracking id if given. */
interface Selection {
  readonly streamNames: readonly string[];
  readonly trackingId?: string;
}

/** One operation: the spans that it covers, and the figure that it makes of their readings. */
type Projection = (selection: Selection, request: AnalyticsRequest) => unknown;

const HOUR_OR_DAY = ["Hour", "Day"] as const;
const HOUR_DAY_OR_MONTH = ["Hour", "Day", "Month"] as const;

/**
 * Creates the usage operations of the account, of streams and of tracking ids.
 *
 * Each operation is a projection of the ledger: a subject, spans, and a sum over the readings in them. The table below
 * lists them all; nothing is counted in any other way.
 *
 * @see GET /api/analytics/*
 */
export function analyticsRoutes(ledger: Ledger, clock: Clock, lag: Lag): Route[] {
  /** Returns one figure over the whole range. */
  const total =
    (figure: Figure, { monthsToo = false } = {}): Projection =>
    (selection, { range, horizon }) =>
      figure(readingsIn(selection, totalSpans(range, horizon, { monthsToo })));

  /** Returns one figure for each bucket of the range. */
  const series =
    (figure: Figure): Projection =>
    (selection, { range, resolution, horizon }) =>
      keyed(
        seriesBuckets(range, resolution, horizon),
        ({ key }) => key,
        ({ span }) => figure(readingsIn(selection, [span])),
      );

  /** Returns a series for each traffic kind: by kind first, then by bucket. */
  const lines: Projection = (selection, { range, resolution, horizon }) => {
    const points = seriesBuckets(range, resolution, horizon).map(({ key, span }) => ({
      key,
      usage: sumOf(readingsIn(selection, [span])),
    }));
    const line = (value: (usage: Usage) => unknown) =>
      keyed(
        points,
        ({ key }) => key,
        ({ usage }) => value(usage),
      );
    return {
      bandwidth: line(bandwidthOf),
      standardStream: line(({ standard }) => standard),
      restream: line(({ restream }) => restream),
      geoCascade: line(({ geoCascade }) => geoCascade),
    };
  };

  const inGeo =
    (projection: Projection): Projection =>
    (selection, request) => ({ geo: projection(selection, request) });

  const perStream =
    (projection: Projection): Projection =>
    (_, request) =>
      keyed(request.names, String, (name) => projection({ streamNames: [name] }, request));

  const perTrackingId =
    (projection: Projection): Projection =>
    (_, request) =>
      keyed(request.names, String, (trackingId) =>
        projection({ streamNames: ledger.streamNames(trackingId), trackingId }, request),
      );

  function* readingsIn({ streamNames, trackingId }: Selection, spans: readonly Span[]): Generator<MeterReading> {
    for (const streamName of streamNames) {
      for (const span of spans) {
        for (const reading of ledger.readings(streamName, span)) {
          if (trackingId === undefined || reading.trackingId === trackingId) yield reading;
        }
      }
    }
  }

  const get = (path: string, operation: string, shape: RequestShape, projection: Projection): Route => ({
    method: "GET",
    path: `/api/analytics/${path}`,
    operationId: `Analytics_${operation}`,
    access: "api secret",
    handle({ query }) {
      const request = readRequest(query, shape, horizonOf({ clock, ledger, lag }));
      return success(projection({ streamNames: ledger.streamNames() }, request));
    },
  });

  const streamNames = { names: "streamNames" } as const;
  const trackingIds = { names: "trackingIds" } as const;
  const resolutions = HOUR_OR_DAY;

  return [
    // Months are retained for the account alone, and without countries.
    get("account/total", "AccountTotal", {}, total(totals, { monthsToo: true })),
    get("account/series", "AccountSeries", { resolutions: HOUR_DAY_OR_MONTH }, lines),
    get("account/geo_total", "AccountGeoTotal", {}, inGeo(total(geoTotals))),
    get("account/geo_series", "AccountGeoSeries", { resolutions }, inGeo(series(geoPoints))),
    get("account/geo", "AccountGeo", {}, inGeo(total(bytesAndViews))),

    get("streams/total", "StreamsTotal", streamNames, perStream(total(totals))),
    get("streams/series", "StreamsSeries", { ...streamNames, resolutions }, perStream(lines)),
    get("streams/geo_total", "StreamsGeoTotal", streamNames, inGeo(perStream(total(geoTotals)))),
    get("streams/geo_series", "StreamsGeoSeries", { ...streamNames, resolutions }, inGeo(perStream(series(geoPoints)))),
    get("streams/geo", "StreamsGeo", streamNames, perStream(inGeo(total(bytesAndViews)))),

    // Untracked traffic has no `trackingId` in a total, and an empty one in a series.
    get("tracking/streams/total", "GetTrackingTotalForStreams", streamNames, perStream(total(trackingRows({})))),
    get(
      "tracking/streams/series",
      "GetTrackingSeriesForStreams",
      { ...streamNames, resolutions },
      perStream(series(trackingRows({ trackingId: "" }))),
    ),
    get("tracking/total", "GetTotalBandwidthForTrackingId", trackingIds, perTrackingId(total(streamRows))),
    get(
      "tracking/series",
      "GetSeriesBandwidthForTrackingId",
      { ...trackingIds, resolutions },
      perTrackingId(series(streamRows)),
    ),
  ];
}
