import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConformantSandbox, createConformantSandbox } from "../support/conformance.ts";
import { admitted, clientOf, publishToken, START, subscribeToken, type Wire } from "../support/sandbox.ts";

/**
 * Every figure of analytics is a sum of the same readings. So whatever the window: a total is the sum of its series, of
 * its tracking ids and of its countries, and all of them are the truth, to the byte.
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.parse(START) + 5 * HOUR_MS;
const FRESH = Date.parse("2025-06-18T15:30:00Z");
const iso = (ms: number) => new Date(ms).toISOString();

let sandbox: ConformantSandbox;

/** The seed, with five hours of live traffic on top: an encoder, and viewers of two partners in two countries. */
beforeAll(async () => {
  sandbox = await createConformantSandbox({ startAt: START, frozen: true });
  const feed = { token: publishToken(sandbox, "sydney-regatta").token, streamName: "sydney-regatta" };
  await admitted(sandbox.startFeed({ ...feed, bitsPerSecond: 5_000_001, seconds: 3.5 * 3600, country: "AU" }));
  const viewer = (label: string, streamName: string, country: string, bitsPerSecond: number, seconds: number) => {
    const { token } = subscribeToken(sandbox, label);
    return admitted(sandbox.attachViewers({ token, streamName, country, bitsPerSecond, seconds, count: 3 }));
  };
  await viewer("northwind-tv-derby-final", "derby-final", "FR", 2_345_677, 10_000);
  sandbox.clock.advance(17 * 60_000 + 123);
  await viewer("quayside-sydney-regatta", "sydney-regatta", "JP", 777_777, 9_999.123);
  sandbox.clock.set(NOW);
});

afterAll(() => sandbox.close());

const STREAMS = ["derby-final", "sydney-regatta", "world-feed", "city-council", "marathon", "opera-night", "rehearsal"];
const TRACKING_IDS = ["northwind-tv", "quayside", "orchid-stream", "freelance-desk", "nobody"];

/** Windows of whole hours in the last week, of whole days in the last year. */
const hourWindow = fc.tuple(fc.integer({ min: 0, max: 166 }), fc.integer({ min: 1, max: 60 })).map(([ago, length]) => {
  const from = Date.parse("2025-06-18T15:00:00Z") - ago * HOUR_MS;
  return { startDate: iso(from), stopDate: iso(from + length * HOUR_MS), resolution: "Hour" };
});
const dayWindow = fc.tuple(fc.integer({ min: 0, max: 364 }), fc.integer({ min: 1, max: 90 })).map(([ago, length]) => {
  const from = Date.parse("2025-06-18") - ago * DAY_MS;
  return { startDate: iso(from).slice(0, 10), stopDate: iso(from + length * DAY_MS).slice(0, 10), resolution: "Day" };
});
const anyWindow = fc.oneof(hourWindow, dayWindow);
const anyStream = fc.constantFrom(...STREAMS);

interface Window {
  readonly startDate: string;
  readonly stopDate: string;
  readonly resolution: string;
}

/** The window without its resolution, for operations that take none. */
const rangeOf = ({ startDate, stopDate }: Window) => ({ startDate, stopDate });

/** What analytics may show of a window: nothing after the newest quarter. */
const visible = ({ startDate, stopDate }: Window) => ({ from: startDate, to: Math.min(Date.parse(stopDate), FRESH) });

const sumOf = (rows: Iterable<Wire>, field: "bytesIn" | "bytesOut" | "secondsUsed"): bigint => {
  let sum = 0n;
  for (const row of rows) sum += BigInt(row[field]);
  return sum;
};
const bytesOf = (rows: Iterable<Wire>) => {
  const all = [...rows];
  return { bytesIn: sumOf(all, "bytesIn"), bytesOut: sumOf(all, "bytesOut") };
};
const ask = async (path: string, query: Record<string, string | readonly string[]>) => {
  const { status, body } = await clientOf(sandbox).get(`/api/analytics/${path}`, query);
  expect(status).toBe(200);
  return body.data;
};
const check = (runs: number, property: fc.IAsyncProperty<unknown>) =>
  fc.assert(property, { numRuns: runs, seed: 20250618 });

