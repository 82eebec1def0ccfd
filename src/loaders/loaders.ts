import type { DiscoveredNames } from "../cache/discovered-names.ts";
import type { LiveStreamCache } from "../cache/live-stream-cache.ts";
import type { PartnerCache } from "../cache/partner-cache.ts";
import type { PatternReadings } from "../cache/pattern-readings.ts";
import type { StreamCatalog } from "../cache/stream-catalog.ts";
import type { TokenCache, TokenSnapshot } from "../cache/token-cache.ts";
import type { UsageCache } from "../cache/usage-cache.ts";
import { UsageReader } from "../cache/usage-reader.ts";
import type { MediaDistributionRecord } from "../model/media/media.ts";
import { liveFeeds } from "../model/stream/feed-ranking.ts";
import { isMetered } from "../model/stream/stream.ts";
import { MAX_NAME_LENGTH } from "../model/text.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../model/token/token.ts";
import type { OnAir } from "../model/token/viewer-token.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import { allDaysRetained } from "../model/usage/time-window.ts";
import { isPromise, type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import type { TrackingRow } from "../upstream/analytics.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { ViewerRecord, ViewerRecordsQuery } from "../upstream/viewer-records.ts";
import { type BandwidthSource, streamBandwidth, streamTrackingBandwidth } from "./bandwidth.ts";
import { type BatchScheduler, createBatchScheduler } from "./batch-scheduler.ts";
import { createLiveStreamLoader, type LiveStreamLoader } from "./live-streams.ts";
import { createMediaAssetLoader, type MediaAssetLoader } from "./media-assets.ts";
import { createMeterLoader, type MeterLoader } from "./meters.ts";
import { createPartnerLoader, type PartnerLoader } from "./partners.ts";
import type { Staleness } from "./staleness.ts";
import { createTranscoderLoader, type TranscoderLoader } from "./transcoders.ts";
import { createUsageLoaders, type UsageLoaders } from "./usage.ts";

/**
 * Everything that reads for one request, batched and remembered until it is answered. It is made for its caller: what the
 * caller may not be shown can't be read by it at all, and is missing from lists.
 */
export interface Loaders {
  readonly usage: UsageLoaders;
  readonly liveStreams: LiveStreamLoader;
  readonly mediaAssets: MediaAssetLoader;
  /** One of the account's media distributions, which are read all at once; null where there is none. @throws UpstreamError */
  mediaDistribution(id: string): Promise<MediaDistributionRecord | null>;
  readonly meters: MeterLoader;
  readonly partners: PartnerLoader;
  readonly transcoders: TranscoderLoader;
  readonly batchScheduler: BatchScheduler;
  /** How the patterns of tokens are read. */
  readonly patternReadings: PatternReadings;
  /** The tokens, from the directory that all requests share. @throws UpstreamError */
  tokens(): MaybePromise<TokenSnapshot>;
  /** One publish token, be it ever so new; null where there is none. @throws UpstreamError */
  publishToken(id: number): Promise<PublishTokenRecord | null>;
  /** One subscribe token, be it ever so new; null where there is none. @throws UpstreamError */
  subscribeToken(id: number): Promise<SubscribeTokenRecord | null>;
  /**
   * The publish tokens that may broadcast a stream, as far as can be told, to check viewer tokens against; nothing of them may
   * be shown. @throws UpstreamError
   */
  publishersOf(streamName: string): Promise<readonly PublishTokenRecord[]>;
  /** The subscribe token whose string this is, among those that are known; null where there is none. @throws UpstreamError */
  subscribeTokenByString(text: string): Promise<SubscribeTokenRecord | null>;
  /**
   * What is on air of a stream, to check viewer tokens against; nothing of its publish tokens may be shown. Null for a stream
   * whose live state the caller may not know.
   *
   * @throws UpstreamError
   */
  onAir(streamName: string): Promise<OnAir | null>;
  /**
   * Every stream that is known by name, sorted: live ones have been learnt as well, if the platform tells them.
   *
   * @throws UpstreamError
   */
  streamNames(): MaybePromise<readonly string[]>;
  /** Whether there is such a stream: through tokens that name it, through being live, or through traffic. @throws UpstreamError */
  streamExists(name: string): MaybePromise<boolean>;
  /** Whether it can be told if the stream is live: true for all whose live state the caller may know. @throws UpstreamError */
  seesLiveState(name: string): MaybePromise<boolean>;
  /** Whose traffic of a stream: all of it, or the caller's share. */
  streamBandwidth(name: string): BandwidthSource;
  /** The part of it under one tracking id; null for its untracked rest. */
  streamTrackingBandwidth(name: string, trackingId: string | null): BandwidthSource;
  /** A stream's traffic by tracking id. @throws UpstreamError, NotMeteredError */
  trackingRows(name: string, window: TimeWindow): MaybePromise<readonly TrackingRow[]>;
  /** Viewer records, one at a time. @throws UpstreamError */
  viewerRecords(query: ViewerRecordsQuery): AsyncIterable<ViewerRecord>;
}

/** What the loaders read from, shared by all requests. */
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
  readonly patternReadings: PatternReadings;
}

