import { LRUCache } from "lru-cache";
import type { PatternReadings } from "../cache/pattern-readings.ts";
import type { Tokens } from "../cache/token-cache.ts";
import { TokenIndex } from "../cache/token-index.ts";
import type { RegisteredPartner } from "../model/partner/partner.ts";
import { isUsable, type PublishTokenRecord, type SubscribeTokenRecord } from "../model/token/token.ts";
import { allThere, type MaybePromise, whenThere } from "../primitives/maybe-promise.ts";
import type { ViewerRecord, ViewerRecordsQuery } from "../upstream/viewer-records.ts";
import { partnerBandwidth } from "./bandwidth.ts";
import type { LiveStreamLoader } from "./live-streams.ts";
import { type Loaders, tokenByString } from "./loaders.ts";
import { registered } from "./partners.ts";
import type { FigureLoaders, Loader, SetLoader } from "./usage.ts";

/** Something behind the wall was asked to load what is not the partner's: a fault of the gateway, which answers nothing. */
export class WallError extends Error {
  constructor(what: string) {
    super(`a partner's caller asked for ${what}`);
    this.name = "WallError";
  }
}

/**
 * The wall between partners: the same loaders, but they can only be asked for what is the partner's own, and what comes
 * back is looked through once more. What is another's is not told from what does not exist, and costs no call either.
 */
export function behindWall(whole: Loaders, partner: RegisteredPartner, now: number): Loaders {
  const own: ReadonlySet<string> = new Set(partner.trackingIds);
  const ownIds = [...own];
  const tokens = () => whenThere(whole.tokens(), (all) => ownTokens(all, partner, whole.patternReadings));
  /** A stream is the partner's to see while a token of its own opens it. */
  const opens = (streamName: string) =>
    whenThere(tokens(), ({ subscribe }) => subscribe.covering(streamName).some((token) => isUsable(token, now)));
  const self = registered(partner);
  const figures = ownFigures(whole.figures, own);
  const assertOwn = (trackingId: string | null) => {
    if (trackingId === null || !own.has(trackingId)) throw new WallError("a foreign tracking id");
    return trackingId;
  };

  return {
    waves: whole.waves,
    patternReadings: whole.patternReadings,
    tokens,
    figures,
    liveStreams: ownLiveStreams(whole.liveStreams, opens),
    // Recordings and clips are the broadcaster's.
    mediaAssets: {
      byId: async () => null,
      first: () => Promise.reject(new WallError("the account's media")),
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
      clipDays: meterWalled,
      storageDays: meterWalled,
      billedStorage: meterWalled,
      storedBytes: meterWalled,
      drmDays: meterWalled,
    },
    transcoders: {
      all: () => Promise.reject(new WallError("transcoders")),
      byId: () => Promise.reject(new WallError("a transcoder")),
      days: () => Promise.reject(new WallError("minutes of transcoders")),
    },
    publishToken: async () => null,
    subscribeToken: async (id) => (await tokens()).subscribe.get(id) ?? null,
    subscribeTokenByString: async (text) => tokenByString(await tokens(), text),
    onAir: async (name) => ((await opens(name)) ? whole.onAir(name) : null),
    publishersOf: async (name) => ((await opens(name)) ? whole.publishersOf(name) : []),
    streamNames: () =>
      whenThere(whole.streamNames(), (names) => whenThere(openNames(tokens(), now), (isOpen) => names.filter(isOpen))),
    streamExists: (name) => whenThere(opens(name), (isOpen) => isOpen && whole.streamExists(name)),
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
    viewerRecords: (query) => ownRecords(whole, query, ownIds),
  };
}

/** The index of a partner's own tokens, kept until some token of the account or the partner's tracking ids change. */
const indexed = new WeakMap<readonly SubscribeTokenRecord[], LRUCache<string, Tokens>>();
const MAX_PARTNERS_INDEXED = 1_000;

