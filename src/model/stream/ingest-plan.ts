import { ApplicationError, InvalidInputError } from "../errors.ts";
import { assertName } from "../text.ts";
import { cascadeKey, isUsable, type PublishTokenRecord } from "../token/token.ts";

/**
 * How a stream is sent in: several sources, each in one or more quality layers, each once or more over. The platform has
 * no such object; what a feed is follows from the parameters of its address.
 *
 * @see the platform's guides to multi-source broadcasting, simulcast, redundant ingest and publishing parameters
 */

export type IngestProtocol = "WHIP" | "RTMP" | "RTMPS" | "SRT";

/** What is to be sent in. The first source is the main one: viewers begin with it. */
export interface IngestRequest {
  readonly protocol: IngestProtocol;
  readonly token: PublishTokenRecord;
  /** Null ids: only the main source may go without one. */
  readonly sources: readonly { readonly sourceId: string | null; readonly isAudioOnly: boolean }[];
  /** Best first; none for a single quality. Only the first carries sound. */
  readonly layers: readonly { readonly name: string; readonly kilobitsPerSecond: number | null }[];
  /** Of the primary feeds; null leaves it to the token, so that reprioritizing moves them. */
  readonly priority: number | null;
  readonly backups: readonly BackupRequest[];
  /** Null goes by the token. */
  readonly isEncrypted: boolean | null;
  /** Added to the latency; null for none. */
  readonly extraLatencyMs: number | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A further set of the same feeds. What is null is as the primary has it, the priority one less than the set before. */
export interface BackupRequest {
  readonly priority: number | null;
  readonly clusterId: string | null;
  readonly token: PublishTokenRecord | null;
}

/** A parameter of an ingest address; null for one that is a mere word. */
export type IngestParameter = readonly [name: string, value: string | number | null];

/** One feed of a plan: one encoder output. */
export interface PlannedFeed {
  readonly token: PublishTokenRecord;
  readonly clusterId: string;
  readonly isBackup: boolean;
  /** Null for the main source without layers. */
  readonly sourceId: string | null;
  /** Joins the layers of one camera: empty for the main camera, null for a single feed. */
  readonly simulcastId: string | null;
  readonly layer: string | null;
  /** Null leaves it to the token. */
  readonly priority: number | null;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  readonly isEncrypted: boolean;
  /** What its address holds beside the stream's name and the token. */
  readonly parameters: readonly IngestParameter[];
}

/** What a broadcaster should know of a plan that is possible. */
export const ingestWarningCodes = {
  UNENCRYPTED: "The publish token and the picture travel unencrypted, for anyone on the way to read.",
  ADDRESS_RULES_IGNORED: "The token's list of addresses is not enforced over RTMP.",
  PRIORITY_FIXED: "Feeds with a priority in their address are not moved by `reprioritizeStream`.",
  ONE_FEED_RESTREAMED:
    "Only the first feed is pushed to the token's re-stream targets; when a backup takes over, it is not.",
  VIEWER_RATE: "All sources together are more than the 12 Mbit/s that a viewer is sent, even in their lowest layers.",
} as const;

export type IngestWarningCode = keyof typeof ingestWarningCodes;

export interface IngestPlan {
  /** The primary feeds first, then each set of backups. */
  readonly feeds: readonly PlannedFeed[];
  readonly warnings: readonly IngestWarningCode[];
}

/** The most feeds of one plan. */
const MAX_FEEDS = 100;
/** What a viewer is sent at most, all sources together. @see the platform's guide to multi-view */
export const MAX_VIEWER_BITS_PER_SECOND = 12_000_000;
const MAX_EXTRA_LATENCY_MS = 3_000;

/**
 * Plans the feeds, and checks them against the settings of their tokens and the documented limits.
 *
 * @throws ApplicationError CONFLICT for a token that can't do it, PUBLISHERS_DIFFER for backups that are not alike,
 *   LIMIT_EXCEEDED; InvalidInputError naming the argument and the documented rule
 */
export function planIngest(wish: IngestRequest): IngestPlan {
  assertNames(wish);
  const sets = feedSets(wish);
  for (const { token, clusterId } of sets) {
    assertUsable(token, wish);
    assertSeveralFeeds(token, clusterId, wish);
    assertProtocol(token, wish);
  }
  assertAlike(wish, sets);
  const feeds = sets.flatMap((set, index) => feedsOf(wish, set, index > 0));
  assertDistinct(feeds, ({ isBackup, sourceId, priority }) => `${isBackup} ${priority} ${sourceId}`, "layers");
  return { feeds, warnings: warningsOf(wish, feeds) };
}

/** The primary feeds, or one set of backups. */
interface FeedSet {
  readonly token: PublishTokenRecord;
  readonly clusterId: string;
  readonly priority: number | null;
}

function assertNames({ sources, layers, backups, extraLatencyMs }: IngestRequest): void {
  const count = sources.length * Math.max(layers.length, 1) * (1 + backups.length);
  if (count < 1 || count > MAX_FEEDS) {
    throw new ApplicationError("LIMIT_EXCEEDED", `A plan has 1 to ${MAX_FEEDS} feeds, not ${count}.`, {
      argument: "sources",
      max: MAX_FEEDS,
    });
  }
  for (const [index, { sourceId }] of sources.entries()) {
    const at = `sources.${index}.sourceId`;
    if (sourceId !== null) assertParameter(sourceId, at);
    else if (index > 0) throw new InvalidInputError(at, "Only the first source, the main one, may go without an id.");
  }
  for (const [index, { name, kilobitsPerSecond }] of layers.entries()) {
    assertParameter(name, `layers.${index}.name`);
    if (kilobitsPerSecond !== null && kilobitsPerSecond < 1) {
      throw new InvalidInputError(
        `layers.${index}.kilobitsPerSecond`,
        "It is a rate of at least 1 kilobit per second.",
      );
    }
  }
  assertDistinct(sources, ({ sourceId }) => sourceId ?? "", "sources");
  assertDistinct(layers, ({ name }) => name, "layers");
  if (extraLatencyMs !== null && (extraLatencyMs < 0 || extraLatencyMs > MAX_EXTRA_LATENCY_MS)) {
    throw new InvalidInputError("extraLatencyMs", `It is of 0 to ${MAX_EXTRA_LATENCY_MS} milliseconds.`);
  }
}

/** Encoders and the platform split addresses at these, however they are written. */
const splitting = /[&?=#%+/\s\p{C}]/u;

function assertParameter(text: string, at: string): void {
  assertName(text, at);
  if (splitting.test(text)) {
    throw new InvalidInputError(at, "It stands in an address: no blanks, and none of & ? = # % + /.");
  }
}

function assertDistinct<Item>(items: readonly Item[], nameOf: (item: Item) => string, at: string): void {
  for (const [index, item] of items.entries()) {
    if (items.findIndex((other) => nameOf(other) === nameOf(item)) < index) {
      throw new InvalidInputError(`${at}.${index}`, "It has the name of another one, whose feed it would replace.");
    }
  }
}

function assertUsable(token: PublishTokenRecord, { now }: IngestRequest): void {
  if (!isUsable(token, now))
    throw conflict(token, "is disabled or has expired: it starts no broadcast", "publishToken");
}

/** Sources and layers are both feeds with ids of their own, which is what the setting is about. */
function assertSeveralFeeds(token: PublishTokenRecord, clusterId: string, { sources, layers }: IngestRequest): void {
  if (sources.length === 1 && layers.length < 2) return;
  const argument = sources.length > 1 ? "sources" : "layers";
  if (!token.isMultisource) {
    throw conflict(token, "takes one source only: switch isMultisource on, or send one source in one layer", argument);
  }
  if (clusterId === "auto") {
    throw conflict(token, "is of the cluster `auto`: several sources or layers need a cluster by name", argument);
  }
}

function assertProtocol(token: PublishTokenRecord, { protocol, isEncrypted }: IngestRequest): void {
  if (protocol === "WHIP" && token.isDrm)
    throw conflict(token, "encrypts for DRM, which takes SRT or RTMP", "protocol");
  if (protocol === "SRT") assertEncryption(token, isEncrypted);
  else if (isEncrypted !== null) {
    throw new InvalidInputError("isEncrypted", "It is about SRT: WHIP and RTMPS are always encrypted, RTMP never is.");
  }
}

function assertEncryption(token: PublishTokenRecord, isEncrypted: boolean | null): void {
  if (token.isSrtEncrypted && isEncrypted === false) {
    throw conflict(token, "encrypts SRT: the platform refuses a feed without its passphrase", "isEncrypted");
  }
  if (!token.isSrtEncrypted && isEncrypted) {
    throw conflict(token, "has no passphrase: switch isSrtEncrypted on", "isEncrypted");
  }
  if (token.isSrtEncrypted && token.srtPassphrase === null) {
    throw conflict(token, "encrypts SRT, and the platform does not tell its passphrase", "protocol");
  }
}

function feedSets({ token, priority, backups }: IngestRequest): FeedSet[] {
  // Every set needs a place in the order, and an unset priority is the lowest of all.
  const first = priority ?? (backups.length > 0 ? (token.priority ?? backups.length) : null);
  const sets: FeedSet[] = [{ token, clusterId: token.effective.originCluster, priority: first }];
  for (const [index, backup] of backups.entries()) {
    const before = sets[index]?.priority ?? 0;
    const own = backup.priority ?? before - 1;
    if (own >= before) {
      const rule = `A backup's priority is below that of the feeds before it, ${before}: the highest live one is shown.`;
      throw new InvalidInputError(`backups.${index}.priority`, rule);
    }
    const backupToken = backup.token ?? token;
    sets.push({
      token: backupToken,
      clusterId: backup.clusterId ?? backupToken.effective.originCluster,
      priority: own,
    });
  }
  return sets;
}

/** Redundant feeds meet only when their tokens relay alike, and those of two clusters only when they relay at all. */
function assertAlike({ protocol, token, backups }: IngestRequest, sets: readonly FeedSet[]): void {
  const [primary] = sets;
  for (const [index, backup] of backups.entries()) {
    const at = `backups.${index}`;
    if (backup.clusterId !== null && protocol === "WHIP") {
      const rule = "WHIP goes to the cluster of its token: name a token of that cluster instead.";
      throw new InvalidInputError(`${at}.clusterId`, rule);
    }
    if (backup.token && cascadeKey(backup.token) !== cascadeKey(token)) {
      const message = "The tokens differ in geo-cascade; redundant publishers must be alike.";
      throw new ApplicationError("PUBLISHERS_DIFFER", message, { argument: `${at}.publishToken` });
    }
    const isElsewhere = sets[index + 1]?.clusterId !== primary?.clusterId;
    if (isElsewhere && cascadeKey(token) === "") {
      throw conflict(token, "does not relay between clusters: a backup in another one needs geo-cascade", at);
    }
  }
}

function feedsOf(wish: IngestRequest, { token, clusterId, priority }: FeedSet, isBackup: boolean): PlannedFeed[] {
  const { protocol, sources, layers, extraLatencyMs } = wish;
  const isEncrypted = protocol === "WHIP" || protocol === "RTMPS" || (protocol === "SRT" && token.isSrtEncrypted);
  const isSingle = sources.length === 1 && layers.length === 0 && sources[0]?.sourceId === null;
  return sources.flatMap((source, sourceIndex) =>
    (layers.length > 0 && !source.isAudioOnly ? layers : [null]).map((layer, layerIndex): PlannedFeed => {
      const sourceId = [source.sourceId, layer?.name].filter((part) => part != null).join("-") || null;
      const simulcastId = isSingle ? null : sourceIndex === 0 ? "" : source.sourceId;
      const isFirst = sourceIndex === 0 && layerIndex === 0 && !isBackup;
      const hasAudio = layerIndex === 0;
      const parameters: (IngestParameter | false)[] = [
        priority !== null && ["priority", priority],
        sourceId !== null && ["sourceId", sourceId],
        // With a main source that is unnamed, the others still go by their labels.
        simulcastId !== null && sourceId !== null && ["simulcastId", simulcastId || null],
        source.isAudioOnly && ["audioOnly", null],
        !hasAudio && ["videoOnly", null],
        // Each layer would be recorded, and each feed pushed on, by itself.
        !hasAudio && token.isRecording && ["noRecord", null],
        !isFirst && token.restreams.some((target) => target.isEnabled) && ["noRestream", null],
        layer?.kilobitsPerSecond != null && protocol !== "WHIP" && ["videoTargetBitrate", layer.kilobitsPerSecond],
        extraLatencyMs !== null && ["extraLatency", extraLatencyMs],
      ];
      return {
        token,
        clusterId,
        isBackup,
        sourceId,
        simulcastId,
        layer: layer?.name ?? null,
        priority,
        hasAudio,
        hasVideo: !source.isAudioOnly,
        isEncrypted,
        parameters: parameters.filter((parameter) => parameter !== false),
      };
    }),
  );
}

function warningsOf({ protocol, sources, layers }: IngestRequest, feeds: readonly PlannedFeed[]): IngestWarningCode[] {
  const holds: Readonly<Record<IngestWarningCode, boolean>> = {
    UNENCRYPTED: feeds.some(({ isEncrypted }) => !isEncrypted),
    ADDRESS_RULES_IGNORED: protocol.startsWith("RTMP") && feeds.some(({ token }) => hasAddressRules(token)),
    PRIORITY_FIXED: feeds.some(({ priority }) => priority !== null),
    ONE_FEED_RESTREAMED: feeds.some(({ parameters }) => parameters.some(([name]) => name === "noRestream")),
    VIEWER_RATE: sources.length * lowestRate(layers) > MAX_VIEWER_BITS_PER_SECOND,
  };
  return (Object.keys(holds) as IngestWarningCode[]).filter((code) => holds[code]);
}

/** In bits per second; 0 where it is not told. */
function lowestRate(layers: IngestRequest["layers"]): number {
  const rates = layers.flatMap(({ kilobitsPerSecond }) => kilobitsPerSecond ?? []);
  return rates.length > 0 ? Math.min(...rates) * 1_000 : 0;
}

function hasAddressRules({ allowedIpAddresses, bindIpsOnUsage }: PublishTokenRecord): boolean {
  return allowedIpAddresses.length > 0 || bindIpsOnUsage > 0;
}

function conflict({ label, id }: PublishTokenRecord, what: string, argument: string): ApplicationError {
  return new ApplicationError("CONFLICT", `The publish token ${label} (${id}) ${what}.`, { argument });
}
