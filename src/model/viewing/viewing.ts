import { openedBy, unreadPatterns } from "../stream/stream.ts";
import { type PatternReader, readPattern } from "../stream/stream-pattern.ts";
import { ipIsWithin, isIpv4OrCidr, originIsAllowed } from "../token/restrictions.ts";
import { isExpired, type PublishTokenRecord, type SubscribeTokenRecord } from "../token/token.ts";
import { countryIsAllowed, type EffectiveGeoRules, geoRulesOf, hasRules } from "./geo-rules.ts";

/** What comes of a viewer who asks to watch a stream. */
export const viewingVerdicts = {
  ADMITTED: "The platform lets the viewer in.",
  REFUSED: "The platform keeps the viewer out.",
  UNDECIDED:
    "No known rule refuses the viewer, but a fact decides that was not given, or that only the platform knows.",
} as const;
export type ViewingVerdict = keyof typeof viewingVerdicts;

/** The rules that decide whether a viewer may watch, in the order in which the platform's Director asks. */
export const viewingRules = {
  VIEWER_TOKEN: "The viewer token is not admitted as it is, wherever its viewer may be: `reasons` tells why.",
  TOKEN_DISABLED: "The subscribe token is disabled.",
  TOKEN_EXPIRED: "The subscribe token has expired.",
  STREAM_NOT_COVERED: "None of the subscribe token's grants covers the stream.",
  ALLOWED_ORIGINS:
    "The subscribe token, or the viewer token signed under it, lets in pages of some origins alone. A viewer who sends no origin is not on its list.",
  ALLOWED_IP_ADDRESSES:
    "The subscribe token, or the viewer token signed under it, lets in some IPv4 addresses alone. IPv6 is never on its list.",
  STREAM_NOT_PUBLISHED: "No usable publish token may broadcast the stream.",
  TOKEN_REQUIRED: "The stream is secured, and the viewer shows no token.",
  GEO_RULES: "Viewers of some countries alone are let in, or kept out: `geoRules` tells by whom.",
  CLUSTER_MISMATCH: "The stream is published in another cluster than that of the subscribe token.",
  ADDRESS_BINDING:
    "The subscribe token binds itself to the first addresses that use it. Which these are only the platform knows.",
  PUBLISHERS_DIFFER: "The stream is off air, and which publish token it will be broadcast with decides.",
  STREAM_OPEN: "The stream is not secured: anyone may watch whom no other rule keeps out.",
  TOKEN_OPENS: "The subscribe token opens the stream, and no rule stands against the viewer.",
} as const;
export type ViewingRule = keyof typeof viewingRules;

/** A rule with what it makes of the viewer. */
export interface RuleOutcome {
  readonly rule: ViewingRule;
  readonly verdict: ViewingVerdict;
  /** Names the token with a pattern that can't be read, where such a one plays a part; undefined elsewhere. */
  readonly detail?: string;
}

/** What a viewer token adds to its parent. */
export interface SignedUnderToken {
  /** Whether it is admitted at all, wherever its viewer may be. */
  readonly isAdmitted: boolean;
  readonly allowedOrigins: readonly string[];
  readonly allowedIpAddresses: readonly string[];
  /** Null for the parent's. */
  readonly originCluster: string | null;
}

/** Who asks to watch. */
export interface Viewer {
  /** The subscribe token that is shown, or the parent of the viewer token that is; null for none. */
  readonly token: SubscribeTokenRecord | null;
  /** The viewer token; null for a viewer who shows the subscribe token itself. */
  readonly signed: SignedUnderToken | null;
  /** ISO 3166-1 alpha-2; null where it is not given. */
  readonly country: string | null;
  /** Of the page, as browsers send it; null for a viewer who sends none. */
  readonly origin: string | null;
  /** IPv4 or IPv6; null where it is not given. */
  readonly ip: string | null;
}