describe("sandbox usage of a stream", () => {
  it("equals the sum of its series, of its parts, of its countries, and the ground truth", () =>
    check(
      30,
      fc.asyncProperty(anyStream, anyWindow, async (stream, window) => {
        const query = { ...window, streamNames: [stream] };
        const range = { ...rangeOf(window), streamNames: [stream] };
        const total = (await ask("streams/total", range))[stream];
        const truth = sandbox.truth({ stream, ...visible(window) });
        expect(bytesOf([total])).toEqual({ bytesIn: truth.bytesIn, bytesOut: truth.bytesOut });
        expect(bytesOf([total.standardStream, total.restream, total.geoCascade])).toEqual(bytesOf([total]));

        const series = (await ask("streams/series", query))[stream];
        expect(bytesOf(Object.values(series.bandwidth))).toEqual(bytesOf([total]));
        for (const part of ["standardStream", "restream", "geoCascade"]) {
          expect(bytesOf(Object.values(series[part]))).toEqual(bytesOf([total[part]]));
        }
        expect(sumOf(Object.values(series.restream), "secondsUsed")).toBe(BigInt(total.restream.secondsUsed));
        expect(BigInt(total.restream.secondsUsed)).toBe(BigInt(truth.restream.secondsUsed));

        const geo = (await ask("streams/geo_total", range)).geo[stream];
        expect(bytesOf(Object.values(geo))).toEqual(bytesOf([total]));
        for (const country of Object.keys(geo)) {
          const { bytesIn, bytesOut } = sandbox.truth({ stream, country, ...visible(window) });
          expect(bytesOf([geo[country]])).toEqual({ bytesIn, bytesOut });
        }
        const geoSeries = (await ask("streams/geo_series", query)).geo[stream];
        expect(bytesOf(Object.values<Wire>(geoSeries).flatMap(Object.values))).toEqual(bytesOf([total]));
        const oldGeo = (await ask("streams/geo", range))[stream].geo;
        const bothWays = Object.values<Wire>(oldGeo).reduce((sum, { bytes }) => sum + BigInt(bytes), 0n);
        expect(bothWays).toBe(truth.bytesIn + truth.bytesOut);
      }),
    ));

  it("equals the sum over its tracking ids, except for pushes and relays", () =>
    check(
      30,
      fc.asyncProperty(anyStream, anyWindow, async (stream, window) => {
        const query = { ...window, streamNames: [stream] };
        const { standard } = sandbox.truth({ stream, ...visible(window) });
        const rows = (await ask("tracking/streams/total", { ...rangeOf(window), streamNames: [stream] }))[stream];
        expect(bytesOf(rows)).toEqual(standard);
        for (const { trackingId = null, ...row } of rows) {
          const truth = sandbox.truth({ stream, trackingId, ...visible(window) });
          expect(bytesOf([row])).toEqual({ bytesIn: truth.bytesIn, bytesOut: truth.bytesOut });
        }
        const series = (await ask("tracking/streams/series", query))[stream];
        expect(bytesOf(Object.values<Wire>(series).flat())).toEqual(standard);
      }),
    ));
});

describe("sandbox usage of a tracking id", () => {
  it("equals the sum of its streams and of its series, and the ground truth", () =>
    check(
      30,
      fc.asyncProperty(fc.constantFrom(...TRACKING_IDS), anyWindow, async (trackingId, window) => {
        const query = { ...window, trackingIds: [trackingId] };
        const { bytesIn, bytesOut } = sandbox.truth({ trackingId, ...visible(window) });
        const rows = (await ask("tracking/total", { ...rangeOf(window), trackingIds: [trackingId] }))[trackingId];
        expect(bytesOf(rows)).toEqual({ bytesIn, bytesOut });
        for (const { streamName, ...row } of rows) {
          const perStream = (await ask("tracking/streams/total", { ...rangeOf(window), streamNames: [streamName] }))[
            streamName
          ];
          expect(perStream).toContainEqual({ trackingId, ...row });
        }
        const series = (await ask("tracking/series", query))[trackingId];
        expect(bytesOf(Object.values<Wire>(series).flat())).toEqual({ bytesIn, bytesOut });
      }),
    ));
});

describe("sandbox usage of the account", () => {
  it("equals the sum of its streams, of its countries and of its series, and the ground truth", () =>
    check(
      8,
      fc.asyncProperty(
        fc.oneof(
          hourWindow,
          dayWindow.filter(({ startDate, stopDate }) => Date.parse(stopDate) - Date.parse(startDate) < 10 * DAY_MS),
        ),
        async (window) => {
          const total = await ask("account/total", rangeOf(window));
          const { bytesIn, bytesOut } = sandbox.truth(visible(window));
          expect(bytesOf([total])).toEqual({ bytesIn, bytesOut });
          const series = await ask("account/series", { ...window });
          expect(bytesOf(Object.values(series.bandwidth))).toEqual({ bytesIn, bytesOut });
          expect(bytesOf(Object.values((await ask("account/geo_total", rangeOf(window))).geo))).toEqual({
            bytesIn,
            bytesOut,
          });
          const geoSeries = (await ask("account/geo_series", { ...window })).geo;
          expect(bytesOf(Object.values<Wire>(geoSeries).flatMap(Object.values))).toEqual({ bytesIn, bytesOut });

          const names = [
            ...new Set(sandbox.tokens.publish().flatMap(({ streams }) => streams.map(({ streamName }) => streamName))),
          ]
            .filter((name) => !name.includes("popup-") && !name.includes("arena-cam"))
            .concat("popup-kiosk", "popup-expo", "arena-cam1", "arena-cam2", "arena-cam3", "arena-cam4");
          const streams: Wire[] = [];
          for (let first = 0; first < names.length; first += 10) {
            const data = await ask("streams/total", {
              ...rangeOf(window),
              streamNames: names.slice(first, first + 10),
            });
            streams.push(...Object.values(data));
          }
          expect(bytesOf(streams)).toEqual({ bytesIn, bytesOut });
        },
      ),
    ));
});
