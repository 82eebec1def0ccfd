import { clusterConsistency } from "../cluster/cluster-consistency.ts";
import { countOpened, openAllKnown, openAnyName, openedBy, patternsOf } from "../stream/stream.ts";
import { type PatternReader, readPattern } from "../stream/stream-pattern.ts";
import {
  cascadeKey,
  isExpired,
  isUsable,
  type PublishTokenRecord,
  type StreamGrant,
  type SubscribeTokenRecord,
} from "../token/token.ts";
import { describeBytes, type Traffic } from "../usage/traffic.ts";
import type { FindingKind } from "./finding-kinds.ts";
import {
  createSuccessor,
  deleteToken,
  disableSubscribeTokens,
  moveToCluster,
  onboardPartner,
  replacePatterns,
  securePublishToken,
  unbindAddresses,
} from "./suggestions.ts";
import { isBroad } from "./syndication.ts";

/** Something about the account that costs money or security. */
export interface Finding {
  readonly kind: FindingKind;
  /** Sentence with the names and numbers of the finding. */
  readonly summary: string;
  readonly streamName: string | null;
  readonly trackingId: string | null;
  readonly token: AnyToken | null;
  /** Every token that the finding is about, or that may have admitted the viewers it is about. */
  readonly tokens: readonly AnyToken[];
  /** Bytes of the checked window; null for a finding without traffic. */
  readonly bytes: bigint | null;
  /** Complete mutation that fixes the problem; null if a person has to choose a value. */
  readonly mutation: string | null;
  /** Distinguishes findings of one kind and subject. Contains no figure that moves. */
  readonly aspect: string;
}

type AnyToken = PublishTokenRecord | SubscribeTokenRecord;

/** Traffic of one stream in the checked window, by tracking id. */
export interface StreamTraffic {
  readonly streamName: string;
  readonly rows: readonly { readonly trackingId: string | null; readonly traffic: Traffic }[];
}

/** The tokens of a stream, usable or not. */
export interface StreamTokens {
  readonly streamName: string;
  readonly publish: readonly PublishTokenRecord[];
  readonly subscribe: readonly SubscribeTokenRecord[];
}

/** How patterns of tokens are read, and the streams that they are compared with. */
export interface GrantFacts {
  readonly read: PatternReader;
  /** Returns whether the patterns of the grants together open nearly every name. */
  readonly openAnyName: (grants: readonly StreamGrant[]) => boolean;
  /** Every stream of the account that is known by name; empty for a caller who may not know them. */
  readonly known: readonly string[];
  /** Returns an upper bound for the known streams that a token opens, at little cost. */
  readonly mostOpened: (token: SubscribeTokenRecord) => number;
  /** Returns the streams that were watched lately under a tracking id. */
  readonly watched: (trackingId: string) => readonly string[];
}

const unaided: GrantFacts = {
  read: readPattern,
  openAnyName,
  known: [],
  mostOpened: () => Number.POSITIVE_INFINITY,
  watched: () => [],
};

/** Returns the findings about single subscribe tokens, and about those of one tracking id together. `expiringBefore` is in milliseconds since the epoch. */
export function subscribeTokenFindings(
  tokens: readonly SubscribeTokenRecord[],
  now: number,
  expiringBefore: number,
  facts: GrantFacts = unaided,
): Finding[] {
  const usable = tokens.filter((token) => isUsable(token, now));
  return [
    ...usable.flatMap((token) => [
      ...when(token.trackingId === null, "TRACKING_ID_MISSING", `${named(token)} has no tracking id.`, () => ({
        token,
        mutation: disableSubscribeTokens([token]),
      })),
      ...when(
        token.trackingId !== null && token.bindIpsOnUsage > 0,
        "MASTER_BINDS_ADDRESSES",
        `${named(token)} binds itself to the first ${counted(token.bindIpsOnUsage, "address", "addresses")} that ${token.bindIpsOnUsage === 1 ? "uses" : "use"} it.`,
        () => ({ token, mutation: unbindAddresses(token) }),
      ),
      ...breadth(token, facts),
      ...unreadable(token, facts.read),
      ...expiry(token, expiringBefore, facts.read),
    ]),
    ...togetherEverything(usable, facts),
  ];
}

