import { LRUCache } from "lru-cache";
import type { PatternReadings } from "../cache/pattern-readings.ts";
import type { TokenSnapshot } from "../cache/token-cache.ts";
import { TokenIndex } from "../cache/token-index.ts";
import type { RegisteredPartner } from "../model/partner/partner.ts";
import { isUsable, type PublishTokenRecord, type SubscribeTokenRecord } from "../model/token/token.ts";
import { allMaybe, type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import type { ViewerRecord, ViewerRecordsQuery } from "../upstream/viewer-records.ts";
import { partnerBandwidth } from "./bandwidth.ts";
import type { LiveStreamLoader } from "./live-streams.ts";
import { type Loaders, tokenByString } from "./loaders.ts";
import { toPartnerRecord } from "./partners.ts";
import type { Loader, PrefetchingLoader, UsageLoaders } from "./usage.ts";

/** Something behind the wall was asked to load what is not the partner's: a fault of the gateway, which answers nothing. */
export class TenantIsolationError extends Error {
  constructor(what: string) {
    super(`a partner's caller asked for ${what}`);
    this.name = "WallError";
  }
}

/**
 * The wall between partners: the same loaders, but they can only be asked for what is the partner's own, and what comes
 * back is looked through once more. What is another's is not told from what does not exist, and costs no call either.
 */
export function scopeToPartner(unscoped: Loaders, partner: RegisteredPartner, now: number): Loaders {
  const own: ReadonlySet<string> = new Set(partner.trackingIds);
  const ownIds = [...own];
  const tokens = () => mapMaybe(unscoped.tokens(), (all) => ownTokens(all, partner, unscoped.patternReadings));
  /** A stream is the partner's to see while a token of its own opens it. */
  const opens = (streamName: string) =>
    mapMaybe(tokens(), ({ subscribe }) => subscribe.covering(streamName).some((token) => isUsable(token, now)));
  const self = toPartnerRecord(partner);
  const figures = ownUsage(unscoped.usage, own);
  const assertOwn = (trackingId: string | null) => {
    if (trackingId === null || !own.has(trackingId)) throw new TenantIsolationError("a foreign tracking id");
    return trackingId;
  };

  return {
    batchScheduler: unscoped.batchScheduler,
    patternReadings: unscoped.patternReadings,
    tokens,
    usage: figures,
    liveStreams: ownLiveStreams(unscoped.liveStreams, opens),
    // Recordings and clips are the broadcaster's.
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
    publishToken: async () => null,
    subscribeToken: async (id) => (await tokens()).subscribe.get(id) ?? null,
    subscribeTokenByString: async (text) => tokenByString(await tokens(), text),
    onAir: async (name) => ((await opens(name)) ? unscoped.onAir(name) : null),
    publishersOf: async (name) => ((await opens(name)) ? unscoped.publishersOf(name) : []),
    streamNames: () =>
      mapMaybe(unscoped.streamNames(), (names) => mapMaybe(openNames(tokens(), now), (isOpen) => names.filter(isOpen))),
    streamExists: (name) => mapMaybe(opens(name), (isOpen) => isOpen && unscoped.streamExists(name)),
    seesLiveState: opens,
    streamBandwidth: (name) => partnerBandwidth(figures, ownIds, name),
    streamTrackingBandwidth: (name, trackingId) => partnerBandwidth(figures, [assertOwn(trackingId)], name),
    trackingRows: async (name, window) => {
      const rows = await Promise.all(
        ownIds.map(async (trackingId) => {
          const { value: streams } = await figures.rowsByTrackingId.load({ name: trackingId, window });
          return streams.flatMap(({ streamName, traffic }) => (streamName === name ? [{ trackingId, traffic }] : []));
        }),
      );
      return rows.flat();
    },
    viewerRecords: (query) => ownRecords(unscoped, query, ownIds),
  };
}

/** The index of a partner's own tokens, kept until some token of the account or the partner's tracking ids change. */
const indexed = new WeakMap<readonly SubscribeTokenRecord[], LRUCache<string, TokenSnapshot>>();
const MAX_PARTNERS_INDEXED = 1_000;

function ownTokens(
  tokens: TokenSnapshot,
  { id, trackingIds }: RegisteredPartner,
  readings: PatternReadings,
): TokenSnapshot {
  const all = tokens.subscribe.all();
  const byPartner = indexed.get(all) ?? new LRUCache<string, TokenSnapshot>({ max: MAX_PARTNERS_INDEXED });
  indexed.set(all, byPartner);
  // The key begins with the partner: an index is never another's.
  const key = JSON.stringify([id, ...trackingIds]);
  const known = byPartner.get(key);
  if (known) return known;
  const subscribe = new TokenIndex<SubscribeTokenRecord>(readings);
  for (const trackingId of trackingIds) for (const token of tokens.withTrackingId(trackingId)) subscribe.put(token);
  const own: TokenSnapshot = {
    publish: new TokenIndex<PublishTokenRecord>(readings),
    subscribe,
    withTrackingId: (trackingId) => (trackingIds.includes(trackingId) ? tokens.withTrackingId(trackingId) : []),
    trackingIds: () => [...trackingIds].sort(),
  };
  byPartner.set(key, own);
  return own;
}

function openNames(tokens: MaybePromise<TokenSnapshot>, now: number): MaybePromise<(name: string) => boolean> {
  return mapMaybe(
    tokens,
    ({ subscribe }) =>
      (name) =>
        subscribe.covering(name).some((token) => isUsable(token, now)),
  );
}

function ownUsage(figures: UsageLoaders, own: ReadonlySet<string>): UsageLoaders {
  return {
    accountTotal: denied("figures of the account"),
    accountSeries: denied("figures of the account"),
    accountCountries: denied("figures of the account"),
    streamTotal: denied("all traffic of a stream"),
    streamSeries: denied("all traffic of a stream"),
    streamCountries: denied("all traffic of a stream"),
    trackingRowsByStream: denied("all tracking ids of a stream"),
    trackingRowSeriesByStream: denied("all tracking ids of a stream"),
    rowsByTrackingId: restrictTo(own, figures.rowsByTrackingId),
    rowSeriesByTrackingId: restrictTo(own, figures.rowSeriesByTrackingId),
  };
}

function meterDenied(): Promise<never> {
  return Promise.reject(new TenantIsolationError("meters of the account"));
}

function denied<Key, Value>(what: string): PrefetchingLoader<Key, Value> {
  return {
    load: () => Promise.reject(new TenantIsolationError(what)),
    prefetch: () => {
      throw new TenantIsolationError(what);
    },
  };
}

function restrictTo<Key extends { readonly name: string }, Value>(
  own: ReadonlySet<string>,
  loader: Loader<Key, Value>,
): Loader<Key, Value> {
  return {
    load: (key) =>
      own.has(key.name) ? loader.load(key) : Promise.reject(new TenantIsolationError("a foreign tracking id")),
  };
}

/** Whether a stream is live is told of the partner's streams; how many watch it and who feeds it is not for partners. */
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

/** The platform filters by tracking ids or by streams: by tracking ids always, so the streams are left to us. */
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
