import { openedBy, unreadPatterns } from "../stream/stream.ts";
import { type PatternReader, readPattern } from "../stream/stream-pattern.ts";
import { ipIsWithin, isIpv4OrCidr, originIsAllowed } from "../token/restrictions.ts";
import { isExpired, type PublishTokenRecord, type SubscribeTokenRecord } from "../token/token.ts";
import { countryIsAllowed, type EffectiveGeoRules, geoRulesOf, hasRules } from "./geo-rules.ts";

/** Outcomes for a viewer who asks to watch a stream. */
export const viewingVerdicts = {
  ADMITTED: "The platform lets the viewer watch.",
  REFUSED: "The platform refuses the viewer.",
  UNDECIDED:
    "No known rule refuses the viewer, but a fact decides that was not given, or that only the platform knows.",
} as const;
export type ViewingVerdict = keyof typeof viewingVerdicts;

/** Rules that decide whether a viewer may watch, in the order in which the platform's Director applies them. */
export const viewingRules = {
  VIEWER_TOKEN: "The viewer token is refused wherever the viewer is: see `reasons`.",
  TOKEN_DISABLED: "The subscribe token is disabled, so nobody may watch with it.",
  TOKEN_EXPIRED: "The expiry of the subscribe token has passed, so nobody may watch with it.",
  STREAM_NOT_COVERED: "No grant of the subscribe token covers the stream.",
  ALLOWED_ORIGINS:
    "The subscribe token, or the viewer token signed under it, admits only pages of listed origins; a viewer without an origin is not listed.",
  ALLOWED_IP_ADDRESSES:
    "The subscribe token, or the viewer token signed under it, admits only listed IPv4 addresses; IPv6 is never listed.",
  STREAM_NOT_PUBLISHED: "No usable publish token may broadcast the stream.",
  TOKEN_REQUIRED: "The stream is secured, and the viewer shows no token.",
  GEO_RULES: "Viewers are admitted by their country: see `geoRules`.",
  CLUSTER_MISMATCH: "The stream is published in another cluster than the subscribe token's.",
  ADDRESS_BINDING: "The subscribe token is bound to the first addresses that use it, which only the platform knows.",
  PUBLISHERS_DIFFER:
    "The stream is off air, and the outcome depends on the publish token that it will be broadcast with.",
  STREAM_OPEN: "The stream is not secured: anyone may watch whom no other rule refuses.",
  TOKEN_OPENS: "The subscribe token opens the stream, and no rule refuses the viewer.",
} as const;
export type ViewingRule = keyof typeof viewingRules;

/** Outcome of one rule for a viewer. */
export interface RuleOutcome {
  readonly rule: ViewingRule;
  readonly verdict: ViewingVerdict;
  /** Names the token with an unreadable pattern, if one is involved; otherwise undefined. */
  readonly detail?: string;
}

/** Restrictions that a viewer token adds to those of its parent. */
export interface SignedUnderToken {
  /** Whether the viewer token is admitted, wherever the viewer is. */
  readonly isAdmitted: boolean;
  readonly allowedOrigins: readonly string[];
  readonly allowedIpAddresses: readonly string[];
  /** Id of the cluster that the viewer token names; null for the parent's. */
  readonly originCluster: string | null;
}

/** A viewer who asks to watch a stream. */
export interface Viewer {
  /** Subscribe token of the viewer, or the parent of the viewer token; null for none. */
  readonly token: SubscribeTokenRecord | null;
  /** Viewer token; null for a viewer with the subscribe token itself. */
  readonly signed: SignedUnderToken | null;
  /** Country by ISO 3166-1 alpha-2; null if not given. */
  readonly country: string | null;
  /** Origin of the page, as browsers send it; null for a viewer who sends none. */
  readonly origin: string | null;
  /** IPv4 or IPv6 address; null if not given. */
  readonly ip: string | null;
}

/** Publish tokens behind a stream. */
export interface PublishingState {
  readonly streamName: string;
  /** On air, the tokens of the live feeds, the active feed's first; off air, the tokens that may broadcast the stream. */
  readonly publishTokens: readonly PublishTokenRecord[];
  readonly isLive: boolean;
}

export interface ViewingDecision {
  /** First rule with the verdict of the decision. */
  readonly decidedBy: RuleOutcome;
  /** Every rule that refuses the viewer or can't be decided, in the order of the rules; empty if the viewer is admitted. */
  readonly failedRules: readonly RuleOutcome[];
  /** Geo rules that apply; null if it is undecided which publish token applies. */
  readonly geoRules: EffectiveGeoRules | null;
}

/**
 * Decides whether a viewer may watch a stream, as the platform's Director does when the viewer connects.
 *
 * A stream that is off air is decided as if it were broadcast now, with each of the tokens that may broadcast it.
 *
 * @param now milliseconds since the epoch, by the platform's clock
 */