function breadth(token: SubscribeTokenRecord, facts: GrantFacts): Finding[] {
  const { read, openAnyName: openAny, known, mostOpened } = facts;
  const readable = readablePatterns(token, read);
  if (readable.length === 0) return [];
  const about = () => ({ token, mutation: replacePatterns(token, watchedUnder(token, facts)) });
  if (openAny(readable)) return [finding("WILDCARD_GRANT", `${named(token)} opens every stream.`, about())];
  if (!isBroad(mostOpened(token), known.length)) return [];
  if (openAllKnown(readable, known, read)) {
    const summary = `${named(token)} opens all ${counted(known.length, "known stream")}.`;
    return [finding("WILDCARD_GRANT", summary, about())];
  }
  const opened = countOpened(readable, known, read);
  const summary = `${named(token)} opens ${separated(opened)} of the ${counted(known.length, "known stream")} by its patterns.`;
  return when(isBroad(opened, known.length), "BROAD_GRANT", summary, about);
}

/** Returns the streams that the token opens and that were watched under its tracking id. */
function watchedUnder({ trackingId, streams }: SubscribeTokenRecord, { watched, read }: GrantFacts): string[] {
  return trackingId === null ? [] : watched(trackingId).filter(openedBy(streams, read));
}

/** Returns the token's grants by pattern, except those that can't be read. */
function readablePatterns({ streams }: SubscribeTokenRecord, read: PatternReader): StreamGrant[] {
  return streams.filter(({ pattern, isRegex }) => isRegex && read(pattern).state !== "UNREADABLE");
}

/** Returns a finding for each tracking id whose tokens open every stream only together. */
function togetherEverything(
  usable: readonly SubscribeTokenRecord[],
  { read, openAnyName: openAny }: GrantFacts,
): Finding[] {
  const readable = (token: SubscribeTokenRecord) => readablePatterns(token, read);
  const byTrackingId = new Map<string, SubscribeTokenRecord[]>();
  for (const token of usable) {
    if (token.trackingId === null || readable(token).length === 0 || openAny(readable(token))) continue;
    const group = byTrackingId.get(token.trackingId);
    if (group) group.push(token);
    else byTrackingId.set(token.trackingId, [token]);
  }
  return [...byTrackingId].flatMap(([trackingId, group]) =>
    when(
      group.length > 1 && openAny(group.flatMap(readable)),
      "WILDCARD_GRANT",
      `The tokens of the tracking id \`${trackingId}\` together open every stream: ${listed(group)}.`,
      () => ({ trackingId, tokens: group, aspect: "together" }),
    ),
  );
}

function unreadable(token: PublishTokenRecord | SubscribeTokenRecord, read: PatternReader): Finding[] {
  return patternsOf(token.streams).flatMap((pattern) => {
    const { state, prefix } = read(pattern);
    const covered = prefix === "" ? "every name" : `every name that begins with \`${prefix}\``;
    return when(
      state === "UNREADABLE",
      "PATTERN_UNREADABLE",
      `${named(token)} has the pattern \`${pattern}\`, which the gateway can't read: checks treat the pattern as covering ${covered}.`,
      () => ({ token, aspect: pattern }),
    );
  });
}

/** Returns a finding for each usable subscribe token whose partner is suspended or retired. */
export function inactivePartnerFindings(
  tokens: readonly SubscribeTokenRecord[],
  isInactive: (trackingId: string) => boolean,
  now: number,
): Finding[] {
  return tokens.flatMap((token) =>
    when(
      token.trackingId !== null && isUsable(token, now) && isInactive(token.trackingId),
      "TOKEN_OF_INACTIVE_PARTNER",
      `${named(token)} can be used although its partner is suspended or retired.`,
      () => ({ token, mutation: disableSubscribeTokens([token]) }),
    ),
  );
}

/** Returns the finding about a usable token that an interrupted operation created and did not return to its caller. */
export function leftBehindFinding(token: PublishTokenRecord | SubscribeTokenRecord, operation: string): Finding {
  const summary = `${named(token)} has the settings of an interrupted request of ${operation} whose caller did not receive a token. Delete the token unless it was created in the platform's dashboard.`;
  return finding("TOKEN_LEFT_BEHIND", summary, { token, mutation: deleteToken(token) });
}

/** Returns the findings about single publish tokens. */
export function publishTokenFindings(
  tokens: readonly PublishTokenRecord[],
  now: number,
  expiringBefore: number,
  read: PatternReader = readPattern,
): Finding[] {
  return tokens
    .filter((token) => isUsable(token, now))
    .flatMap((token) => [...unreadable(token, read), ...expiry(token, expiringBefore, read)]);
}

