import { openedBy, unreadPatterns } from "../stream/stream.ts";
import { type PatternReader, readPattern } from "../stream/stream-pattern.ts";
import { isWellFormed, MAX_NAME_LENGTH } from "../text.ts";
import { iso } from "../usage/time.ts";
import { ipIsWithin, isIpv4OrCidr, isOrigin, originIsWithin } from "./restrictions.ts";
import { isExpired, type PublishTokenRecord, type SubscribeTokenRecord } from "./token.ts";
import { type ClaimFault, readClaims } from "./viewer-claims.ts";

/**
 * The rules of self-signed viewer tokens: JWTs that a partner makes from its subscribe token (the parent), without any
 * call. The platform's Director holds a viewer to them at the moment of connecting, so what would be refused there is
 * refused here before it is signed. The same rules explain a token that somebody else signed.
 */

/** Algorithms that the Director takes. */
export const signingAlgorithms = ["HS256", "HS384", "HS512"] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** @see the vendor's self-signing reference: longest `customViewerData` */
export const MAX_CUSTOM_VIEWER_DATA = 1024;

/** Why a viewer token is not signed, or would not be admitted. Codes never change their meaning. */
export const refusalCodes = {
  PARENT_NOT_FOUND: "There is no such subscribe token on this account.",
  PARENT_IS_VIEWER_TOKEN: "The parent is itself a viewer token. Only a subscribe token can sign.",
  PARENT_INACTIVE: "The parent is disabled.",
  PARENT_EXPIRED: "The parent has expired, and every token signed under it with it.",
  EXPIRY_MISSING: "A viewer token must say when it expires.",
  EXPIRY_PASSED: "The viewer token would have expired already.",
  NOT_YET_VALID: "The viewer token's claim `nbf` names an instant that is still to come.",
  CLAIM_TYPE_WRONG: "A claim has a type that the platform does not take.",
  STREAM_OFFLINE: "The stream is not being broadcast now: the platform lets nobody in, whatever the token.",
  ALGORITHM_NOT_ALLOWED: "Only HS256, HS384 and HS512 are taken.",
  SIGNATURE_INVALID:
    "The signature is not of the parent's present secret: it was forged, damaged, or signed before the secret was rotated.",
  TOKEN_TYPE_WRONG: "The claim `tokenType` must be exactly `Subscribe`.",
  NOT_A_VIEWER_TOKEN:
    "The text is neither a JWT with the claims of a viewer token nor the string of a subscribe token that the gateway knows.",
  STREAM_NOT_CONCRETE:
    "A viewer token is for one concrete stream name of 1 to 128 characters, not a pattern or a list.",
  STREAM_NOT_COVERED: "None of the parent's grants covers this stream. Names are compared as a whole, with their case.",
  TRACKING_ID_REQUIRED: "The parent has a tracking id, and the viewer token must repeat it.",
  TRACKING_ID_MISMATCH: "The parent has another tracking id; a viewer token can't be counted under a foreign one.",
  TRACKING_ID_INVALID: "A tracking id holds 1 to 128 characters.",
  CLUSTER_UNKNOWN: "The account has no such cluster.",
  CLUSTER_MISMATCH: "The parent belongs to another cluster; only a parent of the cluster `auto` leaves the choice.",
  STREAM_CLUSTER_MISMATCH:
    "The stream is published in another cluster than the viewer token's, so it would not be found.",
  ORIGIN_INVALID: "An origin is a domain such as `demo.com` or `*.demo.com`.",
  ORIGIN_OUTSIDE_PARENT:
    "The parent does not allow this origin, and a viewer token can only narrow what the parent allows.",
  IP_FORM_UNSUPPORTED:
    "The platform takes IPv4 addresses and CIDR blocks; no IPv6, no ranges, no wildcards and no leading zeros.",
  IP_OUTSIDE_PARENT:
    "The parent does not allow this address, and a viewer token can only narrow what the parent allows.",
  UNSUPPORTED_RESTRICTION: "The platform ignores this inside a viewer token. Set it on the parent instead.",
  CUSTOM_VIEWER_DATA_TOO_LONG: "Custom viewer data holds at most 1024 characters.",
} as const;
export type RefusalCode = keyof typeof refusalCodes;