export function decideViewing(
  publishing: PublishingState,
  viewer: Viewer,
  now: number,
  read: PatternReader = readPattern,
): ViewingDecision {
  const { streamName, publishTokens, isLive } = publishing;
  const byToken = tokenOutcomes(viewer, streamName, now, read);
  const scenarios = isLive ? [publishTokens] : publishTokens.map((publishToken) => [publishToken]);
  const decisions = scenarios.flatMap((tokens) => {
    const [active] = tokens;
    if (!active) return [];
    const isSecured = tokens.every((token) => token.isSecured);
    const geoRules = geoRulesOf(active, viewer.token);
    return [decision([...byToken, ...streamOutcomes(viewer, active, isSecured, geoRules)], isSecured, geoRules)];
  });
  const [first, ...others] = decisions;
  if (!first) return decision([...byToken, { rule: "STREAM_NOT_PUBLISHED", verdict: "REFUSED" }], true, null);
  const detail = isLive
    ? ""
    : publishTokens
        .map((token) => unreadDetail(token, read))
        .join(" ")
        .trim();
  if (others.every(({ decidedBy }) => decidedBy.verdict === first.decidedBy.verdict)) {
    return detail === "" ? first : { ...first, decidedBy: { detail, ...first.decidedBy } };
  }
  const differs: RuleOutcome = { rule: "PUBLISHERS_DIFFER", verdict: "UNDECIDED", ...(detail !== "" && { detail }) };
  return { decidedBy: differs, failedRules: [differs], geoRules: null };
}

function decision(
  failedRules: readonly RuleOutcome[],
  isSecured: boolean,
  geoRules: EffectiveGeoRules | null,
): ViewingDecision {
  const admitted: RuleOutcome = { rule: isSecured ? "TOKEN_OPENS" : "STREAM_OPEN", verdict: "ADMITTED" };
  const decidedBy = failedRules.find(({ verdict }) => verdict === "REFUSED") ?? failedRules[0] ?? admitted;
  return { decidedBy, failedRules, geoRules };
}

/** Names the unreadable patterns of a token; empty if all can be read. */
function unreadDetail(token: PublishTokenRecord | SubscribeTokenRecord, read: PatternReader): string {
  const kind = token.kind === "PublishToken" ? "Publish" : "Subscribe";
  return unreadPatterns(token, read)
    .map(
      (pattern) =>
        `${kind} token ${token.id} has the pattern \`${pattern}\`, which the gateway can't read: record the streams that it opens with recordPatternCoverage.`,
    )
    .join(" ");
}

function tokenOutcomes(
  { token, signed, origin, ip }: Viewer,
  streamName: string,
  now: number,
  read: PatternReader,
): RuleOutcome[] {
  if (!token) return [];
  const { isActive, streams } = token;
  const lists = signed ? [token, signed] : [token];
  const isLimited = lists.some(({ allowedIpAddresses }) => allowedIpAddresses.length > 0);
  return [
    ...refusedUnless(signed?.isAdmitted ?? true, "VIEWER_TOKEN"),
    ...refusedUnless(isActive, "TOKEN_DISABLED"),
    ...refusedUnless(!isExpired(token, now), "TOKEN_EXPIRED"),
    ...refusedUnless(openedBy(streams, read)(streamName), "STREAM_NOT_COVERED", unreadDetail(token, read)),
    ...refusedUnless(
      lists.every(({ allowedOrigins }) => originIsAllowed(origin, allowedOrigins)),
      "ALLOWED_ORIGINS",
    ),
    ...(ip === null
      ? undecidedIf(isLimited, "ALLOWED_IP_ADDRESSES")
      : refusedUnless(
          lists.every(({ allowedIpAddresses }) => addressIsAllowed(ip, allowedIpAddresses)),
          "ALLOWED_IP_ADDRESSES",
        )),
  ];
}

function streamOutcomes(
  { token, signed, country }: Viewer,
  publishToken: PublishTokenRecord,
  isSecured: boolean,
  geoRules: EffectiveGeoRules,
): RuleOutcome[] {
  const cluster = signed?.originCluster ?? token?.effective.originCluster ?? null;
  return [
    ...refusedUnless(token !== null || !isSecured, "TOKEN_REQUIRED"),
    ...(country === null
      ? undecidedIf(hasRules(geoRules), "GEO_RULES")
      : refusedUnless(countryIsAllowed(geoRules, country), "GEO_RULES")),
    ...refusedUnless(cluster === null || cluster === publishToken.effective.originCluster, "CLUSTER_MISMATCH"),
    ...undecidedIf(token !== null && token.bindIpsOnUsage > 0, "ADDRESS_BINDING"),
  ];
}

function addressIsAllowed(ip: string, allowed: readonly string[]): boolean {
  return allowed.length === 0 || (isIpv4OrCidr(ip) && ipIsWithin(ip, allowed));
}

function refusedUnless(isMet: boolean, rule: ViewingRule, detail = ""): RuleOutcome[] {
  return isMet ? [] : [{ rule, verdict: "REFUSED", ...(detail !== "" && { detail }) }];
}

function undecidedIf(isUndecided: boolean, rule: ViewingRule): RuleOutcome[] {
  return isUndecided ? [{ rule, verdict: "UNDECIDED" }] : [];
}
