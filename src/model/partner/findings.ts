import { clusterConsistency } from "../cluster/cluster-consistency.ts";
import { countOpened, openAllKnown, openAnyName, patternsOf } from "../stream/stream.ts";
import { type PatternReader, readPattern } from "../stream/stream-pattern.ts";
import {
  cascadeKey,
  isUsable,
  type PublishTokenRecord,
  type StreamGrant,
  type SubscribeTokenRecord,
  type TokenRecord,
} from "../token/token.ts";
import type { Traffic } from "../usage/traffic.ts";
import { isBroad } from "./syndication.ts";

/** Severities of findings with their descriptions for clients, most severe first. */
export const severities = {
  CRITICAL: "The problem costs money or leaves a stream unprotected now.",
  WARNING: "The problem will cost money, break viewing or falsify bills.",
  INFO: "No action is needed now.",
} as const;

export type Severity = keyof typeof severities;

/** Every kind of finding: its severity, its impact on money or security, and the mutation that fixes it. */
export const findingKinds = {
  STREAM_UNSECURED: {
    severity: "CRITICAL",
    impact: "Anyone may watch the stream without a token. The traffic is billed to the account, and to no partner.",
    suggestedMutation: "updatePublishToken(input: { token: { tokenId: N }, isSecured: true })",
  },
  UNTRACKED_VIEWERS: {
    severity: "CRITICAL",
    impact:
      "Viewers of a secured stream used bandwidth without a tracking id, so no partner can be billed for it. A subscribe token without a tracking id admits them.",
    suggestedMutation:
      "disableSubscribeTokens(input: { tokens: [{ tokenId: N }] }), after creating one with a trackingId for its holder",
  },
  TOKEN_OF_INACTIVE_PARTNER: {
    severity: "CRITICAL",
    impact: "The partner is suspended or retired, but its subscribe token still admits viewers.",
    suggestedMutation: "disableSubscribeTokens(input: { tokens: [{ tokenId: N }] })",
  },
  TRACKING_ID_MISSING: {
    severity: "CRITICAL",
    impact:
      "The holder of this subscribe token may sign under any tracking id or none, so usage can be hidden or billed to another partner.",
    suggestedMutation:
      "createSubscribeToken with a trackingId, then disableSubscribeTokens(input: { tokens: [{ tokenId: N }] })",
  },
  MASTER_BINDS_ADDRESSES: {
    severity: "WARNING",
    impact:
      "Viewer tokens inherit the binding: the addresses of the partner's first viewers use up the limit, and later viewers are rejected.",
    suggestedMutation: "updateSubscribeToken(input: { token: { tokenId: N }, bindIpsOnUsage: 0 })",
  },
  WILDCARD_GRANT: {
    severity: "WARNING",
    impact: "The token opens every stream of the account, including streams of other partners and future streams.",
    suggestedMutation:
      'updateSubscribeToken(input: { token: { tokenId: N }, addStreams: [...], removeStreams: [".*"] })',
  },
  BROAD_GRANT: {
    severity: "WARNING",
    impact:
      "The token's patterns open more than half of the streams that are known by name, and future streams whose names match.",
    suggestedMutation:
      'updateSubscribeToken(input: { token: { tokenId: N }, addStreams: [...], removeStreams: ["..."] })',
  },
  PATTERN_UNREADABLE: {
    severity: "WARNING",
    impact:
      "The platform accepts the pattern, but the gateway can't read it, so the streams that the token opens are unknown. Checks that protect a stream assume that the pattern covers every name with its literal prefix; checks that grant access assume that it opens nothing.",
    suggestedMutation: 'recordPatternCoverage(input: { pattern: "...", streamNames: [...] })',
  },
  CLUSTER_MISMATCH: {
    severity: "WARNING",
    impact:
      "Viewers find a stream only in the cluster where it is published: viewers with this token do not find the stream.",
    suggestedMutation: 'updateSubscribeToken(input: { token: { tokenId: N }, originCluster: "..." })',
  },
  PUBLISHERS_DIFFER: {
    severity: "WARNING",
    impact:
      "The stream's publish tokens differ in cluster or geo-cascade, so the token that is broadcasting decides which viewers find the stream.",
    suggestedMutation:
      'updatePublishToken(input: { token: { tokenId: N }, originCluster: "..." }), or setGeoCascade(input: { target: { publishToken: { tokenId: N } }, geoCascade: { ... } })',
  },
  TOKEN_EXPIRES: {
    severity: "WARNING",
    impact: "After the expiry the token and all viewer tokens signed with it are rejected. An expiry can't be changed.",
    suggestedMutation: "syndicateStream, or createSubscribeToken or createPublishToken, for its successor",
  },
  TOKEN_LEFT_BEHIND: {
    severity: "WARNING",
    impact:
      "An interrupted request probably created this usable token without returning it to its caller. Repeating the request with its idempotency key returns the token. A token that was created in the platform's dashboard at that time with the same settings can't be told apart.",
    suggestedMutation:
      "deleteSubscribeToken(input: { token: { tokenId: N } }) or deletePublishToken(input: { token: { tokenId: N } })",
  },
  TRACKING_ID_UNCLAIMED: {
    severity: "INFO",
    impact: "Traffic is counted under a tracking id that no registered partner has, so no partner is billed for it.",
    suggestedMutation:
      "onboardPartner(input: { trackingIds: [...] }), or adoptTrackingId for a partner that is registered",
  },
  TRACKED_INGEST: {
    severity: "WARNING",
    impact:
      "Incoming bytes are counted under a tracking id. Partners are billed for what is sent to viewers, so this points to a mistake in metering.",
    suggestedMutation: "Compare reconciliation with the platform's own figures before the partner is billed.",
  },
} as const satisfies Record<
  string,
  { readonly severity: Severity; readonly impact: string; readonly suggestedMutation: string }