/** What a signer should know although the token is valid. Codes never change their meaning. */
export const warningCodes = {
  EXPIRY_CLAMPED: "The parent expires earlier than was asked, so the viewer token ends with it.",
  USAGE_UNTRACKED: "Neither the parent nor the viewer token has a tracking id: its bytes are billed to nobody.",
  PARENT_BINDS_ADDRESSES:
    "The parent binds to the first addresses that use it, and its viewer tokens share them: later viewers are locked out.",
  STREAM_UNSECURED: "The stream can be watched without any token, so its bytes can go untracked.",
  STREAM_CLUSTER_VARIES:
    "Some publish token of the stream belongs to another cluster; while it publishes, this viewer token finds nothing.",
  CUSTOM_VIEWER_DATA_NEEDS_FEATURE: "Custom viewer data shows up in viewer records only on accounts with that feature.",
  RESTRICTION_OUTSIDE_PARENT:
    "It names origins or addresses that the parent does not allow; whether they are admitted is not documented.",
  CLAIM_IGNORED: "It holds claims that the platform ignores.",
  EXPIRY_IN_MILLISECONDS:
    "The expiry reads like milliseconds. JWTs count seconds, so the viewer token outlives everything but its parent.",
  EXPIRY_BEYOND_CALENDAR:
    "The expiry lies beyond the year 9999: only the parent's end, if it has one, ends the viewer token.",
  STREAM_STATE_UNKNOWN:
    "Whether the stream is being broadcast now could not be read. While it is not, the platform lets nobody in.",
  STREAM_NOT_NAMED:
    "The subscribe token opens several streams, and none was named: only the token itself is judged. Name the stream by `streamName`.",
} as const;
export type WarningCode = keyof typeof warningCodes;

/** A rule that would be broken. `argument` is the part of the request, or the claim, that breaks it. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly argument: string;
  readonly message: string;
}

/** @see Refusal; a warning does not keep the token from being signed */
export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
}

/** What a signer asks for. Lists may be empty; null is "not set". */
export interface ViewerTokenRequest {
  readonly streamName: string;
  /** Milliseconds since the epoch; null when the signer gave no expiry. */
  readonly expiresAt: number | null;
  readonly trackingId: string | null;
  readonly originCluster: string | null;
  readonly allowedOrigins: readonly string[];
  readonly allowedIpAddresses: readonly string[];
  readonly customViewerData: string | null;
  readonly algorithm: string;
  /** Names of restrictions that were asked for although a viewer token can't have them. */
  readonly unsupported: readonly string[];
}

/** What the rules need to know of the account at the moment of signing. */
export interface SigningFacts {
  /** Milliseconds since the epoch, by the platform's clock. */
  readonly now: number;
  /** Ids of the account's clusters; null when they could not be read, and then the Director has the last word. */
  readonly clusterIds: readonly string[] | null;
  /** The usable publish tokens of the stream; empty when none is known. */
  readonly publishTokens: readonly PublishTokenRecord[];
  /** Usable publish tokens that may be of the stream: their patterns can't be read. None when it is left out. */
  readonly possiblePublishTokens?: readonly PublishTokenRecord[];
  /** What is on air, for the verdict on a viewer who connects now; undefined for signing, null where it could not be read. */
  readonly onAir?: OnAir | null;
  /** How patterns are read; without what operators have recorded when it is left out. */
  readonly read?: PatternReader;
}

/** What is being broadcast of a stream now. */
export interface OnAir {
  readonly isLive: boolean;
  /** The publish tokens of its live feeds, that of the feed that is shown first; empty where they are not known. */
  readonly publishTokens: readonly PublishTokenRecord[];
}

/** The payload of a viewer token, in the order and with the names that the Director expects. */
export interface ViewerTokenClaims {
  readonly streaming: {
    readonly tokenId: number;
    readonly tokenType: "Subscribe";
    readonly streamName: string;
    readonly originCluster?: string;
    readonly allowedOrigins?: readonly string[];
    readonly allowedIpAddresses?: readonly string[];
    readonly tracking?: { readonly trackingId: string };
    readonly customViewerData?: string;
  };
  /** Seconds since the epoch, as in every JWT. */
  readonly iat: number;
  readonly exp: number;
}

