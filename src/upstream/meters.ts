import type { ByMediaKind, DrmDay, DrmLicences, DrmSystem, MeteredDay } from "../model/usage/meters.ts";
import { iso, type TimeWindow } from "../model/usage/time.ts";
import type { components } from "./generated/analytics.ts";
import { count, type Decode, instant, integer, mapOf, number, object, optional } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";

/**
 * Client for what the account is charged for besides bandwidth, by UTC day; days without use are absent. Every method throws
 * UpstreamError when there is no usable response.
 */
export interface Meters {
  /** Returns minutes of ordered clips. @see GET /api/analytics/clip/series */
  clipDays(window: TimeWindow, signal?: AbortSignal): Promise<MeteredDay[]>;
  /** Returns gigabyte-hours of stored media, in decimal gigabytes. @see GET /api/analytics/storage/series */
  storageDays(window: TimeWindow, signal?: AbortSignal): Promise<MeteredDay[]>;
  /** Returns the billed gigabyte-hours, whole and in binary gigabytes (1024³ bytes). @see GET /api/analytics/media/storage/usage/billing */
  billedStorage(window: TimeWindow, signal?: AbortSignal): Promise<ByMediaKind<number>>;
  /** Returns the bytes that are stored now. @see GET /api/analytics/media/storage/usage */
  storedBytes(signal?: AbortSignal): Promise<ByMediaKind<bigint>>;
  /** Returns the requests for DRM licences. @see GET /api/analytics/drm/series */
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
    // The document describes this response without an envelope, and its example has one.
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

/** Sorts the days: the platform documents no order, and its examples have none. */
function inOrder<Day extends { readonly day: number }>(days: readonly Day[]): Day[] {
  return [...days].sort((a, b) => a.day - b.day);
}