/** Returns the findings about the tokens that publish a stream and those that may watch it. */
export function streamFindings(
  stream: StreamTokens,
  now: number,
  { openAnyName: openAny }: Pick<GrantFacts, "openAnyName"> = unaided,
  untracked: UntrackedTraffic | null = null,
): Finding[] {
  const { streamName } = stream;
  const publishers = stream.publish.filter((token) => isUsable(token, now));
  const masters = stream.subscribe.filter((token) => isUsable(token, now));
  // A wildcard grant includes streams of other clusters; that is one finding, WILDCARD_GRANT.
  const { publishClusters, subscribeClusters, mismatchedTokens } = clusterConsistency(
    publishers,
    masters.filter(({ streams }) => !openAny(streams)),
  );
  const [publishCluster, ...otherClusters] = publishClusters;
  const shared = subscribeClusters.length === 1 ? publishClusters.find((id) => id === subscribeClusters[0]) : undefined;
  return [
    ...publishers
      .filter(({ isSecured }) => !isSecured)
      .map((token) =>
        finding(
          "STREAM_UNSECURED",
          `${named(token)} lets anyone watch the stream \`${streamName}\`.${used(untracked)}`,
          {
            token,
            streamName,
            tokens: untracked?.tokens ?? [token],
            bytes: untracked?.bytesOut ?? null,
            mutation: securePublishToken(token),
          },
        ),
      ),
    ...when(
      publishClusters.length > 1,
      "PUBLISHERS_DIFFER",
      `The stream \`${streamName}\` is published in ${publishClusters.join(" and ")}: ${listed(publishers)}.`,
      () => ({
        streamName,
        tokens: publishers,
        aspect: "clusters",
        mutation:
          shared === undefined
            ? null
            : moveToCluster(
                publishers.filter(({ effective }) => effective.originCluster !== shared),
                shared,
              ),
      }),
    ),
    ...when(
      new Set(publishers.map(cascadeKey)).size > 1,
      "PUBLISHERS_DIFFER",
      `The publish tokens of the stream \`${streamName}\` have different geo-cascades: ${listed(publishers)}.`,
      () => ({ streamName, tokens: publishers, aspect: "geo-cascades" }),
    ),
    ...mismatchedTokens.map((token) =>
      finding(
        "CLUSTER_MISMATCH",
        `${named(token)} belongs to the cluster ${token.effective.originCluster}; the stream \`${streamName}\` is published in ${publishClusters.join(", ")}.`,
        {
          token,
          streamName,
          mutation:
            publishCluster !== undefined && otherClusters.length === 0 ? moveToCluster([token], publishCluster) : null,
        },
      ),
    ),
  ];
}

/** Traffic of a stream without a tracking id, with the tokens that may have admitted its viewers. */
export interface UntrackedTraffic {
  readonly bytesOut: bigint;
  readonly tokens: readonly AnyToken[];
}

/**
 * Returns the traffic of a stream without a tracking id, and each token that may have admitted its viewers: publish tokens that do
 * not secure the stream, then subscribe tokens without a tracking id, disabled ones included since they may have been usable before.
 *
 * @param since start of the traffic in milliseconds since the epoch; a token that had expired before admitted none of it
 */
export function untrackedTraffic(
  { publish, subscribe }: Pick<StreamTokens, "publish" | "subscribe">,
  rows: StreamTraffic["rows"],
  since: number,
): UntrackedTraffic {
  const bytesOut = rows.reduce(
    (sum, { trackingId, traffic }) => sum + (trackingId === null ? traffic.bytesOut : 0n),
    0n,
  );
  const tokens = [
    ...publish.filter(({ isSecured }) => !isSecured),
    ...subscribe.filter(({ trackingId }) => trackingId === null),
  ].filter((token) => !isExpired(token, since));
  return { bytesOut, tokens };
}

function used(untracked: UntrackedTraffic | null): string {
  if (!untracked) return "";
  return ` Viewers under no tracking id used ${describeBytes(untracked.bytesOut)} in the last 7 days.`;
}

/** Traffic that findings are derived from, and what is known about its streams and tracking ids. */
export interface TrafficFacts {
  readonly isSecured: (streamName: string) => boolean;
  readonly isClaimed: (trackingId: string) => boolean;
  /** Returns the untracked traffic of a stream with the tokens that may have admitted its viewers. */
  readonly untracked: (streamName: string) => UntrackedTraffic | null;
  readonly now: number;
}