>;

export type FindingKind = keyof typeof findingKinds;

/** Something about the account that costs money or security. */
export interface Finding {
  readonly kind: FindingKind;
  /** Sentence with the names and numbers of the finding. */
  readonly summary: string;
  readonly streamName: string | null;
  readonly trackingId: string | null;
  readonly token: PublishTokenRecord | SubscribeTokenRecord | null;
  /** Complete mutation that fixes the problem; null if some of its values must be filled in. */
  readonly mutation: string | null;
}

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
}

const unaided: GrantFacts = {
  read: readPattern,
  openAnyName,
  known: [],
  mostOpened: () => Number.POSITIVE_INFINITY,
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
      ...when(token.trackingId === null, "TRACKING_ID_MISSING", `${named(token)} has no tracking id.`, { token }),
      ...when(
        token.trackingId !== null && token.bindIpsOnUsage > 0,
        "MASTER_BINDS_ADDRESSES",
        `${named(token)} binds itself to the first ${token.bindIpsOnUsage} addresses.`,
        { token },
      ),
      ...breadth(token, facts),
      ...unreadable(token, facts.read),
      ...expiry(token, expiringBefore),
    ]),
    ...togetherEverything(usable, facts),
  ];
}

function breadth(
  token: SubscribeTokenRecord,
  { read, openAnyName: openAny, known, mostOpened }: GrantFacts,
): Finding[] {
  const readable = readablePatterns(token, read);
  if (readable.length === 0) return [];
  if (openAny(readable)) return [finding("WILDCARD_GRANT", `${named(token)} opens every stream.`, { token })];
  if (!isBroad(mostOpened(token), known.length)) return [];
  if (openAllKnown(readable, known, read)) {
    return [finding("WILDCARD_GRANT", `${named(token)} opens all ${known.length} known streams.`, { token })];
  }
  const opened = countOpened(readable, known, read);
  return when(isBroad(opened, known.length), "BROAD_GRANT", broad(named(token), opened, known.length), { token });
}

/** Returns the token's grants by pattern, except those that can't be read. */
function readablePatterns({ streams }: SubscribeTokenRecord, read: PatternReader): StreamGrant[] {
  return streams.filter(({ pattern, isRegex }) => isRegex && read(pattern).state !== "UNREADABLE");
}

function broad(who: string, opened: number, known: number): string {
  return `${who} opens ${opened} of the ${known} known streams by its patterns.`;
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
      `The subscribe tokens ${group.map(({ id }) => id).join(", ")} of the tracking id \`${trackingId}\` together open every stream.`,
      { trackingId },
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
      { token },
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
      { token, trackingId: token.trackingId },
    ),
  );
}

/** Returns the finding about a usable token that an interrupted operation created and did not return to its caller. */
export function leftBehindFinding(token: PublishTokenRecord | SubscribeTokenRecord, operation: string): Finding {
  const summary = `${named(token)} has the settings of an interrupted request of ${operation} whose caller did not receive a token. Delete the token unless it was created in the platform's dashboard.`;
  const mutation = `mutation { delete${token.kind}(input: { token: { tokenId: ${token.id} } }) { deletedId userErrors { code message } } }`;
  return { ...finding("TOKEN_LEFT_BEHIND", summary, { token }), mutation };
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
    .flatMap((token) => [...unreadable(token, read), ...expiry(token, expiringBefore)]);
}

