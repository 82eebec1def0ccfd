import type { PartnerTokens } from "../cache/partner-tokens.ts";
import type { TokenSnapshot } from "../cache/token-cache.ts";
import type { RegisteredPartner } from "../model/partner/partner.ts";
import { isUsable } from "../model/token/token.ts";
import { ceilTo, DAY_MS } from "../model/usage/time.ts";
import { allMaybe, type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import type { PartnerStore } from "../store/partners.ts";
import type { ViewerRecord, ViewerRecordsQuery } from "../upstream/viewer-records.ts";
import { archiveOfTrackingIds, pagesOfTrackingIds, type ReadableTrackingIds } from "./archived-usage.ts";
import type { LiveStreamLoader } from "./live-streams.ts";
import { type AttendanceDays, type Loaders, tokenByString } from "./loaders.ts";
import { toPartnerRecord } from "./partners.ts";
import { createPartnerBandwidth } from "./tracking-bandwidth.ts";
import { oneRowPerTrackingId } from "./tracking-rows.ts";
import type { PrefetchingLoader, UsageLoaders } from "./usage.ts";

/** Loaders of a partner received a key of another tenant: a bug of the gateway, so the field fails. */
export class TenantIsolationError extends Error {
  constructor(denied: string) {
    super(`loaders of a partner must not load ${denied}`);
    this.name = "TenantIsolationError";
  }
}

/**
 * Returns loaders that load only data of the partner.
 *
 * Loaded data is filtered as well. Data of another tenant looks like data that does not exist, and costs no call.
 */
export function scopeToPartner(
  unscoped: Loaders,
  partner: RegisteredPartner,
  partnerTokens: PartnerTokens,
  formerHolders: PartnerStore["formerHolders"],
  now: number,
): Loaders {
  const own: ReadonlySet<string> = new Set(partner.trackingIds);
  const ownIds = [...own];
  const tokens = () => mapMaybe(unscoped.tokens(), (all) => partnerTokens(all, partner));
  /**
   * Returns whether a usable token of the partner opens the stream, which makes the stream visible to
   * it.
   */
  const opens = (streamName: string) => mapMaybe(tokens(), (snapshot) => isOpened(snapshot, streamName, now));
  const self = toPartnerRecord(partner);
  /** Loads when the last other partner lost the tracking id, in milliseconds: earlier archived usage is that partner's. */
  const since = async (trackingId: string) => {
    const others = (await formerHolders(trackingId)).filter(({ partnerId }) => partnerId !== partner.id);
    return Math.max(0, ...others.map(({ heldUntil }) => heldUntil));
  };
  const readable = { own, since, denied: () => new TenantIsolationError("archived usage of another tenant") };
  const usage = ownUsage(unscoped.usage, readable);
  const partnerBandwidth = createPartnerBandwidth(usage);
  const assertOwn = (trackingId: string | null) => {
    if (trackingId === null || !own.has(trackingId)) throw new TenantIsolationError("a tracking id of another tenant");
    return trackingId;
  };

  return {
    batchScheduler: unscoped.batchScheduler,
    tokens,
    usage,
    partnerBandwidth,
    liveStreams: ownLiveStreams(unscoped.liveStreams, opens),
    // Recordings and clips belong to the broadcaster.
    mediaAssets: {
      byId: async () => null,
      first: () => Promise.reject(new TenantIsolationError("the account's media")),
      forget: () => undefined,
    },
    mediaDistribution: async () => null,
    partners: {
      byId: async (id) => (id === partner.id ? self : null),
      byTrackingId: async (trackingId) => (own.has(trackingId) ? self : null),
      of: async (trackingIds) => ([...trackingIds].some((trackingId) => own.has(trackingId)) ? [self] : []),
      all: async () => [self],
    },
    meters: {
      clipDays: meterDenied,
      storageDays: meterDenied,
      billedStorage: meterDenied,
      storedBytes: meterDenied,
      drmDays: meterDenied,
    },
    transcoders: {
      all: () => Promise.reject(new TenantIsolationError("transcoders")),
      byId: () => Promise.reject(new TenantIsolationError("a transcoder")),
      days: () => Promise.reject(new TenantIsolationError("minutes of transcoders")),
    },
    publishToken: () => null,
    subscribeToken: (id) => mapMaybe(tokens(), ({ subscribe }) => subscribe.get(id) ?? null),
    subscribeTokenByString: async (text) => tokenByString(await tokens(), text),
    onAir: async (name) => ((await opens(name)) ? unscoped.onAir(name) : null),
    publishersOf: async (name) => ((await opens(name)) ? unscoped.publishersOf(name) : []),
    streamNames: () =>
      mapMaybe(unscoped.streamNames(), (names) =>
        mapMaybe(tokens(), (snapshot) => names.filter((name) => isOpened(snapshot, name, now))),
      ),
    streamExists: (name) => mapMaybe(opens(name), (isOpen) => isOpen && unscoped.streamExists(name)),
    seesLiveState: opens,
    streamBandwidth: (name) => partnerBandwidth(ownIds, name),
    streamTrackingBandwidth: (name, trackingId) => partnerBandwidth([assertOwn(trackingId)], name),
    trackingRows: async (name, window) => {
      const rows = await Promise.all(
        ownIds.map(async (trackingId) => {
          const { value: streams } = await usage.rowsByTrackingId.load({ name: trackingId, window });
          return streams.flatMap(({ streamName, traffic }) => (streamName === name ? [{ trackingId, traffic }] : []));
        }),
      );
      return oneRowPerTrackingId(rows.flat());
    },
    archivePages: pagesOfTrackingIds(unscoped.archivePages, readable),
    viewerRecords: (query) => ownRecords(unscoped, query, ownIds),
    attendanceDays: async (window, { streamNames, trackingIds }) => {
      const wanted = trackingIds ? ownIds.filter((trackingId) => trackingIds.includes(trackingId)) : ownIds;
      const parts = await Promise.all(
        wanted.map(async (trackingId) => {
          // A day in which another partner had the tracking id is partly that partner's.
          const from = Math.max(window.from, ceilTo(await since(trackingId), DAY_MS));
          if (from >= window.to) return NO_DAYS;
          return unscoped.attendanceDays({ from, to: window.to }, { streamNames, trackingIds: [trackingId] });
        }),
      );
      const days = new Set(parts.flatMap((part) => part.days));
      return { days: [...days].sort((a, b) => a - b), rows: parts.flatMap(({ rows }) => rows) };
    },
  };
}

const NO_DAYS: AttendanceDays = { days: [], rows: [] };

function isOpened({ subscribe }: TokenSnapshot, streamName: string, now: number): boolean {
  return subscribe.covering(streamName).some((token) => isUsable(token, now));
}

function ownUsage(usage: UsageLoaders, readable: ReadableTrackingIds): UsageLoaders {
  const { own } = readable;
  return {
    accountTotal: denied("usage of the account"),
    accountSeries: denied("usage of the account"),
    accountCountries: denied("usage of the account"),
    accountCountrySeries: denied("usage of the account"),
    streamTotal: denied("all traffic of a stream"),
    streamSeries: denied("all traffic of a stream"),
    streamCountries: denied("all traffic of a stream"),
    streamCountrySeries: denied("all traffic of a stream"),
    trackingRowsByStream: denied("all tracking ids of a stream"),
    trackingRowSeriesByStream: denied("all tracking ids of a stream"),
    rowsByTrackingId: restrictTo(own, usage.rowsByTrackingId),
    rowSeriesByTrackingId: restrictTo(own, usage.rowSeriesByTrackingId),
    archived: archiveOfTrackingIds(usage.archived, readable),
  };
}

function meterDenied(): Promise<never> {
  return Promise.reject(new TenantIsolationError("meters of the account"));
}

function denied<Key, Value>(data: string): PrefetchingLoader<Key, Value> {
  return {
    load: () => Promise.reject(new TenantIsolationError(data)),
    prefetch: () => {
      throw new TenantIsolationError(data);
    },
  };
}

function restrictTo<Key extends { readonly name: string }, Value>(
  own: ReadonlySet<string>,
  loader: PrefetchingLoader<Key, Value>,
): PrefetchingLoader<Key, Value> {
  const error = () => new TenantIsolationError("a tracking id of another tenant");
  return {
    load: (key) => (own.has(key.name) ? loader.load(key) : Promise.reject(error())),
    prefetch: (key) => {
      if (!own.has(key.name)) throw error();
      return loader.prefetch(key);
    },
  };
}

/**
 * Loads whether streams of the partner are live.
 *
 * Numbers of viewers and feeds are hidden from partners.
 */
function ownLiveStreams(live: LiveStreamLoader, opens: (name: string) => MaybePromise<boolean>): LiveStreamLoader {
  return {
    all: async () => {
      const streams = [...(await live.all()).values()];
      const isOpen = await allMaybe(streams.map(({ name }) => opens(name)));
      return new Map(streams.flatMap((stream, index) => (isOpen[index] ? [[stream.name, stream] as const] : [])));
    },
    byName: (name) => mapMaybe(opens(name), (isOpen) => (isOpen ? live.byName(name) : null)),
    withFeeds: () => Promise.reject(new TenantIsolationError("the feeds of a stream")),
    details: () => Promise.reject(new TenantIsolationError("the feeds of a stream")),
  };
}

/**
 * Yields records of the partner.
 *
 * The platform filters by tracking ids or by streams, so streams are filtered here.
 */
async function* ownRecords(
  unscoped: Loaders,
  { streamNames, trackingIds, ...query }: ViewerRecordsQuery,
  ownIds: readonly string[],
): AsyncGenerator<ViewerRecord> {
  const wanted = trackingIds ? ownIds.filter((trackingId) => trackingIds.includes(trackingId)) : ownIds;
  if (wanted.length === 0) return;
  for await (const record of unscoped.viewerRecords({ ...query, trackingIds: wanted })) {
    const isOwn = record.trackingId !== null && wanted.includes(record.trackingId);
    if (isOwn && (!streamNames || streamNames.includes(record.streamName))) yield record;
  }
}