/** The outcome of the rules: claims to sign, or every reason not to. */
export type ViewerTokenPlan =
  | { readonly claims: ViewerTokenClaims; readonly algorithm: SigningAlgorithm; readonly warnings: readonly Warning[] }
  | { readonly refusals: readonly Refusal[] };

/**
 * Decides whether a viewer token may be signed under the parent, and with which claims. All broken rules are told at once.
 *
 * @param parent the subscribe token, or null where there is none by the id that was given
 */
export function planViewerToken(
  parent: SubscribeTokenRecord | null,
  request: ViewerTokenRequest,
  facts: SigningFacts,
): ViewerTokenPlan {
  if (!parent) return { refusals: [refusal("PARENT_NOT_FOUND", "token")] };
  const claims = claimsOf(parent, request, facts.now);
  const asked = readClaims({ ...claims });
  if (!asked) throw new Error("claims of our own making could not be read");
  const refusals = [
    ...asked.faults.map(claimRefusal),
    // What ends with its parent within this second has expired by the time that it is used.
    ...parentRefusals(parent, endOfSecond(facts.now)),
    ...expiryRefusals(request.expiresAt === null ? null : Math.floor(request.expiresAt / 1000) * 1000, facts),
    ...algorithmRefusals(request.algorithm),
    ...streamRefusals(parent, asked.streamName, facts),
    ...trackingRefusals(parent, asked.trackingId),
    ...clusterRefusals(parent, asked.originCluster, facts),
    ...addressFormRefusals(asked.allowedIpAddresses),
    ...narrowingRefusals(parent, asked),
    ...request.unsupported.map((argument) => refusal("UNSUPPORTED_RESTRICTION", argument)),
    ...customDataRefusals(asked.customViewerData),
  ];
  if (refusals.length > 0) return { refusals };
  return {
    claims,
    algorithm: request.algorithm as SigningAlgorithm,
    warnings: [
      ...clampWarnings(parent, request),
      ...standingWarnings(parent, asked, facts),
      ...expiryWarnings(asked.expiresAt),
    ],
  };
}

/** What somebody else's viewer token asks for; `algorithm` and `tokenType` as its header and claims have them. */
export interface DecodedViewerToken extends Omit<ViewerTokenRequest, "unsupported"> {
  readonly tokenType: string;
  readonly signatureIsValid: boolean;
  readonly ignoredClaims: readonly string[];
  /** Milliseconds since the epoch before which the token is not valid; null, or left out, where it names no such time. */
  readonly notBefore?: number | null;
  /** Claims of a wrong type; none when it is left out. */
  readonly faults?: readonly ClaimFault[];
}

/** What the Director would say of a viewer token now, for a viewer of no particular place. */
export interface ViewerTokenVerdict {
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly Warning[];
  /**
   * When it stops working if nobody touches the parent: its own expiry or the parent's, whichever is earlier. Null where
   * neither lies within the calendar.
   */
  readonly effectiveExpiry: number | null;
}

/** Explains a viewer token by the rules it was, or should have been, signed under. */
export function explainViewerToken(
  parent: SubscribeTokenRecord | null,
  token: DecodedViewerToken,
  facts: SigningFacts,
): ViewerTokenVerdict {
  const faults = (token.faults ?? []).map(claimRefusal);
  if (!parent) {
    const namesParent = !faults.some(({ argument }) => argument === "streaming.tokenId");
    const missing = namesParent ? [refusal("PARENT_NOT_FOUND", "streaming.tokenId")] : [];
    return { refusals: [...missing, ...faults], warnings: [], effectiveExpiry: null };
  }
  const refusals = [
    ...offlineRefusals(facts),
    ...algorithmRefusals(token.algorithm),
    ...(token.signatureIsValid ? [] : [refusal("SIGNATURE_INVALID", "signature")]),
    ...(token.tokenType === "Subscribe" ? [] : [refusal("TOKEN_TYPE_WRONG", "streaming.tokenType")]),
    ...faults,
    ...parentRefusals(parent, facts.now),
    // An expiry of a wrong type is a fault of its own.
    ...(faults.some(({ argument }) => argument === "exp") ? [] : expiryRefusals(token.expiresAt, facts)),
    ...beginningRefusals(token.notBefore ?? null, facts),
    ...streamRefusals(parent, token.streamName, facts),
    ...trackingRefusals(parent, token.trackingId),
    ...clusterRefusals(parent, token.originCluster, facts),
    ...addressFormRefusals(token.allowedIpAddresses),
    ...customDataRefusals(token.customViewerData),
  ];
  const outside = narrowingRefusals(parent, token).length > 0;
  return {
    refusals,
    warnings: [
      ...standingWarnings(parent, token, facts),
      ...expiryWarnings(token.expiresAt),
      ...stateWarnings(facts),
      ...(outside ? [warning("RESTRICTION_OUTSIDE_PARENT")] : []),
      ...(token.ignoredClaims.length > 0 ? [warning("CLAIM_IGNORED", token.ignoredClaims.join(", "))] : []),
    ],
    effectiveExpiry: earliest(token.expiresAt, parent.expiresAt),
  };
}