/**
 * Loaders that see the whole account. Made anew for each request, so nothing that was read for one caller is ever served
 * to another.
 *
 * @param scope whom they read for; what is remembered of the platform's answers is kept apart by it
 * @param now milliseconds since the epoch, the same for the whole request
 * @param client tells by its signal when it leaves, and is told what was served past its freshness
 */
export function createLoaders(sources: LoaderSources, scope: string, now: number, client: LoaderClient): Loaders {
  return new AccountLoaders(sources, scope, now, client);
}

/** Whom loaders read for. */
export interface LoaderClient {
  /** Aborted when it leaves; undefined for one that can't. */
  readonly signal: AbortSignal | undefined;
  readonly staleness: Staleness;
}

/**
 * Each loader is made when it is first asked for: a small query needs few, and making all of them took longer than its answer.
 *
 * A class, and no object with getters: each such object gets a shape of its own, which holds its getters, and with them all of the
 * request, until the garbage collector looks at the old as well. That took half of what small queries took, and a fifth of large
 * ones.
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

  constructor(sources: LoaderSources, scope: string, now: number, client: LoaderClient) {
    this.#sources = sources;
    this.#scope = scope;
    this.#now = now;
    this.#client = client;
  }

  get patternReadings(): PatternReadings {
    return this.#sources.patternReadings;
  }

  get usage(): UsageLoaders {
    this.#usage ??= this.#createUsage();
    return this.#usage;
  }

  #createUsage(): UsageLoaders {
    const { upstream, usageCache: cache } = this.#sources;
    const { signal, staleness } = this.#client;
    const reader = new UsageReader(signal, (asOf) => staleness.record("USAGE", this.#now - asOf));
    return createUsageLoaders(
      { analytics: upstream.analytics, cache, scope: this.#scope },
      this.batchScheduler,
      reader,
    );
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

  async publishToken(id: number): Promise<PublishTokenRecord | null> {
    await this.tokens();
    return this.#sources.tokenCache.publishToken(id);
  }

  async subscribeToken(id: number): Promise<SubscribeTokenRecord | null> {
    await this.tokens();
    return this.#sources.tokenCache.subscribeToken(id);
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
    const { liveStreamCache: liveDirectory, streamCatalog } = this.#sources;
    const [learnt, known] = [liveDirectory.namesReady(), this.tokens()];
    const live = isPromise(learnt) ? this.batchScheduler.track(learnt) : learnt;
    return mapMaybe(known, (all) => mapMaybe(live, () => streamCatalog.names(all)));
  }

  streamExists(name: string): MaybePromise<boolean> {
    if (name.length < 1 || name.length > MAX_NAME_LENGTH) return false;
    // Asked in the order of their price.
    return mapMaybe(this.tokens(), (all) => this.#sources.streamCatalog.has(name, all) || this.#isSeen(name));
  }

  async #isSeen(name: string): Promise<boolean> {
    const isFound = (await this.liveStreams.byName(name)) !== null || (await this.#hasTraffic(name));
    if (isFound) this.#sources.discoveredNames.addStream(name);
    return isFound;
  }

  async #hasTraffic(name: string): Promise<boolean> {
    if (!isMetered(name)) return false;
    const { value } = await this.usage.streamTotal.load({ name, window: allDaysRetained(this.#now) });
    const { bytesIn, bytesOut } = value;
    return bytesIn > 0n || bytesOut > 0n;
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
    return mapMaybe(this.usage.trackingRowsByStream.load({ name, window }), ({ value }) => value);
  }

  viewerRecords(query: ViewerRecordsQuery): AsyncIterable<ViewerRecord> {
    return this.#sources.upstream.viewerRecords.stream(query, this.#client.signal);
  }
}

/** The subscribe token whose string a text is, among the given ones; null where there is none. */
export function tokenByString({ subscribe }: TokenSnapshot, text: string): SubscribeTokenRecord | null {
  return subscribe.all().find(({ secret }) => secret.equals(text)) ?? null;
}
