import type { TimeWindow } from "../model/usage/time.ts";
import type { CancellationSignal } from "../primitives/cancellation.ts";
import { createSlices } from "../primitives/slices.ts";
import {
  type Analytics,
  countedCountries,
  createAnalytics,
  periodParams,
  resolutionParam,
  type StreamResolution,
  streamRows,
} from "./analytics.ts";
import { type Decode, instant, ShapeError } from "./transport/decode.ts";
import { badResponse } from "./transport/error-mapping.ts";
import type { Http } from "./transport/http-types.ts";
import { parseExact } from "./transport/json.ts";
import { jsonValues } from "./transport/json-values.ts";

/** Series by stream and by country, whose responses have megabytes. */
interface BulkSeries<Row> {
  readonly operation: string;
  readonly path: string;
  /** Names under which the response has its series. */
  readonly under: readonly string[];
  readonly param: "streamNames" | "trackingIds" | null;
  readonly decode: Decode<Row[]>;
}

type BulkResult<Row> = Map<string, Map<number, Row[]>>;

/** Stateless, as it decodes whole texts only. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Creates a client of analytics for long windows: large responses are decoded bucket by bucket, and the event loop runs in
 * between.
 */
export function createBulkAnalytics(http: Http): Analytics {
  const read = async <Row>(
    { operation, path, under, param, decode }: BulkSeries<Row>,
    names: readonly string[],
    { from, to }: TimeWindow,
    resolution: StreamResolution,
    signal: CancellationSignal | undefined,
  ): Promise<BulkResult<Row>> => {
    const query = { resolution: resolutionParam[resolution], ...periodParams(from, to) };
    const body = await http.read<Buffer>({
      operation,
      path: `/api/analytics/${path}`,
      query: param === null ? query : { ...query, [param]: names },
      decode: () => {
        throw new ShapeError("content type", "application/json");
      },
      fastDecode: (bytes) => bytes,
      signal,
    });
    try {
      return await decodeBody(body, under, param === null ? null : names, decode);
    } catch (error) {
      if (!(error instanceof ShapeError || error instanceof SyntaxError || error instanceof TypeError)) throw error;
      // What is no response of the API says nothing about the series in it.
      const health = error instanceof SyntaxError ? "UNHEALTHY" : "HEALTHY";
      throw badResponse({ operation, status: 200, health }, error.message, false);
    }
  };
  return {
    ...createAnalytics(http),
    accountCountrySeries: async (window, resolution, signal) =>
      (await read(accountCountries, [""], window, resolution, signal)).get("") ?? new Map(),
    streamCountrySeries: (names, window, resolution, signal) =>
      read(streamCountries, names, window, resolution, signal),
    trackingSeries: (ids, window, resolution, signal) => read(trackingStreams, ids, window, resolution, signal),
  };
}

const accountCountries = {
  operation: "Analytics_AccountGeoSeries",
  path: "account/geo_series",
  under: ["data", "geo"],
  param: null,
  decode: countedCountries,
} as const;
const streamCountries = {
  operation: "Analytics_StreamsGeoSeries",
  path: "streams/geo_series",
  under: ["data", "geo"],
  param: "streamNames",
  decode: countedCountries,
} as const;
const trackingStreams = {
  operation: "Analytics_GetSeriesBandwidthForTrackingId",
  path: "tracking/series",
  under: ["data"],
  param: "trackingIds",
  decode: streamRows,
} as const;

/**
 * Returns the buckets of each name, and of no other.
 *
 * @param names null if the response has one series without a name
 * @throws ShapeError, SyntaxError, or TypeError for bytes that are not UTF-8
 */
async function decodeBody<Row>(
  body: Buffer,
  under: readonly string[],
  names: readonly string[] | null,
  decode: Decode<Row[]>,
): Promise<BulkResult<Row>> {
  const result: BulkResult<Row> = new Map((names ?? [""]).map((name) => [name, new Map<number, Row[]>()]));
  const at = under.join(".");
  const depth = under.length + (names === null ? 1 : 2);
  const slices = createSlices();
  let isSuccess = false;
  for (const { path, start, end } of jsonValues(body, depth)) {
    const value = () => parseExact(utf8.decode(body.subarray(start, end)));
    if (path.length === 1 && path[0] === "status") isSuccess = value() === "success";
    if (!under.every((name, index) => path[index] === name || index >= path.length)) continue;
    if (path.length < depth) {
      // A series without usage may be null.
      if (value() !== null) throw new ShapeError(at, "an object");
      continue;
    }
    const buckets = result.get(names === null ? "" : (path[under.length] ?? ""));
    buckets?.set(instant(path.at(-1), at), decode(value(), at));
    const pause = slices();
    if (pause) await pause;
  }
  if (!isSuccess) throw new SyntaxError("status is not success");
  return result;
}
