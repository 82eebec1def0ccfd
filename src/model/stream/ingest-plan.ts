import { ApplicationError, invalidArgument } from "../errors.ts";
import { assertName } from "../text.ts";
import { cascadeKey, isUsable, type PublishTokenRecord } from "../token/token.ts";

/**
 * Plans how a stream is ingested: several sources, each in one or more quality layers, each with or without backups. The
 * platform has no such object; the parameters of an ingest address define its feed.
 *
 * @see the platform's guides to multi-source broadcasting, simulcast, redundant ingest and publishing parameters
 */

export type IngestProtocol = "WHIP" | "RTMP" | "RTMPS" | "SRT";

/** The feeds to plan. The first source is the main one: viewers start with it. */
export interface IngestRequest {
  readonly protocol: IngestProtocol;
  readonly token: PublishTokenRecord;
  /** Ids of the sources; null for the main source alone. */
  readonly sources: readonly { readonly sourceId: string | null; readonly isAudioOnly: boolean }[];
  /** Quality layers, best first; empty for a single quality. Only the first carries sound. */
  readonly layers: readonly { readonly name: string; readonly kilobitsPerSecond: number | null }[];
  /** Priority of the primary feeds; null leaves it to the token, so that reprioritizing applies. */
  readonly priority: number | null;
  readonly backups: readonly BackupRequest[];
  /** Whether SRT is encrypted; null follows the token. */
  readonly isEncrypted: boolean | null;
  /** Milliseconds added to the latency; null for none. */
  readonly extraLatencyMs: number | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A further set of the same feeds. Null means as the primary set; for the priority, one less than the set before. */
export interface BackupRequest {
  readonly priority: number | null;
  readonly clusterId: string | null;
  readonly token: PublishTokenRecord | null;
}

/** A parameter of an ingest address; its value is null if only the name is written. */
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
  /** Null leaves the priority to the token. */
  readonly priority: number | null;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  readonly isEncrypted: boolean;
  /** Parameters of the address besides the stream's name and the token. */
  readonly parameters: readonly IngestParameter[];
}

/** Warnings about a valid plan, with their description. */
export const ingestWarningCodes = {
  UNENCRYPTED:
    "The publish token and the video are sent unencrypted, so that anyone on the network path can read them.",
  ADDRESS_RULES_IGNORED: "The platform does not enforce the token's list of IP addresses over RTMP.",
  PRIORITY_FIXED: "`reprioritizeStream` has no effect on feeds with a priority in their address.",
  ONE_FEED_RESTREAMED:
    "Only the first feed is re-streamed to the token's targets: while a backup is shown, nothing is re-streamed.",
  VIEWER_RATE: "The lowest layers of all sources together exceed 12 Mbit/s, the most that a viewer receives.",
} as const;

export type IngestWarningCode = keyof typeof ingestWarningCodes;

export interface IngestPlan {
  /** The primary feeds first, then each set of backups. */
  readonly feeds: readonly PlannedFeed[];
  readonly warnings: readonly IngestWarningCode[];
}

/** Feeds of one plan at most. */
const MAX_FEEDS = 100;
/** Highest rate that a viewer receives, over all sources, in bits per second. @see the platform's guide to multi-view */
export const MAX_VIEWER_BITS_PER_SECOND = 12_000_000;
const MAX_EXTRA_LATENCY_MS = 3_000;

/**
 * Plans the feeds, and checks them against the settings of their tokens and the documented limits.
 *
 * @throws ApplicationError CONFLICT for a token whose settings forbid the plan, PUBLISHERS_DIFFER for backups with other
 *   settings, LIMIT_EXCEEDED; InvalidInputError naming the argument
 */
export function planIngest(request: IngestRequest): IngestPlan {
  assertNames(request);
  const sets = feedSets(request);
  for (const { token, clusterId } of sets) {
    assertUsable(token, request);
    assertSeveralFeeds(token, clusterId, request);
    assertProtocol(token, request);
  }
  assertAlike(request, sets);
  const feeds = sets.flatMap((set, index) => feedsOf(request, set, index > 0));
  assertDistinct(feeds, ({ isBackup, sourceId, priority }) => `${isBackup} ${priority} ${sourceId}`, "layers");
  return { feeds, warnings: warningsOf(request, feeds) };
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
    throw new ApplicationError(
      "LIMIT_EXCEEDED",
      `\`sources\`, \`layers\` and \`backups\` must make 1 to ${MAX_FEEDS} feeds; got ${count}.`,
      {
        argument: "sources",
        max: MAX_FEEDS,
      },
    );
  }
  for (const [index, { sourceId }] of sources.entries()) {
    const at = `sources.${index}.sourceId`;
    if (sourceId !== null) assertParameter(sourceId, at);
    else if (index > 0)
      throw invalidArgument(at, "must not be null: only the first source, the main one, may have no id");
  }
  for (const [index, { name, kilobitsPerSecond }] of layers.entries()) {
    assertParameter(name, `layers.${index}.name`);
    if (kilobitsPerSecond !== null && kilobitsPerSecond < 1) {
      throw invalidArgument(`layers.${index}.kilobitsPerSecond`, "must be at least 1", kilobitsPerSecond);
    }
  }
  assertDistinct(sources, ({ sourceId }) => sourceId ?? "", "sources");
  assertDistinct(layers, ({ name }) => name, "layers");
  if (extraLatencyMs !== null && (extraLatencyMs < 0 || extraLatencyMs > MAX_EXTRA_LATENCY_MS)) {
    throw invalidArgument("extraLatencyMs", `must be 0 to ${MAX_EXTRA_LATENCY_MS} milliseconds`, extraLatencyMs);
  }
}

