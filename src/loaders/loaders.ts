import { type FigureCache, Waiter } from "../directory/figure-cache.ts";
import type { LiveDirectory } from "../directory/live-directory.ts";
import type { PartnerDirectory } from "../directory/partner-directory.ts";
import type { Sightings } from "../directory/sightings.ts";
import type { StreamCatalog } from "../directory/stream-catalog.ts";
import type { TokenDirectory, Tokens } from "../directory/token-directory.ts";
import { isPromise, type MaybePromise, whenThere } from "../model/maybe-promise.ts";
import type { MediaDistributionRecord } from "../model/media.ts";
import { isMetered, MAX_NAME_LENGTH } from "../model/stream.ts";
import { allDaysKept, type TimeWindow } from "../model/time-window.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../model/token.ts";
import type { TrackingRow } from "../upstream/analytics.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { ViewerRecord, ViewerRecordsQuery } from "../upstream/viewer-records.ts";
import { type BandwidthSource, streamBandwidth, streamTrackingBandwidth } from "./bandwidth.ts";
import { createFigureLoaders, type FigureLoaders } from "./figures.ts";
import { createLiveStreamLoader, type LiveStreamLoader } from "./live-streams.ts";
import { createMediaAssetLoader, type MediaAssetLoader } from "./media-assets.ts";
import { createMeterLoader, type MeterLoader } from "./meters.ts";
import { once } from "./once.ts";
import { createPartnerLoader, type PartnerLoader } from "./partners.ts";
import type { Staleness } from "./staleness.ts";
import { createTranscoderLoader, type TranscoderLoader } from "./transcoders.ts";
import { createWaves, type Waves } from "./waves.ts";

/**
 * Everything that reads for one request, batched and remembered until it is answered. It is made for its caller: what the
 * caller may not be shown can't be read by it at all, and is missing from lists.
 */
export interface Loaders {
  readonly figures: FigureLoaders;
  readonly liveStreams: LiveStreamLoader;
  readonly mediaAssets: MediaAssetLoader;
  /** One of the account's media distributions, which are read all at once; null where there is none. @throws UpstreamError */
  mediaDistribution(id: string): Promise<MediaDistributionRecord | null>;
  readonly meters: MeterLoader;
  readonly partners: PartnerLoader;
  readonly transcoders: TranscoderLoader;
  readonly waves: Waves;
  /** The tokens, from the directory that all requests share. @throws UpstreamError */
  tokens(): MaybePromise<Tokens>;
  /** One publish token, be it ever so new; null where there is none. @throws UpstreamError */
  publishToken(id: number): Promise<PublishTokenRecord | null>;
  /** One subscribe token, be it ever so new; null where there is none. @throws UpstreamError */
  subscribeToken(id: number): Promise<SubscribeTokenRecord | null>;
  /** The publish tokens of a stream, to check viewer tokens against; nothing of them may be shown. @throws UpstreamError */
  publishersOf(streamName: string): Promise<readonly PublishTokenRecord[]>;
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
  readonly figureCache: FigureCache;
  readonly directory: TokenDirectory;
  readonly liveDirectory: LiveDirectory;
  readonly partnerDirectory: PartnerDirectory;
  readonly sightings: Sightings;
  readonly streamCatalog: StreamCatalog;
}

/**
 * Loaders that see the whole account. Made anew for each request, so nothing that was read for one caller is ever served
 * to another.
 *
 * @param scope whom they read for; what is remembered of the platform's answers is kept apart by it
 * @param now milliseconds since the epoch, the same for the whole request
 * @param client tells by its signal when it leaves, and is told what was served past its freshness
 */
export function createLoaders(
  sources: LoaderSources,
  scope: string,
  now: number,
  client: { readonly signal: AbortSignal | undefined; readonly staleness: Staleness },
): Loaders {
  const { upstream, directory, sightings, streamCatalog } = sources;
  const waves = createWaves();
  // A small query needs few of these, and making all of them took longer than its answer.
  const figures = once((): FigureLoaders => {
    const waiter = new Waiter(client.signal, (asOf) => client.staleness.note("FIGURES", now - asOf));
    return createFigureLoaders({ analytics: upstream.analytics, cache: sources.figureCache, scope }, waves, waiter);
  });
  const liveStreams = once(() =>
    createLiveStreamLoader(upstream.monitoring, sources.liveDirectory, waves, client.signal),
  );
  const partners = once(() => createPartnerLoader({ ...sources, tokens, figures: figures(), waves, now }));
  const mediaAssets = once(() => createMediaAssetLoader(upstream.mediaAssets, client.signal));
  const distributions = once(() => upstream.mediaDistributions.list(client.signal));
  const meters = once(() => createMeterLoader(upstream.meters, client.signal));
  const transcoders = once(() => createTranscoderLoader(upstream.transcoders, upstream.analytics, client.signal));
  let reading: MaybePromise<Tokens> | null = null;
  const tokens = () => {
    reading ??= waves.track(directory.read((ageMs) => client.staleness.note("TOKENS", ageMs)));
    return reading;
  };
  const hasTraffic = async (name: string) => {
    if (!isMetered(name)) return false;
    const { bytesIn, bytesOut } = await figures().streamTotal.load({ name, window: allDaysKept(now) });
    return bytesIn > 0n || bytesOut > 0n;
  };

  const isSeen = async (name: string) => {
    const isFound = (await liveStreams().byName(name)) !== null || (await hasTraffic(name));
    if (isFound) sightings.sawStream(name);
    return isFound;
  };

  return {
    get figures() {
      return figures();
    },
    get liveStreams() {
      return liveStreams();
    },
    get partners() {
      return partners();
    },
    get mediaAssets() {
      return mediaAssets();
    },
    get meters() {
      return meters();
    },
    get transcoders() {
      return transcoders();
    },
    mediaDistribution: async (id) => (await distributions()).find((each) => each.id === id) ?? null,
    waves,
    tokens,
    publishToken: async (id) => {
      await tokens();
      return directory.publishToken(id);
    },
    subscribeToken: async (id) => {
      await tokens();
      return directory.subscribeToken(id);
    },
    publishersOf: async (name) => (await tokens()).publish.covering(name),
    streamNames: () => {
      const [learnt, known] = [sources.liveDirectory.learnt(), tokens()];
      const live = isPromise(learnt) ? waves.track(learnt) : learnt;
      return whenThere(known, (all) => whenThere(live, () => streamCatalog.names(all)));
    },
    streamExists: (name) => {
      if (name.length < 1 || name.length > MAX_NAME_LENGTH) return false;
      // Asked in the order of their price.
      return whenThere(tokens(), (all) => streamCatalog.has(name, all) || isSeen(name));
    },
    seesLiveState: () => true,
    streamBandwidth: (name) => streamBandwidth(figures(), name),
    streamTrackingBandwidth: (name, trackingId) => streamTrackingBandwidth(figures(), name, trackingId),
    trackingRows: (name, window) => figures().trackingRowsByStream.load({ name, window }),
    viewerRecords: (query) => upstream.viewerRecords.stream(query, client.signal),
  };
}