/** Returns the findings about the tokens that publish a stream and those that may watch it. */
export function streamFindings(
  { streamName, publish, subscribe }: StreamTokens,
  now: number,
  { openAnyName: openAny }: Pick<GrantFacts, "openAnyName"> = unaided,
): Finding[] {
  const publishers = publish.filter((token) => isUsable(token, now));
  const masters = subscribe.filter((token) => isUsable(token, now));
  const { publishClusters, mismatchedTokens } = clusterConsistency(publishers, masters);
  return [
    ...publishers.flatMap((token) =>
      when(!token.isSecured, "STREAM_UNSECURED", `${named(token)} lets anyone watch the stream \`${streamName}\`.`, {
        token,
        streamName,
      }),
    ),
    ...when(
      publishClusters.length > 1,
      "PUBLISHERS_DIFFER",
      `The stream \`${streamName}\` is published in ${publishClusters.join(" and ")}.`,
      { streamName },
    ),
    ...when(
      new Set(publishers.map(cascadeKey)).size > 1,
      "PUBLISHERS_DIFFER",
      `The publish tokens of the stream \`${streamName}\` have different geo-cascades.`,
      { streamName },
    ),
    // A wildcard grant includes streams of other clusters; that is one finding, WILDCARD_GRANT.
    ...mismatchedTokens
      .filter(({ streams }) => !openAny(streams))
      .map((token) =>
        finding(
          "CLUSTER_MISMATCH",
          `${named(token)} belongs to the cluster ${token.effective.originCluster}; the stream \`${streamName}\` is published in ${publishClusters.join(", ")}.`,
          { token, streamName },
        ),
      ),
  ];
}

/** Returns the findings about metered traffic: those of the streams first, then one for each unclaimed tracking id. */
export function trafficFindings(
  streams: readonly StreamTraffic[],
  isSecured: (streamName: string) => boolean,
  isClaimed: (trackingId: string) => boolean,
): Finding[] {
  const unclaimed = new Map<string, bigint>();
  const findings = streams.flatMap(({ streamName, rows }) =>
    rows.flatMap(({ trackingId, traffic: { bytesIn, bytesOut } }): Finding[] => {
      if (trackingId === null) {
        return when(
          bytesOut > 0n && isSecured(streamName),
          "UNTRACKED_VIEWERS",
          `Viewers under no tracking id used ${bytesOut} bytes of the stream \`${streamName}\`.`,
          { streamName },
        );
      }
      if (!isClaimed(trackingId)) unclaimed.set(trackingId, (unclaimed.get(trackingId) ?? 0n) + bytesOut);
      return when(
        bytesIn > 0n,
        "TRACKED_INGEST",
        `${bytesIn} incoming bytes of the stream \`${streamName}\` are counted under the tracking id \`${trackingId}\`.`,
        { streamName, trackingId },
      );
    }),
  );
  return [
    ...findings,
    ...[...unclaimed].map(([trackingId, bytesOut]) =>
      finding("TRACKING_ID_UNCLAIMED", `${bytesOut} bytes under the tracking id \`${trackingId}\` have no partner.`, {
        trackingId,
      }),
    ),
  ];
}

function expiry(token: PublishTokenRecord | SubscribeTokenRecord, expiringBefore: number): Finding[] {
  const { expiresAt } = token;
  if (expiresAt === null || expiresAt >= expiringBefore) return [];
  return [finding("TOKEN_EXPIRES", `${named(token)} expires at ${new Date(expiresAt).toISOString()}.`, { token })];
}

type About = Partial<Pick<Finding, "streamName" | "trackingId" | "token">>;

function when(isFound: boolean, kind: FindingKind, summary: string, about: About): Finding[] {
  return isFound ? [finding(kind, summary, about)] : [];
}

function finding(kind: FindingKind, summary: string, about: About): Finding {
  const token = about.token ?? null;
  const trackingId = about.trackingId ?? (token && "trackingId" in token ? token.trackingId : null);
  return { kind, summary, streamName: about.streamName ?? null, trackingId, token, mutation: null };
}

function named({ id, label, kind }: TokenRecord & { readonly kind: "PublishToken" | "SubscribeToken" }): string {
  return `${kind === "PublishToken" ? "Publish" : "Subscribe"} token ${id} (\`${label}\`)`;
}