/** Returns the findings about metered traffic: those of the streams first, then one for each unclaimed tracking id. */
export function trafficFindings(
  streams: readonly StreamTraffic[],
  { isSecured, isClaimed, untracked, now }: TrafficFacts,
): Finding[] {
  const unclaimed = new Map<string, bigint>();
  const findings = streams.flatMap(({ streamName, rows }) => [
    ...untrackedFindings(streamName, isSecured(streamName) ? untracked(streamName) : null, now),
    ...rows.flatMap(({ trackingId, traffic: { bytesIn, bytesOut } }): Finding[] => {
      if (trackingId === null) return [];
      if (!isClaimed(trackingId)) unclaimed.set(trackingId, (unclaimed.get(trackingId) ?? 0n) + bytesOut);
      return when(
        bytesIn > 0n,
        "TRACKED_INGEST",
        `${describeBytes(bytesIn)} of ingest of the stream \`${streamName}\` ${bytesIn === 1n ? "is" : "are"} counted under the tracking id \`${trackingId}\`.`,
        () => ({ streamName, trackingId, bytes: bytesIn }),
      );
    }),
  ]);
  return [
    ...findings,
    ...[...unclaimed].map(([trackingId, bytes]) =>
      finding(
        "TRACKING_ID_UNCLAIMED",
        `Viewers under the tracking id \`${trackingId}\` used ${describeBytes(bytes)} in the last 7 days, which no partner is billed for.`,
        { trackingId, bytes, mutation: onboardPartner(trackingId) },
      ),
    ),
  ];
}

function untrackedFindings(streamName: string, untracked: UntrackedTraffic | null, now: number): Finding[] {
  if (!untracked || untracked.bytesOut === 0n) return [];
  const { bytesOut, tokens } = untracked;
  const [only, ...others] = tokens;
  const admitted =
    only === undefined
      ? "No token of today can have admitted them; it was deleted or changed since."
      : `${others.length === 0 ? "Only one token" : "These tokens"} may have admitted them: ${listed(tokens)}.`;
  const summary = `Viewers under no tracking id used ${describeBytes(bytesOut)} of the stream \`${streamName}\` in the last 7 days. ${admitted}`;
  const usable = tokens.flatMap((token) => (token.kind === "SubscribeToken" && isUsable(token, now) ? [token] : []));
  return [
    finding("UNTRACKED_VIEWERS", summary, {
      streamName,
      token: others.length === 0 ? (only ?? null) : null,
      tokens,
      bytes: bytesOut,
      mutation: disableSubscribeTokens(usable),
    }),
  ];
}

function expiry(token: AnyToken, expiringBefore: number, read: PatternReader): Finding[] {
  const { expiresAt } = token;
  if (expiresAt === null || expiresAt >= expiringBefore) return [];
  const isRepeatable =
    token.kind === "SubscribeToken" && patternsOf(token.streams).every((pattern) => read(pattern).state === "READABLE");
  const mutation = isRepeatable ? createSuccessor(token) : null;
  return [
    finding("TOKEN_EXPIRES", `${named(token)} expires at ${new Date(expiresAt).toISOString()}.`, { token, mutation }),
  ];
}

type About = Partial<Omit<Finding, "kind" | "summary">>;

function when(isFound: boolean, kind: FindingKind, summary: string, about: () => About): Finding[] {
  return isFound ? [finding(kind, summary, about())] : [];
}

function finding(kind: FindingKind, summary: string, about: About): Finding {
  const token = about.token ?? null;
  return {
    kind,
    summary,
    streamName: null,
    trackingId: token && "trackingId" in token ? token.trackingId : null,
    token,
    tokens: token ? [token] : [],
    bytes: null,
    mutation: null,
    aspect: "",
    ...about,
  };
}

/** Largest number of tokens that a summary names. */
const MAX_LISTED = 5;

function listed(tokens: readonly AnyToken[]): string {
  const names = tokens.slice(0, MAX_LISTED).map((token) => {
    const name = named(token);
    return name[0]?.toLowerCase() + name.slice(1) + (token.isActive ? "" : ", disabled");
  });
  const more = tokens.length - names.length;
  return [...names, ...(more > 0 ? [`${separated(more)} more`] : [])].join("; ");
}

function named({ id, label, kind }: Pick<AnyToken, "id" | "label" | "kind">): string {
  return `${kind === "PublishToken" ? "Publish" : "Subscribe"} token ${id} (\`${label}\`)`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${separated(count)} ${count === 1 ? one : many}`;
}

function separated(count: number): string {
  return count.toLocaleString("en-US");
}