/** Who broadcasts a stream. */
export interface PublishingState {
  readonly streamName: string;
  /** While it is on air: the tokens of its live feeds, that of the feed that is shown first. Else those that may broadcast it. */
  readonly publishTokens: readonly PublishTokenRecord[];
  readonly isLive: boolean;
}

export interface ViewingDecision {
  /** The first rule with the verdict that holds. */
  readonly decidedBy: RuleOutcome;
  /** Every rule that refuses the viewer or leaves it open, in the order in which they are asked; empty for one who is admitted. */
  readonly failedRules: readonly RuleOutcome[];
  /** The geo rules that decide; null where no publish token is known. */
  readonly geoRules: EffectiveGeoRules | null;
}

/**
 * Decides as the platform's Director does at the moment of connecting, for a stream that is on air; for one that is not, as
 * it would if the stream were broadcast now with any of the tokens that may.
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
  const ofToken = tokenRulings(viewer, streamName, now, read);
  const scenarios = isLive ? [publishTokens] : publishTokens.map((publishToken) => [publishToken]);
  const decisions = scenarios.flatMap((tokens) => {
    const [shown] = tokens;
    if (!shown) return [];
    const isSecured = tokens.every((token) => token.isSecured);
    const geoRules = geoRulesOf(shown, viewer.token);
    return [decision([...ofToken, ...streamRulings(viewer, shown, isSecured, geoRules)], isSecured, geoRules)];
  });
  const [first, ...others] = decisions;
  if (!first) return decision([...ofToken, { rule: "STREAM_NOT_PUBLISHED", verdict: "REFUSED" }], true, null);
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

/** Says which of a token's patterns can't be read; empty where all can. */
function unreadDetail(token: PublishTokenRecord | SubscribeTokenRecord, read: PatternReader): string {
  const kind = token.kind === "PublishToken" ? "Publish" : "Subscribe";
  return unreadPatterns(token, read)
    .map(
      (pattern) =>
        `${kind} token ${token.id} has the pattern \`${pattern}\`, which the gateway can't read: record what it opens by recordPatternCoverage.`,
    )
    .join(" ");
}

function tokenRulings(
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
      ? undecidedWhere(isLimited, "ALLOWED_IP_ADDRESSES")
      : refusedUnless(
          lists.every(({ allowedIpAddresses }) => addressIsAllowed(ip, allowedIpAddresses)),
          "ALLOWED_IP_ADDRESSES",
        )),
  ];
}

function streamRulings(
  { token, signed, country }: Viewer,
  publishToken: PublishTokenRecord,
  isSecured: boolean,
  geoRules: EffectiveGeoRules,
): RuleOutcome[] {
  const cluster = signed?.originCluster ?? token?.effective.originCluster ?? null;
  return [
    ...refusedUnless(token !== null || !isSecured, "TOKEN_REQUIRED"),
    ...(country === null
      ? undecidedWhere(hasRules(geoRules), "GEO_RULES")
      : refusedUnless(countryIsAllowed(geoRules, country), "GEO_RULES")),
    ...refusedUnless(cluster === null || cluster === publishToken.effective.originCluster, "CLUSTER_MISMATCH"),
    ...undecidedWhere(token !== null && token.bindIpsOnUsage > 0, "ADDRESS_BINDING"),
  ];
}

function addressIsAllowed(ip: string, allowed: readonly string[]): boolean {
  return allowed.length === 0 || (isIpv4OrCidr(ip) && ipIsWithin(ip, allowed));
}

function refusedUnless(isKept: boolean, rule: ViewingRule, detail = ""): RuleOutcome[] {
  return isKept ? [] : [{ rule, verdict: "REFUSED", ...(detail !== "" && { detail }) }];
}

function undecidedWhere(isOpen: boolean, rule: ViewingRule): RuleOutcome[] {
  return isOpen ? [{ rule, verdict: "UNDECIDED" }] : [];
}