/**
 * Explains what the Director would say of a viewer who shows the subscribe token itself.
 *
 * @param streamName which stream the viewer asks for; null where that is not known, and only the token is judged
 */
export function judgeSubscribeToken(
  token: SubscribeTokenRecord,
  streamName: string | null,
  facts: SigningFacts,
): ViewerTokenVerdict {
  const refusals = [
    ...(streamName === null ? [] : offlineRefusals(facts)),
    ...parentRefusals(token, facts.now),
    ...(streamName === null
      ? []
      : [...coverageRefusals(token, streamName, facts), ...clusterRefusals(token, null, facts)]),
  ];
  const shown = { trackingId: token.trackingId, customViewerData: null, originCluster: null };
  return {
    refusals,
    warnings: [
      ...standingWarnings(token, shown, facts),
      ...(streamName === null ? [warning("STREAM_NOT_NAMED")] : stateWarnings(facts)),
    ],
    effectiveExpiry: earliest(token.expiresAt),
  };
}

/** The last instant that RFC 3339 can write. */
const END_OF_CALENDAR_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** True for an instant that RFC 3339 can write. */
export function isInCalendar(instant: number): boolean {
  return instant >= Date.parse("0000-01-01T00:00:00Z") && instant <= END_OF_CALENDAR_MS;
}

function earliest(...ends: readonly (number | null)[]): number | null {
  const end = Math.min(...ends.filter((each) => each !== null));
  return isInCalendar(end) ? end : null;
}

/** Seconds since the epoch that are more likely milliseconds: of the years 1973 to 5138. */
const LIKELY_MILLISECONDS = { from: 1e11, to: 1e14 } as const;

function expiryWarnings(expiresAt: number | null): Warning[] {
  if (expiresAt === null) return [];
  const seconds = expiresAt / 1000;
  const isLikelyMs = seconds >= LIKELY_MILLISECONDS.from && seconds < LIKELY_MILLISECONDS.to;
  return [
    ...(isLikelyMs ? [warning("EXPIRY_IN_MILLISECONDS")] : []),
    ...(expiresAt > END_OF_CALENDAR_MS ? [warning("EXPIRY_BEYOND_CALENDAR")] : []),
  ];
}

function stateWarnings({ onAir }: SigningFacts): Warning[] {
  return onAir === null ? [warning("STREAM_STATE_UNKNOWN")] : [];
}

function offlineRefusals({ onAir }: SigningFacts): Refusal[] {
  return onAir && !onAir.isLive ? [refusal("STREAM_OFFLINE", "streamName")] : [];
}

function claimRefusal({ claim, message }: ClaimFault): Refusal {
  return refusal("CLAIM_TYPE_WRONG", claim, message);
}

function claimsOf(parent: SubscribeTokenRecord, request: ViewerTokenRequest, now: number): ViewerTokenClaims {
  const end = Math.min(request.expiresAt ?? Number.POSITIVE_INFINITY, parent.expiresAt ?? Number.POSITIVE_INFINITY);
  const { allowedOrigins, allowedIpAddresses, customViewerData } = request;
  // An empty text names nothing.
  const [originCluster, trackingId] = [request.originCluster || null, request.trackingId || null];
  return {
    streaming: {
      tokenId: parent.id,
      tokenType: "Subscribe",
      streamName: request.streamName,
      ...(originCluster !== null && { originCluster }),
      ...(allowedOrigins.length > 0 && { allowedOrigins }),
      ...(allowedIpAddresses.length > 0 && { allowedIpAddresses }),
      ...(trackingId !== null && { tracking: { trackingId } }),
      ...(customViewerData !== null && { customViewerData }),
    },
    iat: Math.floor(now / 1000),
    exp: Math.floor(end / 1000),
  };
}

