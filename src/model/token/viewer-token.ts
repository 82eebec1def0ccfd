import { openedBy, unreadPatterns } from "../stream/stream.ts";
import { type PatternReader, readPattern } from "../stream/stream-pattern.ts";
import { hasNameLength, isWellFormed } from "../text.ts";
import { iso } from "../usage/time.ts";
import { ipIsWithin, isIpv4OrCidr, isOrigin, originIsWithin } from "./restrictions.ts";
import { isExpired, type PublishTokenRecord, type SubscribeTokenRecord } from "./token.ts";
import { type ClaimFault, readClaims } from "./viewer-claims.ts";

/**
 * Rules of self-signed viewer tokens: JWTs that a partner signs under its subscribe token (the parent), without any call.
 * The platform's Director applies them when a viewer connects, so a token that it would refuse is refused before signing.
 * The same rules explain a token that somebody else signed.
 */

/** Algorithms that the Director accepts. */
export const signingAlgorithms = ["HS256", "HS384", "HS512"] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** @see the vendor's self-signing reference: longest `customViewerData` */
export const MAX_CUSTOM_VIEWER_DATA = 1024;

/** Reasons why a viewer token is not signed, or would not be admitted. Codes never change their meaning. */
export const refusalCodes = {
  PARENT_NOT_FOUND: "There is no such subscribe token on this account.",
  PARENT_IS_VIEWER_TOKEN: "The parent is itself a viewer token. Only a subscribe token can sign.",
  PARENT_INACTIVE: "The parent is disabled, so no viewer token under it is admitted.",
  PARENT_EXPIRED: "The parent has expired, and so has every viewer token signed under it.",
  EXPIRY_MISSING: "A viewer token must have an expiry.",
  EXPIRY_PASSED: "The expiry of the viewer token must be in the future.",
  NOT_YET_VALID: "The viewer token is not valid yet: its claim `nbf` is in the future.",
  CLAIM_TYPE_WRONG: "A claim has a type that the platform does not accept.",
  STREAM_OFFLINE: "The stream is not live now, so the platform admits no viewer with any token.",
  ALGORITHM_NOT_ALLOWED: "The algorithm must be HS256, HS384 or HS512.",
  SIGNATURE_INVALID:
    "The signature does not match the parent's current secret: the token was forged, damaged, or signed before the secret was rotated.",
  TOKEN_TYPE_WRONG: "The claim `tokenType` must be exactly `Subscribe`.",
  NOT_A_VIEWER_TOKEN:
    "The text is neither a JWT with the claims of a viewer token nor the string of a subscribe token that the gateway knows.",
  STREAM_NOT_CONCRETE:
    "A viewer token is for one concrete stream name of 1 to 128 characters, not a pattern or a list.",
  STREAM_NOT_COVERED:
    "None of the parent's grants covers this stream. Names are compared as a whole and case-sensitively.",
  TRACKING_ID_REQUIRED: "The parent has a tracking id, and the viewer token must repeat it.",
  TRACKING_ID_MISMATCH: "The parent has another tracking id, which the viewer token must repeat.",
  TRACKING_ID_INVALID: "A tracking id must be 1 to 128 characters long.",
  CLUSTER_UNKNOWN: "The account has no such cluster.",
  CLUSTER_MISMATCH: "The parent belongs to another cluster; only a parent of the cluster `auto` allows any.",
  STREAM_CLUSTER_MISMATCH:
    "The stream is published in another cluster than the viewer token's, so viewers would not find the stream.",
  ORIGIN_INVALID: "An origin must be a domain such as `demo.com` or `*.demo.com`.",
  ORIGIN_OUTSIDE_PARENT:
    "The parent does not allow this origin, and a viewer token can only narrow what the parent allows.",
  IP_FORM_UNSUPPORTED: "An address must be an IPv4 address or CIDR block, without ranges, wildcards and leading zeros.",
  IP_OUTSIDE_PARENT:
    "The parent does not allow this address, and a viewer token can only narrow what the parent allows.",
  UNSUPPORTED_RESTRICTION:
    "The platform ignores this restriction in a viewer token. Set the restriction on the parent instead.",
  CUSTOM_VIEWER_DATA_TOO_LONG: "Custom viewer data must be at most 1024 characters long.",
} as const;
export type RefusalCode = keyof typeof refusalCodes;