/** Characters at which encoders and the platform split addresses, even if they are escaped. */
const splitting = /[&?=#%+/\s\p{C}]/u;

function assertParameter(text: string, at: string): void {
  assertName(text, at);
  if (splitting.test(text)) {
    throw invalidArgument(at, "must not contain white space or any of & ? = # % + /, as it is part of a URL", text);
  }
}

function assertDistinct<Item>(items: readonly Item[], nameOf: (item: Item) => string, at: string): void {
  for (const [index, item] of items.entries()) {
    if (items.findIndex((other) => nameOf(other) === nameOf(item)) < index) {
      throw invalidArgument(`${at}.${index}`, "must have another name than those before, whose feeds it would replace");
    }
  }
}

function assertUsable(token: PublishTokenRecord, { now }: IngestRequest): void {
  if (!isUsable(token, now))
    throw conflict(token, "is disabled or has expired, so it cannot start a broadcast", "publishToken");
}

/** Throws when several sources or layers, each a feed with an id, meet a token for a single one. */
function assertSeveralFeeds(token: PublishTokenRecord, clusterId: string, { sources, layers }: IngestRequest): void {
  if (sources.length === 1 && layers.length < 2) return;
  const argument = sources.length > 1 ? "sources" : "layers";
  if (!token.isMultisource) {
    throw conflict(token, "accepts a single source: set isMultisource, or plan one source in one layer", argument);
  }
  if (clusterId === "auto") {
    throw conflict(token, "has the cluster `auto`: several sources or layers need a cluster by its id", argument);
  }
}

function assertProtocol(token: PublishTokenRecord, { protocol, isEncrypted }: IngestRequest): void {
  if (protocol === "WHIP" && token.isDrm) throw conflict(token, "uses DRM, which needs SRT or RTMP", "protocol");
  if (protocol === "SRT") assertEncryption(token, isEncrypted);
  else if (isEncrypted !== null) {
    throw invalidArgument(
      "isEncrypted",
      "must be null except for SRT: WHIP and RTMPS are always encrypted, RTMP never is",
    );
  }
}

function assertEncryption(token: PublishTokenRecord, isEncrypted: boolean | null): void {
  if (token.isSrtEncrypted && isEncrypted === false) {
    throw conflict(token, "encrypts SRT: the platform rejects a feed without its passphrase", "isEncrypted");
  }
  if (!token.isSrtEncrypted && isEncrypted) {
    throw conflict(token, "has no passphrase: set isSrtEncrypted", "isEncrypted");
  }
  if (token.isSrtEncrypted && token.srtPassphrase === null) {
    throw conflict(token, "encrypts SRT with a passphrase that the platform does not return", "protocol");
  }
}

function feedSets({ token, priority, backups }: IngestRequest): FeedSet[] {
  // Every set needs a rank, and an unset priority is the lowest of all.
  const first = priority ?? (backups.length > 0 ? (token.priority ?? backups.length) : null);
  const sets: FeedSet[] = [{ token, clusterId: token.effective.originCluster, priority: first }];
  for (const [index, backup] of backups.entries()) {
    const before = sets[index]?.priority ?? 0;
    const own = backup.priority ?? before - 1;
    if (own >= before) {
      const rule = `must be below ${before}, the priority of the feeds before it: the live feed of highest priority is shown`;
      throw invalidArgument(`backups.${index}.priority`, rule, own);
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

/** Throws unless redundant feeds can replace each other: their tokens relay alike, and relay at all if in two clusters. */
function assertAlike({ protocol, token, backups }: IngestRequest, sets: readonly FeedSet[]): void {
  const [primary] = sets;
  for (const [index, backup] of backups.entries()) {
    const at = `backups.${index}`;
    if (backup.clusterId !== null && protocol === "WHIP") {
      throw invalidArgument(
        `${at}.clusterId`,
        "must be null for WHIP, which uses its token's cluster: set a token instead",
      );
    }
    if (backup.token && cascadeKey(backup.token) !== cascadeKey(token)) {
      const message = "The tokens have different geo-cascades; redundant publishers must have the same.";
      throw new ApplicationError("PUBLISHERS_DIFFER", message, { argument: `${at}.publishToken` });
    }
    const isElsewhere = sets[index + 1]?.clusterId !== primary?.clusterId;
    if (isElsewhere && cascadeKey(token) === "") {
      throw conflict(token, "has no geo-cascade, which a backup in another cluster needs", at);
    }
  }
}

function feedsOf(request: IngestRequest, { token, clusterId, priority }: FeedSet, isBackup: boolean): PlannedFeed[] {
  const { protocol, sources, layers, extraLatencyMs } = request;
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
        // If the main source has no name, the others still have their labels.
        simulcastId !== null && sourceId !== null && ["simulcastId", simulcastId || null],
        source.isAudioOnly && ["audioOnly", null],
        !hasAudio && ["videoOnly", null],
        // Otherwise each layer would be recorded, and each feed re-streamed.
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

/** Returns the rate of the lowest layer in bits per second; 0 if none has a rate. */
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
