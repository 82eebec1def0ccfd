import type { Account } from "../account.ts";
import { DAY_MS, floorTo, isoSeconds, overlap, type Span } from "../calendar.ts";
import type { Clock } from "../clock.ts";
import { json, success } from "../http/response.ts";
import type { Route } from "../http/route.ts";
import type { Lag } from "../lag.ts";
import type { Ledger } from "../ledger.ts";
import { type MediaAsset, secondsOf, storedByteMs, storedBytes } from "../media/asset.ts";
import type { Media } from "../media/media.ts";
import { covers, type PublishToken } from "../tokens/token.ts";
import type { TokenRepository } from "../tokens/token-repository.ts";
import { minutesIn } from "../transcoders/transcoder.ts";
import type { Transcoders } from "../transcoders/transcoders.ts";
import { sumOf } from "../usage.ts";
import { freshUntil, horizonOf, seriesBuckets } from "./coverage.ts";
import { readRequest } from "./request.ts";
import { keyed } from "./response-shapes.ts";

/** Parts that the further meters read. */
export interface MeteredParts {
  readonly account: Account;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly lag: Lag;
  readonly media: Media;
  readonly publishTokens: TokenRepository<PublishToken>;
  readonly transcoders: Transcoders;
}

/**
 * Creates the meters of transcoder minutes, clip minutes, storage and DRM licences.
 *
 * A day counts if it begins in the range. Figures change at the quarter hour; those of transcoders when the day is
 * over.
 *
 * @see GET /api/analytics/{transcoder,clip,storage,media/storage,drm}/*
 */
export function meterRoutes(parts: MeteredParts): Route[] {
  const { account, clock, media, transcoders } = parts;
  const get = (
    path: string,
    operation: string,
    respond: (query: URLSearchParams) => ReturnType<typeof success>,
  ): Route => ({
    method: "GET",
    path: `/api/analytics/${path}`,
    operationId: `Analytics_${operation}`,
    access: "api secret",
    handle: ({ query }) => respond(query),
  });
  const ask = (query: URLSearchParams) => readRequest(query, {}, horizonOf(parts));
  const daysOf = (query: URLSearchParams) => {
    const { range, horizon } = ask(query);
    return seriesBuckets(range, "Day", horizon);
  };

  /** Returns the minutes of each transcoder on each day that is over and had any. */
  const transcoderDays = (query: URLSearchParams) => {
    const today = floorTo(clock.now(), DAY_MS);
    return daysOf(query)
      .filter(({ span }) => span.from < today)
      .map(({ key, span }) => ({
        key,
        rows: transcoders
          .all()
          .map((one) => ({ transcoderId: one.transcoderId, minutesUsed: minutesIn(one, span) }))
          .filter(({ minutesUsed }) => minutesUsed > 0),
      }))
      .filter(({ rows }) => rows.length > 0);
  };

  const drmDays = (query: URLSearchParams) =>
    daysOf(query).map(({ key, span }) => ({ key, licences: bySystem(licencesIn(parts, span)) }));

  return [
    get("transcoder/total", "GetTotalTranscoderMinutesForAccount", (query) => {
      const { range } = ask(query);
      const rows = transcoderDays(query).flatMap((day) => day.rows);
      return success({
        streamAccountId: account.accountId,
        startDate: isoSeconds(range.from),
        endDate: isoSeconds(range.to),
        transcoderMinutesUsed: rows.reduce((sum, { minutesUsed }) => sum + minutesUsed, 0),
      });
    }),
    get("transcoder/series", "GetSeriesTranscoderMinutesForAccount", (query) =>
      success({
        streamAccountId: account.accountId,
        transcoder: keyed(
          transcoderDays(query),
          ({ key }) => key,
          ({ rows }) => rows,
        ),
      }),
    ),
    get("clip/series", "GetClipSeries", (query) => {
      const days = daysOf(query).map(({ key, span }) => ({ key, minutes: clipMinutesIn(media.assets(), span) }));
      return success({ series: sparse(days, ({ minutes }) => minutes) });
    }),
    get("storage/series", "GetStorageSeries", (query) => {
      const assets = media.assets();
      const days = daysOf(query).map(({ key, span }) => ({ key, byteMs: sumOver(assets, span) }));
      return success({ series: sparse(days, ({ byteMs }) => Number(byteMs) / MS_PER_HOUR / 1e9) });
    }),
    get("media/storage/usage", "MediaAssetUsage", () => {
      const now = clock.now();
      const assets = media.assets();
      const bytes = perKind((type) =>
        assets.reduce((sum, asset) => (asset.type === type ? sum + storedBytes(asset, now) : sum), 0n),
      );
      return success({ totalBytes: total(bytes), ...bytes });
    }),
    get("media/storage/usage/billing", "MediaAssetUsageBillable", (query) => {
      const { range, horizon } = ask(query);
      const span = overlap(range, { from: horizon.meteredSince, to: freshUntil(horizon) });
      const assets = media.assets();
      // Whole minutes, as the schema has them, rounded down; the total is the sum of what is shown.
      const hours = perKind(
        (type) =>
          sumOver(
            assets.filter((asset) => asset.type === type),
            span,
          ) /
          (BigInt(MS_PER_HOUR) * 1024n ** 3n),
      );
      return success({ gigabyteHours: total(hours), ...hours });
    }),
    // The schema has these two without an envelope, the published examples with one. The schema decides.
    get("drm/series", "GetDrmDailyUsage", (query) => {
      const days = drmDays(query).filter(({ licences }) => sumOfSystems(licences) > 0);
      const details = keyed(
        days,
        ({ key }) => key,
        ({ licences }) => outcomesOf(licences),
      );
      return json(200, { license: { totals: outcomes(sumOfSystems(over(days))), details } });
    }),
    get("drm/total", "GetDrmTotalUsage", (query) => {
      const licences = over(drmDays(query));
      return json(200, { license: { totals: outcomes(sumOfSystems(licences)), details: outcomesOf(licences) } });
    }),
  ];
}