function ownTokens(tokens: Tokens, { id, trackingIds }: RegisteredPartner, readings: PatternReadings): Tokens {
  const all = tokens.subscribe.all();
  const byPartner = indexed.get(all) ?? new LRUCache<string, Tokens>({ max: MAX_PARTNERS_INDEXED });
  indexed.set(all, byPartner);
  // The key begins with the partner: an index is never another's.
  const key = JSON.stringify([id, ...trackingIds]);
  const known = byPartner.get(key);
  if (known) return known;
  const subscribe = new TokenIndex<SubscribeTokenRecord>(readings);
  for (const trackingId of trackingIds) for (const token of tokens.withTrackingId(trackingId)) subscribe.put(token);
  const own: Tokens = {
    publish: new TokenIndex<PublishTokenRecord>(readings),
    subscribe,
    withTrackingId: (trackingId) => (trackingIds.includes(trackingId) ? tokens.withTrackingId(trackingId) : []),
    trackingIds: () => [...trackingIds].sort(),
  };
  byPartner.set(key, own);
  return own;
}

function openNames(tokens: MaybePromise<Tokens>, now: number): MaybePromise<(name: string) => boolean> {
  return whenThere(
    tokens,
    ({ subscribe }) =>
      (name) =>
        subscribe.covering(name).some((token) => isUsable(token, now)),
  );
}

function ownFigures(figures: FigureLoaders, own: ReadonlySet<string>): FigureLoaders {
  return {
    accountTotal: walled("figures of the account"),
    accountSeries: walled("figures of the account"),
    accountCountries: walled("figures of the account"),
    streamTotal: walled("all traffic of a stream"),
    streamSeries: walled("all traffic of a stream"),
    streamCountries: walled("all traffic of a stream"),
    trackingRowsByStream: walled("all tracking ids of a stream"),
    trackingRowSeriesByStream: walled("all tracking ids of a stream"),
    rowsByTrackingId: only(own, figures.rowsByTrackingId),
    rowSeriesByTrackingId: only(own, figures.rowSeriesByTrackingId),
  };
}

function meterWalled(): Promise<never> {
  return Promise.reject(new WallError("meters of the account"));
}

function walled<Key, Value>(what: string): SetLoader<Key, Value> {
  return {
    load: () => Promise.reject(new WallError(what)),
    ahead: () => {
      throw new WallError(what);
    },
  };
}

function only<Key extends { readonly name: string }, Value>(
  own: ReadonlySet<string>,
  loader: Loader<Key, Value>,
): Loader<Key, Value> {
  return {
    load: (key) => (own.has(key.name) ? loader.load(key) : Promise.reject(new WallError("a foreign tracking id"))),
  };
}

/** Whether a stream is live is told of the partner's streams; how many watch it and who feeds it is not for partners. */
function ownLiveStreams(live: LiveStreamLoader, opens: (name: string) => MaybePromise<boolean>): LiveStreamLoader {
  return {
    all: async () => {
      const streams = [...(await live.all()).values()];
      const isOpen = await allThere(streams.map(({ name }) => opens(name)));
      return new Map(streams.flatMap((stream, index) => (isOpen[index] ? [[stream.name, stream] as const] : [])));
    },
    byName: (name) => whenThere(opens(name), (isOpen) => (isOpen ? live.byName(name) : null)),
    withFeeds: () => Promise.reject(new WallError("the feeds of a stream")),
    details: () => Promise.reject(new WallError("the feeds of a stream")),
  };
}

/** The platform filters by tracking ids or by streams: by tracking ids always, so the streams are left to us. */
async function* ownRecords(
  whole: Loaders,
  { streamNames, trackingIds, ...query }: ViewerRecordsQuery,
  ownIds: readonly string[],
): AsyncGenerator<ViewerRecord> {
  const wanted = trackingIds ? ownIds.filter((trackingId) => trackingIds.includes(trackingId)) : ownIds;
  if (wanted.length === 0) return;
  for await (const record of whole.viewerRecords({ ...query, trackingIds: wanted })) {
    const isOwn = record.trackingId !== null && wanted.includes(record.trackingId);
    if (isOwn && (!streamNames || streamNames.includes(record.streamName))) yield record;
  }
}
