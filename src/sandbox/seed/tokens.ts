import { DAY_MS, floorTo, HOUR_MS, SECOND_MS } from "../calendar.ts";
import type { Grant, PublishToken, SubscribeToken, TokenRecord } from "../tokens/token.ts";
import type { Draft } from "../tokens/token-repository.ts";

/**
 * Tokens of the seed, in the order of their ids: publish tokens from 1001, subscribe tokens from 5001.
 *
 * Tests know them by label; append, but do not reorder.
 */
export interface SeedTokens {
  readonly publish: readonly Draft<PublishToken>[];
  readonly subscribe: readonly Draft<SubscribeToken>[];
}

/** The account's default cluster when the seed's tokens were created. */
export const SEED_CLUSTER = "phx-1";

/**
 * Returns the tokens of the seed.
 *
 * @param beganAt - the sandbox's first instant, from which expiry and age are counted
 */
export function seedTokens(beganAt: number): SeedTokens {
  const now = floorTo(beganAt, SECOND_MS);
  const inDays = (days: number) => now + days * DAY_MS;
  const createdAt = (index: number) => now - 390 * DAY_MS + index * HOUR_MS;

  const publish: Partial<Draft<PublishToken>>[] = [
    secured("derby-final", {
      geoCascade: CASCADE_EVERYWHERE,
      restream: [
        restreamTo("rtmp://ingest.social.example/live", "derby-final-social", "Social"),
        restreamTo("rtmp://ingest.club.example/app", "derby-final-club", "Club site"),
      ],
    }),
    secured("arena-main", { geoCascade: CASCADE_EVERYWHERE }),
    secured("arena-cams", { streams: [matching("arena-cam[0-9]+")] }),
    secured("world-feed", { geoCascade: CASCADE_EVERYWHERE }),
    { label: "city-council", streams: [named("city-council")] },
    secured("sydney-regatta", { originCluster: "syd-1" }),
    secured("roaming-reporter", { originCluster: "auto", multisource: false }),
    secured("rehearsal"),
    secured("popups", { streams: [matching("popup-.+")] }),
    secured("chess-open"),
    secured("marathon", {
      geoCascade: CASCADE_EVERYWHERE,
      restream: [restreamTo("rtmps://ingest.race.example:443/live", "marathon-race", "Race site")],
    }),
    secured("opera-night", { record: true }),
    secured("harbor-news-24", { clip: true }),
    secured("kids-corner", { allowedCountries: ["US", "BR", "GB"] }),
    secured("polar-cup"),
    secured("quay-cam"),
    secured("saffron-kitchen"),
    secured("fan-zone", { clip: true }),
    secured("vista-concert", { drm: true }),
    secured("aurora-night"),
    secured("guest-encoder", { streams: [named("roaming-reporter")], originCluster: "auto", expiresAt: inDays(-20) }),
    secured("retired-encoder", { streams: [named("rehearsal")], isActive: false }),
  ];

  const subscribe: Partial<Draft<SubscribeToken>>[] = [
    master("northwind-tv", "derby-final"),
    master("kestrel-media", "derby-final"),
    master("lumen-play", "derby-final"),
    master("northwind-tv", "arena-main"),
    master("polar-sports", "arena-main"),
    { label: "polar-sports-arena-cams", trackingId: "polar-sports", streams: [matching("arena-cam[0-9]+")] },
    master("northwind-tv", "world-feed"),
    master("vista-plus", "world-feed"),
    master("zephyr-fan", "world-feed"),
    master("saffron-live", "world-feed"),
    { ...master("quayside", "sydney-regatta"), originCluster: "syd-1" },
    { ...master("harbor-news", "roaming-reporter"), originCluster: "auto" },
    { label: "orchid-stream-popups", trackingId: "orchid-stream", streams: [matching("popup-.+")] },
    master("lumen-play", "chess-open"),
    master("kestrel-media", "marathon"),
    master("vista-plus", "marathon"),
    master("orchid-stream", "opera-night"),
    master("harbor-news", "harbor-news-24"),
    master("tundra-tv", "harbor-news-24"),
    master("willow-kids", "kids-corner"),
    master("polar-sports", "polar-cup"),
    master("tundra-tv", "polar-cup"),
    master("quayside", "quay-cam"),
    { ...master("saffron-live", "saffron-kitchen"), allowedCountries: ["IN", "GB"] },
    { ...master("zephyr-fan", "fan-zone"), allowedOrigins: ["zephyr.fan", "*.zephyr.fan"] },
    { ...master("vista-plus", "vista-concert"), allowedIpAddresses: ["198.18.0.0/15", "203.0.113.7"] },
    { ...master("tundra-tv", "aurora-night"), expiresAt: inDays(4) },
    { label: "qa-wildcard", streams: [matching(".*")] },
    { label: "open-parent", streams: [named("derby-final")] },
    {
      label: "kestrel-media-trial",
      trackingId: "kestrel-media",
      streams: [named("derby-final")],
      expiresAt: inDays(-60),
    },
    { label: "lumen-play-old", trackingId: "lumen-play", streams: [named("derby-final")], isActive: false },
    { label: "quayside-kiosk", trackingId: "quayside", streams: [named("quay-cam")], bindIpsOnUsage: 2 },
  ];

  return {
    publish: publish.map((draft, index) => publishDraft({ ...draft, addedAt: createdAt(index) })),
    subscribe: subscribe.map((draft, index) =>
      subscribeDraft({ ...draft, addedAt: createdAt(publish.length + index) }),
    ),
  };
}

const CASCADE_EVERYWHERE = { isEnabled: true, clusters: ["all"] };

const named = (streamName: string): Grant => ({ streamName, isRegex: false });
const matching = (streamName: string): Grant => ({ streamName, isRegex: true });
const restreamTo = (url: string, key: string, label: string) => ({ url, key, label, enabled: true });

/** Returns a publish token labelled and named after its stream. */
function secured(label: string, settings: Partial<Draft<PublishToken>> = {}): Partial<Draft<PublishToken>> {
  return { label, streams: [named(label)], subscribeRequiresAuth: true, ...settings };
}

/** Returns a partner's token for one stream: `northwind-tv-derby-final`. */
function master(trackingId: string, streamName: string): Partial<Draft<SubscribeToken>> {
  return { label: `${trackingId}-${streamName}`, trackingId, streams: [named(streamName)] };
}

const UNRESTRICTED: Draft<TokenRecord> = {
  label: "",
  addedAt: 0,
  expiresAt: null,
  isActive: true,
  streams: [],
  allowedOrigins: [],
  allowedIpAddresses: [],
  bindIpsOnUsage: null,
  originCluster: "",
  inheritedCluster: SEED_CLUSTER,
  allowedCountries: [],
  deniedCountries: [],
};

/** Returns a publish token from its differences to the platform's defaults. */
export function publishDraft(settings: Partial<Draft<PublishToken>>): Draft<PublishToken> {
  return {
    ...UNRESTRICTED,
    subscribeRequiresAuth: false,
    record: false,
    clip: false,
    multisource: true,
    enableThumbnails: false,
    lowLatencyRtmp: true,
    displaySrtPassphrase: false,
    drm: false,
    enableUTCInsertion: null,
    geoCascade: null,
    restream: [],
    priority: null,
    encoderProfileId: null,
    ...settings,
  };
}

/** Returns a subscribe token from its differences to the platform's defaults. */
export function subscribeDraft(settings: Partial<Draft<SubscribeToken>>): Draft<SubscribeToken> {
  return { ...UNRESTRICTED, trackingId: null, ...settings };
}