const MS_PER_HOUR = 3_600_000;

/** Returns the minutes of the clips ordered in a span, rounded up for each clip: undocumented. */
function clipMinutesIn(assets: readonly MediaAsset[], { from, to }: Span): number {
  return assets
    .filter(({ type, createdAt }) => type === "clip" && createdAt >= from && createdAt < to)
    .reduce((sum, clip) => sum + Math.ceil(secondsOf(clip, to) / 60), 0);
}

function sumOver(assets: readonly MediaAsset[], span: Span): bigint {
  return span.to > span.from ? assets.reduce((sum, asset) => sum + storedByteMs(asset, span), 0n) : 0n;
}

/** Returns an object of the days with a value, by date. */
function sparse<D extends { readonly key: string }>(
  days: readonly D[],
  value: (day: D) => number,
): Record<string, number> {
  return keyed(
    days.filter((day) => value(day) > 0),
    ({ key }) => key.slice(0, 10),
    value,
  );
}

function perKind(value: (type: MediaAsset["type"]) => bigint) {
  return { recordings: value("recording"), clips: value("clip"), timelines: value("timeline"), vod: 0n };
}

function total(kinds: ReturnType<typeof perKind>): bigint {
  return kinds.recordings + kinds.clips + kinds.timelines + kinds.vod;
}

/**
 * Each viewer of a stream with DRM gets one licence.
 *
 * Viewers passed the Director's check before, so none is denied one.
 */
function licencesIn({ ledger, publishTokens }: MeteredParts, span: Span): number {
  const protecting = publishTokens.all().filter(({ drm }) => drm);
  return ledger
    .streamNames()
    .filter((streamName) => protecting.some((token) => covers(token, streamName)))
    .reduce((sum, streamName) => sum + sumOf(ledger.readings(streamName, span)).views, 0);
}

/** Licences by DRM system; none uses PlayReady. */
interface Licences {
  readonly widevine: number;
  readonly fairPlay: number;
}

/** A quarter of the viewers use Apple's devices. */
function bySystem(licences: number): Licences {
  const fairPlay = Math.floor(licences / 4);
  return { widevine: licences - fairPlay, fairPlay };
}

function over(days: readonly { readonly licences: Licences }[]): Licences {
  const sum = (system: keyof Licences) => days.reduce((all, { licences }) => all + licences[system], 0);
  return { widevine: sum("widevine"), fairPlay: sum("fairPlay") };
}

function sumOfSystems({ widevine, fairPlay }: Licences): number {
  return widevine + fairPlay;
}

function outcomesOf({ widevine, fairPlay }: Licences) {
  return { playReady: outcomes(0), widevine: outcomes(widevine), fairPlay: outcomes(fairPlay) };
}

function outcomes(ok: number) {
  return { ok, fail: 0, denied: 0 };
}
