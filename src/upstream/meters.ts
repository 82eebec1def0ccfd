import type { ByMediaKind, DrmDay, DrmLicences, DrmSystem, MeteredDay } from "../model/usage/meters.ts";
import { iso, type TimeWindow } from "../model/usage/time.ts";
import type { components } from "./generated/analytics.ts";
import { count, type Decode, instant, integer, mapOf, number, object, optional } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";

/**
 * What the account is charged for beside bandwidth, by UTC days: days on which nothing was used are left out. Every method
 * throws UpstreamError when there is no usable answer.
 */
export interface Meters {
  /** Minutes of the clips that were ordered. @see GET /api/analytics/clip/series */
  clipDays(window: TimeWindow, signal?: AbortSignal): Promise<MeteredDay[]>;
  /** Decimal gigabytes, times the hours that they were kept. @see GET /api/analytics/storage/series */
  storageDays(window: TimeWindow, signal?: AbortSignal): Promise<MeteredDay[]>;
  /** Whole binary gigabytes (1024³ bytes), times the hours. @see GET /api/analytics/media/storage/usage/billing */
  billedStorage(window: TimeWindow, signal?: AbortSignal): Promise<ByMediaKind<number>>;
  /** Bytes that are kept now. @see GET /api/analytics/media/storage/usage */
  storedBytes(signal?: AbortSignal): Promise<ByMediaKind<bigint>>;
  /** Requests for DRM licences. @see GET /api/analytics/drm/series */
  drmDays(window: TimeWindow, signal?: AbortSignal): Promise<DrmDay[]>;
}

export function createMeters(http: Http): Meters {
  const read = <T>(operation: string, path: string, window: TimeWindow, decode: (data: unknown) => T) => {
    const query = { startDate: dateParam(window.from), stopDate: dateParam(window.to) };
    return (signal?: AbortSignal, success?: "MAYBE_BARE") =>
      http.read({
        operation,
        path: `/api/analytics/${path}`,
        query,
        decode,
        signal,
        ...(success && { success }),
      });
  };
  return {
    clipDays: (window, signal) => read("Analytics_GetClipSeries", "clip/series", window, days)(signal),
    storageDays: (window, signal) => read("Analytics_GetStorageSeries", "storage/series", window, days)(signal),
    billedStorage: (window, signal) =>
      read("Analytics_MediaAssetUsageBillable", "media/storage/usage/billing", window, (data) => {
        const wire = object<Schemas["MediaAssetBillableUsage"]>(data, "data");
        return byKind({ ...wire, total: wire.gigabyteHours }, (value, at) => Number(count(value, at)));
      })(signal),
    storedBytes: (signal) =>
      http.read({
        operation: "Analytics_MediaAssetUsage",
        path: "/api/analytics/media/storage/usage",
        decode: (data) => {
          const wire = object<Schemas["MediaAssetUsage"]>(data, "data");
          return byKind({ ...wire, total: wire.totalBytes }, count);
        },
        signal,
      }),
    // The document has this one bare, and its example in the envelope.
    drmDays: (window, signal) =>
      read("Analytics_GetDrmDailyUsage", "drm/series", window, drmDays)(signal, "MAYBE_BARE"),
  };
}

type Schemas = components["schemas"];

function dateParam(time: number): string {
  return iso(time).replace("T00:00:00Z", "");
}

function days(data: unknown): MeteredDay[] {
  const { series } = object<Schemas["ClipSeriesResult"]>(data, "data");
  return inOrder(
    [...mapOf(series ?? {}, "data.series", number)].map(([day, amount]) => ({
      day: instant(day, "data.series"),
      amount,
    })),
  );
}

function byKind<Amount>(
  wire: { readonly [Kind in keyof ByMediaKind<unknown>]?: unknown },
  amount: Decode<Amount>,
): ByMediaKind<Amount> {
  const of = (kind: keyof ByMediaKind<unknown>) => amount(wire[kind], `data.${kind}`);
  return {
    total: of("total"),
    recordings: of("recordings"),
    clips: of("clips"),
    timelines: of("timelines"),
    vod: of("vod"),
  };
}

function drmDays(data: unknown): DrmDay[] {
  const wire = object<Schemas["DrmDetailedUsageResponse"]>(data, "data");
  const { details } = object<Schemas["LicenseUsageSeries"]>(wire.license ?? {}, "data.license");
  return inOrder(
    [...mapOf(details ?? {}, "data.license.details", systems)].map(([day, each]) => ({
      day: instant(day, "data.license.details"),
      systems: each,
    })),
  );
}

function systems(value: unknown, at: string): Readonly<Record<DrmSystem, DrmLicences>> {
  const wire = object<Schemas["DrmSchemaUsage"]>(value, at);
  return {
    FAIRPLAY: licences(wire.fairPlay, `${at}.fairPlay`),
    PLAYREADY: licences(wire.playReady, `${at}.playReady`),
    WIDEVINE: licences(wire.widevine, `${at}.widevine`),
  };
}

function licences(value: unknown, at: string): DrmLicences {
  const wire = object<Schemas["UsagePerStatus"]>(value ?? {}, at);
  const number = (outcome: "ok" | "fail" | "denied") => optional(wire[outcome], `${at}.${outcome}`, integer) ?? 0;
  return { issued: number("ok"), failed: number("fail"), denied: number("denied") };
}

/** The platform's own examples are not in order. */
function inOrder<Day extends { readonly day: number }>(days: readonly Day[]): Day[] {
  return [...days].sort((a, b) => a.day - b.day);
}