/** Warnings about a token that is valid. Codes never change their meaning. */
export const warningCodes = {
  EXPIRY_CLAMPED: "The parent expires before the requested time, so the viewer token expires with it.",
  USAGE_UNTRACKED: "Neither the parent nor the viewer token has a tracking id, so no partner is billed for the bytes.",
  PARENT_BINDS_ADDRESSES:
    "The parent is bound to the first addresses that use it, and its viewer tokens share that limit, so later viewers are rejected.",
  STREAM_UNSECURED: "The stream can be watched without any token, so its bytes can go untracked.",
  STREAM_CLUSTER_VARIES:
    "A publish token of the stream belongs to another cluster; while that token broadcasts, this viewer token finds no stream.",
  CUSTOM_VIEWER_DATA_NEEDS_FEATURE: "Custom viewer data is in viewer records only for accounts with that feature.",
  RESTRICTION_OUTSIDE_PARENT:
    "The viewer token names origins or addresses that the parent does not allow; whether they are admitted is not documented.",
  CLAIM_IGNORED: "The viewer token has claims that the platform ignores.",
  EXPIRY_IN_MILLISECONDS:
    "The expiry looks like milliseconds. JWTs count seconds, so only the parent's expiry ends the viewer token.",
  EXPIRY_BEYOND_CALENDAR:
    "The expiry is after the year 9999, so only the expiry of the parent, if there is one, ends the viewer token.",
  STREAM_STATE_UNKNOWN:
    "The live state of the stream could not be read. The platform admits no viewer while a stream is not live.",
  STREAM_NOT_NAMED:
    "The subscribe token opens several streams and `streamName` was left out, so only the token itself is checked.",
} as const;
export type WarningCode = keyof typeof warningCodes;

/** A broken rule. `argument` is the part of the request, or the claim, that breaks it. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly argument: string;
  readonly message: string;
}

/** A warning, which does not keep the token from being signed. */
export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
}

/** A viewer token to sign. Lists may be empty; null is "not set". */
export interface ViewerTokenRequest {
  readonly streamName: string;
  /** Milliseconds since the epoch; null if the signer gave no expiry. */
  readonly expiresAt: number | null;
  readonly trackingId: string | null;
  readonly originCluster: string | null;
  readonly allowedOrigins: readonly string[];
  readonly allowedIpAddresses: readonly string[];
  readonly customViewerData: string | null;
  readonly algorithm: string;
  /** Names of requested restrictions that a viewer token can't have. */
  readonly unsupported: readonly string[];
}

/** Facts about the account that the rules need at the moment of signing. */
export interface SigningFacts {
  /** Milliseconds since the epoch, by the platform's clock. */
  readonly now: number;
  /** Ids of the account's clusters; null if they could not be read, so that only the Director checks them. */
  readonly clusterIds: readonly string[] | null;
  /** Usable publish tokens of the stream; empty for none. */
  readonly publishTokens: readonly PublishTokenRecord[];
  /** Usable publish tokens that may open the stream by an unreadable pattern. Defaults to none. */
  readonly possiblePublishTokens?: readonly PublishTokenRecord[];
  /** Live state, for a viewer who connects now; undefined for signing, null if it could not be read. */
  readonly onAir?: OnAir | null;
  /** Reads patterns. Defaults to a reader without the operators' records. */
  readonly read?: PatternReader;
}

/** Live state of a stream. */
export interface OnAir {
  readonly isLive: boolean;
  /** Publish tokens of the live feeds, the active feed's first; empty if unknown. */
  readonly publishTokens: readonly PublishTokenRecord[];
}

/** Payload of a viewer token, in the order and with the names that the Director expects. */
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

/** Outcome of the rules: claims to sign, or every reason not to. */
export type ViewerTokenPlan =
  | { readonly claims: ViewerTokenClaims; readonly algorithm: SigningAlgorithm; readonly warnings: readonly Warning[] }
  | { readonly refusals: readonly Refusal[] };

/**
 * Decides whether a viewer token may be signed under the parent, and with which claims. Reports all broken rules at once.
 *
 * @param parent the subscribe token; null if it was not found
 */