function parentRefusals(parent: SubscribeTokenRecord, now: number): Refusal[] {
  return [
    ...(parent.isActive ? [] : [refusal("PARENT_INACTIVE", "token")]),
    ...(isExpired(parent, now) ? [refusal("PARENT_EXPIRED", "token")] : []),
  ];
}

function endOfSecond(instant: number): number {
  return Math.floor(instant / 1000) * 1000 + 999;
}

/** The platform's present is a whole second, which an expiry has to lie beyond. */
function expiryRefusals(expiresAt: number | null, { now }: SigningFacts): Refusal[] {
  if (expiresAt === null) return [refusal("EXPIRY_MISSING", "expiresAt")];
  return expiresAt <= startOfSecond(now) ? [refusal("EXPIRY_PASSED", "expiresAt")] : [];
}

/** @see RFC 7519, section 4.1.5: a token is not accepted before its `nbf` */
function beginningRefusals(notBefore: number | null, { now }: SigningFacts): Refusal[] {
  return notBefore !== null && notBefore > startOfSecond(now) ? [refusal("NOT_YET_VALID", "nbf")] : [];
}

function startOfSecond(instant: number): number {
  return Math.floor(instant / 1000) * 1000;
}

function algorithmRefusals(algorithm: string): Refusal[] {
  const isAllowed = (signingAlgorithms as readonly string[]).includes(algorithm);
  return isAllowed ? [] : [refusal("ALGORITHM_NOT_ALLOWED", "algorithm")];
}

function streamRefusals(parent: SubscribeTokenRecord, streamName: string, facts: SigningFacts): Refusal[] {
  if (!isName(streamName)) return [refusal("STREAM_NOT_CONCRETE", "streamName")];
  // `Cooked or Cooking??` is a name if a grant spells it out; that `.*` matches the text `.*` makes it none.
  if (parent.streams.some(({ pattern, isRegex }) => !isRegex && pattern === streamName)) return [];
  if (looksLikePattern(streamName)) return [refusal("STREAM_NOT_CONCRETE", "streamName")];
  return coverageRefusals(parent, streamName, facts);
}

function coverageRefusals(
  parent: SubscribeTokenRecord,
  streamName: string,
  { read = readPattern }: SigningFacts,
): Refusal[] {
  if (openedBy(parent.streams, read)(streamName)) return [];
  const unread = unreadPatterns(parent, read)
    .map((pattern) => `The gateway can't read the pattern \`${pattern}\` of subscribe token ${parent.id}.`)
    .join(" ");
  return [refusal("STREAM_NOT_COVERED", "streamName", unread)];
}

function isName(text: string): boolean {
  return text.length >= 1 && text.length <= MAX_NAME_LENGTH && isWellFormed(text);
}

function looksLikePattern(streamName: string): boolean {
  return /[*+?[\](){}|^$\\]/.test(streamName);
}

function trackingRefusals(parent: SubscribeTokenRecord, trackingId: string | null): Refusal[] {
  if (trackingId !== null && !isName(trackingId)) return [refusal("TRACKING_ID_INVALID", "trackingId")];
  if (parent.trackingId === null || parent.trackingId === trackingId) return [];
  return [refusal(trackingId === null ? "TRACKING_ID_REQUIRED" : "TRACKING_ID_MISMATCH", "trackingId")];
}

function clusterRefusals(
  parent: SubscribeTokenRecord,
  originCluster: string | null,
  { clusterIds, publishTokens, onAir }: SigningFacts,
): Refusal[] {
  const parentCluster = parent.effective.originCluster;
  if (originCluster !== null) {
    if (parentCluster !== "auto" && originCluster !== parentCluster)
      return [refusal("CLUSTER_MISMATCH", "originCluster")];
    if (clusterIds && !clusterIds.includes(originCluster)) return [refusal("CLUSTER_UNKNOWN", "originCluster")];
  }
  // While it is on air, the feed that is shown decides; before that, any token that may broadcast it.
  const [shown] = onAir?.publishTokens ?? [];
  const publishers = shown ? [shown] : publishTokens;
  const isFound = publishers.length === 0 || publishers.some((token) => findsStream(token, parent, originCluster));
  return isFound ? [] : [refusal("STREAM_CLUSTER_MISMATCH", "streamName")];
}

