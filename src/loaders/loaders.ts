import type { AccountCache } from "../cache/account-cache.ts";
import type { DiscoveredNames } from "../cache/discovered-names.ts";
import type { LiveStreamCache } from "../cache/live-stream-cache.ts";
import type { PartnerCache } from "../cache/partner-cache.ts";
import type { StreamCatalog } from "../cache/stream-catalog.ts";
import type { TokenCache, TokenSnapshot } from "../cache/token-cache.ts";
import type { UsageCache } from "../cache/usage-cache.ts";
import { UsageReader } from "../cache/usage-reader.ts";
import type { MediaDistributionRecord } from "../model/media/media.ts";
import { liveFeeds } from "../model/stream/feed-ranking.ts";
import { isMetered } from "../model/stream/stream.ts";
import { hasNameLength } from "../model/text.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../model/token/token.ts";
import type { OnAir } from "../model/token/viewer-token.ts";
import { allDaysRetained } from "../model/usage/retention.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import { hasBytes } from "../model/usage/traffic.ts";
import type { AttendanceRow } from "../model/viewing/attendance.ts";
import { type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import type { ArchivePages } from "../store/archive/archive-pages.ts";
import type { AttendanceSelection } from "../store/attendance.ts";
import type { Store } from "../store/store.ts";
import type { TrackingRow } from "../upstream/analytics.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { ViewerRecord, ViewerRecordsQuery } from "../upstream/viewer-records.ts";
import { createArchivedUsage } from "./archived-usage.ts";
import type { BandwidthSource } from "./bandwidth-source.ts";
import { type BatchScheduler, createBatchScheduler } from "./batch-scheduler.ts";
import { createLiveStreamLoader, type LiveStreamLoader } from "./live-streams.ts";
import { createMediaAssetLoader, type MediaAssetLoader } from "./media-assets.ts";
import { createMeterLoader, type MeterLoader } from "./meters.ts";
import { createPartnerLoader, type PartnerLoader } from "./partners.ts";
import type { Staleness } from "./staleness.ts";
import { streamBandwidth } from "./stream-bandwidth.ts";
import { createPartnerBandwidth, type PartnerBandwidth, streamTrackingBandwidth } from "./tracking-bandwidth.ts";
import { oneRowPerTrackingId } from "./tracking-rows.ts";
import { createTranscoderLoader, type TranscoderLoader } from "./transcoders.ts";
import { createUsageLoaders, type UsageLoaders } from "./usage.ts";

/**
 * Loaders of one request, which batch its reads and load each key once.
 *
 * They are restricted to the caller: data hidden from it cannot be loaded, and is missing from lists.
 */
export interface Loaders {
  readonly usage: UsageLoaders;
  readonly liveStreams: LiveStreamLoader;
  readonly mediaAssets: MediaAssetLoader;
  /** Loads one of the account's media distributions, all of which one call reads; null for an unknown id. @throws UpstreamError */
  mediaDistribution(id: string): Promise<MediaDistributionRecord | null>;
  readonly meters: MeterLoader;
  readonly partners: PartnerLoader;
  readonly transcoders: TranscoderLoader;
  readonly batchScheduler: BatchScheduler;
  /** Loads the cached tokens. @throws UpstreamError */
  tokens(): MaybePromise<TokenSnapshot>;
  /** Loads a publish token by id, also one that is too new for the cache; null for an unknown id. @throws UpstreamError */
  publishToken(id: number): MaybePromise<PublishTokenRecord | null>;
  /** Loads a subscribe token by id, also one that is too new for the cache; null for an unknown id. @throws UpstreamError */
  subscribeToken(id: number): MaybePromise<SubscribeTokenRecord | null>;
  /**
   * Loads the publish tokens that may broadcast a stream, for checks of viewer tokens. Never show them to the caller.
   *
   * @throws UpstreamError
   */
  publishersOf(streamName: string): Promise<readonly PublishTokenRecord[]>;
  /** Loads the subscribe token with this string from the cache; null if there is none. @throws UpstreamError */
  subscribeTokenByString(text: string): Promise<SubscribeTokenRecord | null>;
  /**
   * Loads what is on air of a stream, for checks of viewer tokens. Never show its publish tokens to the caller.
   *
   * @returns null if the live state of the stream is hidden from the caller
   * @throws UpstreamError
   */
  onAir(streamName: string): Promise<OnAir | null>;
  /**
   * Loads the names of all known streams, sorted: also of live ones, if the platform lists them.
   *
   * @throws UpstreamError
   */
  streamNames(): MaybePromise<readonly string[]>;
  /** Loads whether the stream exists: a token names it, it is live, or it has traffic. @throws UpstreamError */
  streamExists(name: string): MaybePromise<boolean>;
  /** Loads whether the live state of the stream is visible to the caller. @throws UpstreamError */
  seesLiveState(name: string): MaybePromise<boolean>;
  /** Returns the bandwidth of a stream; for a partner, its own part. */
  streamBandwidth(name: string): BandwidthSource;
  /** Returns the bandwidth of a stream under one tracking id; null for its untracked part. */
  streamTrackingBandwidth(name: string, trackingId: string | null): BandwidthSource;
  /** Returns the bandwidth of tracking ids, or its part on one stream. */
  readonly partnerBandwidth: PartnerBandwidth;
  /** Loads a stream's traffic by tracking id. @throws UpstreamError, NotMeteredError */
  trackingRows(name: string, window: TimeWindow): MaybePromise<readonly TrackingRow[]>;
  /** Loads archived usage row by row. Throws StoreError. */
  readonly archivePages: ArchivePages;
  /** Streams viewer records. @throws UpstreamError */
  viewerRecords(query: ViewerRecordsQuery): AsyncIterable<ViewerRecord>;
  /** Loads what is kept of the attendance of UTC days that begin in the window. @throws StoreError, UpstreamError */
  attendanceDays(window: TimeWindow, selection: AttendanceSelection): Promise<AttendanceDays>;
}

/** Attendance of days, and which of them were counted. */
export interface AttendanceDays {
  /** Starts of the days that were counted, in order, in milliseconds. */
  readonly days: readonly number[];
  readonly rows: readonly AttendanceRow[];
}

/** Sources of the loaders, shared by all requests. */
export interface LoaderSources {
  readonly upstream: Pick<
    Upstream,
    "analytics" | "mediaAssets" | "mediaDistributions" | "meters" | "monitoring" | "transcoders" | "viewerRecords"
  >;
  readonly usageCache: UsageCache;
  readonly tokenCache: TokenCache;
  readonly liveStreamCache: LiveStreamCache;
  readonly partnerCache: PartnerCache;
  readonly discoveredNames: DiscoveredNames;
  readonly streamCatalog: StreamCatalog;
  readonly account: Pick<AccountCache, "id" | "knownId">;
  readonly store: Pick<Store, "archiveReads" | "attendance"> & { readonly usageArchive: ArchivePages };
  /** Longest delay after a quarter hour before the platform has published its usage, in milliseconds. */
  readonly usageLagMs: number;
}

/**
 * Creates the loaders of one request, which see the whole account.
 *
 * @param scope tenant that they load for; cached usage is separate for each
 * @param now milliseconds since the epoch, the same for the whole request
 */
export function createLoaders(sources: LoaderSources, scope: string, now: number, client: LoaderClient): Loaders {
  return new AccountLoaders(sources, scope, now, client);
}

/** Client of a request. */
export interface LoaderClient {
  /** Aborted when the client disconnects; undefined if it cannot. */
  readonly signal: AbortSignal | undefined;
  readonly staleness: Staleness;
}

/**
 * Loaders that are created on first use, since a query needs few of them.
 *
 * A class, because object literals with getters outlive their request: see docs/decisions/0012-values-without-promises.md.
 */
class AccountLoaders implements Loaders {
  readonly batchScheduler = createBatchScheduler();
  readonly #sources: LoaderSources;
  readonly #scope: string;
  readonly #now: number;
  readonly #client: LoaderClient;
  #tokens: MaybePromise<TokenSnapshot> | null = null;
  #usage: UsageLoaders | null = null;
  #liveStreams: LiveStreamLoader | null = null;
  #partners: PartnerLoader | null = null;
  #mediaAssets: MediaAssetLoader | null = null;
  #mediaDistributions: Promise<readonly MediaDistributionRecord[]> | null = null;
  #meters: MeterLoader | null = null;
  #transcoders: TranscoderLoader | null = null;
  #partnerBandwidth: PartnerBandwidth | null = null;

  constructor(sources: LoaderSources, scope: string, now: number, client: LoaderClient) {
    this.#sources = sources;
    this.#scope = scope;
    this.#now = now;
    this.#client = client;
  }

  get usage(): UsageLoaders {
    this.#usage ??= this.#createUsage();
    return this.#usage;
  }

  #createUsage(): UsageLoaders {
    const { upstream, usageCache: cache, store, account, usageLagMs } = this.#sources;
    const { signal, staleness } = this.#client;
    const onStale = (asOf: number) => staleness.record("USAGE", this.#now - asOf);
    const reader = new UsageReader(signal, onStale);
    const archived = createArchivedUsage({ reads: store.archiveReads, account, usageLagMs, onStale });
    return createUsageLoaders(
      { analytics: upstream.analytics, cache, scope: this.#scope, archived },
      this.batchScheduler,
      reader,
    );
  }

  get partnerBandwidth(): PartnerBandwidth {
    this.#partnerBandwidth ??= createPartnerBandwidth(this.usage);
    return this.#partnerBandwidth;
  }

  get liveStreams(): LiveStreamLoader {
    const { upstream, liveStreamCache } = this.#sources;
    this.#liveStreams ??= createLiveStreamLoader(
      upstream.monitoring,
      liveStreamCache,
      this.batchScheduler,
      this.#client.signal,
    );
    return this.#liveStreams;
  }

  get partners(): PartnerLoader {
    this.#partners ??= createPartnerLoader({
      ...this.#sources,
      tokens: () => this.tokens(),
      usage: this.usage,
      batchScheduler: this.batchScheduler,
      now: this.#now,
    });
    return this.#partners;
  }

  get mediaAssets(): MediaAssetLoader {
    this.#mediaAssets ??= createMediaAssetLoader(this.#sources.upstream.mediaAssets, this.#client.signal);
    return this.#mediaAssets;
  }

  get meters(): MeterLoader {
    this.#meters ??= createMeterLoader(this.#sources.upstream.meters, this.#client.signal);
    return this.#meters;
  }

  get transcoders(): TranscoderLoader {
    const { transcoders, analytics } = this.#sources.upstream;
    this.#transcoders ??= createTranscoderLoader(transcoders, analytics, this.#client.signal);
    return this.#transcoders;
  }

  async mediaDistribution(id: string): Promise<MediaDistributionRecord | null> {
    this.#mediaDistributions ??= this.#sources.upstream.mediaDistributions.list(this.#client.signal);
    return (await this.#mediaDistributions).find((each) => each.id === id) ?? null;
  }

  tokens(): MaybePromise<TokenSnapshot> {
    this.#tokens ??= this.batchScheduler.track(
      this.#sources.tokenCache.read((ageMs) => this.#client.staleness.record("TOKENS", ageMs)),
    );
    return this.#tokens;
  }

  publishToken(id: number): MaybePromise<PublishTokenRecord | null> {
    return mapMaybe(this.tokens(), () => this.#sources.tokenCache.publishToken(id));
  }

  subscribeToken(id: number): MaybePromise<SubscribeTokenRecord | null> {
    return mapMaybe(this.tokens(), () => this.#sources.tokenCache.subscribeToken(id));
  }

  async publishersOf(streamName: string): Promise<readonly PublishTokenRecord[]> {
    return (await this.tokens()).publish.possiblyCovering(streamName);
  }

  async subscribeTokenByString(text: string): Promise<SubscribeTokenRecord | null> {
    return tokenByString(await this.tokens(), text);
  }

  async onAir(streamName: string): Promise<OnAir> {
    const live = await this.liveStreams.withFeeds(streamName);
    const feeds = liveFeeds(live?.feeds ?? []);
    const ids = feeds.flatMap(({ publishTokenId }) => publishTokenId ?? []);
    const tokens = await Promise.all(ids.map((id) => this.publishToken(id)));
    return { isLive: live?.isLive ?? false, publishTokens: tokens.filter((token) => token !== null) };
  }

  streamNames(): MaybePromise<readonly string[]> {
    const { liveStreamCache, streamCatalog } = this.#sources;
    const [namesReady, tokens] = [liveStreamCache.namesReady(), this.tokens()];
    const live = this.batchScheduler.track(namesReady);
    return mapMaybe(tokens, (all) => mapMaybe(live, () => streamCatalog.names(all)));
  }

  streamExists(name: string): MaybePromise<boolean> {
    if (!hasNameLength(name)) return false;
    // The cheapest source first.
    return mapMaybe(this.tokens(), (all) => this.#sources.streamCatalog.has(name, all) || this.#isDiscovered(name));
  }

  async #isDiscovered(name: string): Promise<boolean> {
    const isFound = (await this.liveStreams.byName(name)) !== null || (await this.#hasTraffic(name));
    if (isFound) this.#sources.discoveredNames.addStream(name);
    return isFound;
  }

  async #hasTraffic(name: string): Promise<boolean> {
    if (!isMetered(name)) return false;
    const { value } = await this.usage.streamTotal.load({ name, window: allDaysRetained(this.#now) });
    return hasBytes(value);
  }

  seesLiveState(): boolean {
    return true;
  }

  streamBandwidth(name: string): BandwidthSource {
    return streamBandwidth(this.usage, name);
  }

  streamTrackingBandwidth(name: string, trackingId: string | null): BandwidthSource {
    return streamTrackingBandwidth(this.usage, name, trackingId);
  }

  trackingRows(name: string, window: TimeWindow): MaybePromise<readonly TrackingRow[]> {
    return mapMaybe(this.usage.trackingRowsByStream.load({ name, window }), ({ value }) => oneRowPerTrackingId(value));
  }

  get archivePages(): ArchivePages {
    return this.#sources.store.usageArchive;
  }

  viewerRecords(query: ViewerRecordsQuery): AsyncIterable<ViewerRecord> {
    return this.#sources.upstream.viewerRecords.stream(query, this.#client.signal);
  }

  async attendanceDays(window: TimeWindow, selection: AttendanceSelection): Promise<AttendanceDays> {
    const { account, store } = this.#sources;
    const accountId = await account.id();
    const days = (await store.attendance.days(accountId, window)).map(({ day }) => day);
    return { days, rows: days.length === 0 ? [] : await store.attendance.rows(accountId, window, selection) };
  }
}

/** Returns the subscribe token with this string; null if there is none. */
export function tokenByString({ subscribe }: TokenSnapshot, text: string): SubscribeTokenRecord | null {
  return subscribe.all().find(({ secret }) => secret.equals(text)) ?? null;
}