export function planViewerToken(
  parent: SubscribeTokenRecord | null,
  request: ViewerTokenRequest,
  facts: SigningFacts,
): ViewerTokenPlan {
  if (!parent) return { refusals: [refusal("PARENT_NOT_FOUND", "token")] };
  const claims = claimsOf(parent, request, facts.now);
  const claimed = readClaims({ ...claims });
  if (!claimed) throw new Error("claims of a planned viewer token could not be read");
  const refusals = [
    ...claimed.faults.map(claimRefusal),
    // A token that ends with its parent within this second has expired before it is used.
    ...parentRefusals(parent, endOfSecond(facts.now)),
    ...expiryRefusals(request.expiresAt === null ? null : Math.floor(request.expiresAt / 1000) * 1000, facts),
    ...algorithmRefusals(request.algorithm),
    ...streamRefusals(parent, claimed.streamName, facts),
    ...trackingRefusals(parent, claimed.trackingId),
    ...clusterRefusals(parent, claimed.originCluster, facts),
    ...addressFormRefusals(claimed.allowedIpAddresses),
    ...narrowingRefusals(parent, claimed),
    ...request.unsupported.map((argument) => refusal("UNSUPPORTED_RESTRICTION", argument)),
    ...customDataRefusals(claimed.customViewerData),
  ];
  if (refusals.length > 0) return { refusals };
  return {
    claims,
    algorithm: request.algorithm as SigningAlgorithm,
    warnings: [
      ...clampWarnings(parent, request),
      ...standingWarnings(parent, claimed, facts),
      ...expiryWarnings(claimed.expiresAt),
    ],
  };
}

/** A viewer token that somebody signed; `algorithm` and `tokenType` as its header and claims have them. */
export interface DecodedViewerToken extends Omit<ViewerTokenRequest, "unsupported"> {
  readonly tokenType: string;
  readonly signatureIsValid: boolean;
  readonly ignoredClaims: readonly string[];
  /** Milliseconds since the epoch before which the token is not valid; null or undefined for no such time. */
  readonly notBefore?: number | null;
  /** Claims of a wrong type. Defaults to none. */
  readonly faults?: readonly ClaimFault[];
}

/** Verdict of the Director on a viewer token now, wherever the viewer is. */
export interface ViewerTokenVerdict {
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly Warning[];
  /**
   * When the token stops working, in milliseconds since the epoch: the earlier of its own expiry and the parent's. Null if
   * neither lies within the calendar.
   */
  readonly effectiveExpiry: number | null;
}

/** Explains a viewer token by the rules of signing. */
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
    // An expiry of a wrong type is already among the faults.
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
 * Explains a subscribe token that a viewer shows itself, by the rules of the Director.
 *
 * @param streamName the stream to watch; null if it is not known, so that only the token is explained
 */
export function explainSubscribeToken(
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

/** Last instant that RFC 3339 can express, in milliseconds since the epoch. */
const END_OF_CALENDAR_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** Returns whether RFC 3339 can express the instant. */
export function isInCalendar(instant: number): boolean {
  return instant >= Date.parse("0000-01-01T00:00:00Z") && instant <= END_OF_CALENDAR_MS;
}

function earliest(...ends: readonly (number | null)[]): number | null {
  const end = Math.min(...ends.filter((each) => each !== null));
  return isInCalendar(end) ? end : null;
}

/** Range of seconds since the epoch that are more likely milliseconds: of the years 1973 to 5138. */
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
  // An empty text counts as not set.
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

/** Refuses an expiry up to the present second: the platform compares whole seconds. */
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
  // A name with special characters, such as `Cooking??`, is accepted only if a grant names it literally.
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
  return hasNameLength(text) && isWellFormed(text);
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
  // On air, the active feed decides; off air, any token that may broadcast the stream.
  const [shown] = onAir?.publishTokens ?? [];
  const publishers = shown ? [shown] : publishTokens;
  const isFound = publishers.length === 0 || publishers.some((token) => findsStream(token, parent, originCluster));
  return isFound ? [] : [refusal("STREAM_CLUSTER_MISMATCH", "streamName")];
}

/** Returns whether the publisher is in the viewer's cluster: the one that the token names, otherwise the parent's. */
function findsStream(
  publishToken: PublishTokenRecord,
  parent: SubscribeTokenRecord,
  originCluster: string | null,
): boolean {
  return publishToken.effective.originCluster === (originCluster ?? parent.effective.originCluster);
}

/** Refuses IPv6, ranges and wildcards, which the platform does not accept. */
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

/** Creates a refusal with its message, followed by a detail if there is one. */
export function refusal(code: RefusalCode, argument: string, detail = ""): Refusal {
  return { code, argument, message: detail === "" ? refusalCodes[code] : `${refusalCodes[code]} ${detail}` };
}

function warning(code: WarningCode, detail?: string): Warning {
  return { code, message: detail ? `${warningCodes[code]} (${detail})` : warningCodes[code] };
}