/** A viewer is of the cluster that its token names, or else of its parent's; the publisher must be of the same. */
function findsStream(
  publishToken: PublishTokenRecord,
  parent: SubscribeTokenRecord,
  originCluster: string | null,
): boolean {
  return publishToken.effective.originCluster === (originCluster ?? parent.effective.originCluster);
}

/** The platform takes no IPv6, ranges or wildcards, wherever they come from. */
function addressFormRefusals(allowedIpAddresses: readonly string[]): Refusal[] {
  return allowedIpAddresses.flatMap((address, index) =>
    isIpv4OrCidr(address) ? [] : [refusal("IP_FORM_UNSUPPORTED", `allowedIpAddresses.${index}`)],
  );
}

function narrowingRefusals(
  parent: SubscribeTokenRecord,
  { allowedOrigins, allowedIpAddresses }: Pick<ViewerTokenRequest, "allowedOrigins" | "allowedIpAddresses">,
): Refusal[] {
  const origins = allowedOrigins.flatMap((origin, index) => {
    const argument = `allowedOrigins.${index}`;
    if (!isOrigin(origin)) return [refusal("ORIGIN_INVALID", argument)];
    return originIsWithin(origin, parent.allowedOrigins) ? [] : [refusal("ORIGIN_OUTSIDE_PARENT", argument)];
  });
  const addresses = allowedIpAddresses.flatMap((address, index) => {
    const argument = `allowedIpAddresses.${index}`;
    if (!isIpv4OrCidr(address)) return [];
    return ipIsWithin(address, parent.allowedIpAddresses) ? [] : [refusal("IP_OUTSIDE_PARENT", argument)];
  });
  return [...origins, ...addresses];
}

function customDataRefusals(customViewerData: string | null): Refusal[] {
  const isTooLong = customViewerData !== null && customViewerData.length > MAX_CUSTOM_VIEWER_DATA;
  return isTooLong ? [refusal("CUSTOM_VIEWER_DATA_TOO_LONG", "customViewerData")] : [];
}

function clampWarnings(parent: SubscribeTokenRecord, { expiresAt }: ViewerTokenRequest): Warning[] {
  const isClamped = parent.expiresAt !== null && expiresAt !== null && expiresAt > parent.expiresAt;
  return isClamped ? [warning("EXPIRY_CLAMPED", iso(parent.expiresAt))] : [];
}

function standingWarnings(
  parent: SubscribeTokenRecord,
  {
    trackingId,
    customViewerData,
    originCluster,
  }: Pick<ViewerTokenRequest, "trackingId" | "customViewerData" | "originCluster">,
  { publishTokens, possiblePublishTokens = [] }: SigningFacts,
): Warning[] {
  return [
    ...(trackingId === null ? [warning("USAGE_UNTRACKED")] : []),
    ...(parent.bindIpsOnUsage > 0 ? [warning("PARENT_BINDS_ADDRESSES")] : []),
    ...([...publishTokens, ...possiblePublishTokens].some((token) => !token.isSecured)
      ? [warning("STREAM_UNSECURED")]
      : []),
    ...(publishTokens.some((token) => !findsStream(token, parent, originCluster))
      ? [warning("STREAM_CLUSTER_VARIES")]
      : []),
    ...(customViewerData !== null ? [warning("CUSTOM_VIEWER_DATA_NEEDS_FEATURE")] : []),
  ];
}

/** A broken rule with the words for it. */
export function refusal(code: RefusalCode, argument: string, detail = ""): Refusal {
  return { code, argument, message: detail === "" ? refusalCodes[code] : `${refusalCodes[code]} ${detail}` };
}

function warning(code: WarningCode, detail?: string): Warning {
  return { code, message: detail ? `${warningCodes[code]} (${detail})` : warningCodes[code] };
}
