import { ipIsWithin, isIpv4OrCidr, isOrigin, originIsWithin } from "./restrictions.ts";
import { isWellFormed, MAX_NAME_LENGTH, openedBy, unreadPatterns } from "./stream.ts";
import { type PatternReader, readPattern } from "./stream-pattern.ts";
import { iso } from "./time-window.ts";
import { isExpired, type PublishTokenRecord, type SubscribeTokenRecord } from "./token.ts";

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
  ALGORITHM_NOT_ALLOWED: "Only HS256, HS384 and HS512 are taken.",
  SIGNATURE_INVALID:
    "The signature is not of the parent's present secret: it was forged, damaged, or signed before the secret was rotated.",
  TOKEN_TYPE_WRONG: "The claim `tokenType` must be exactly `Subscribe`.",
  NOT_A_VIEWER_TOKEN: "It is no JWT with the claims of a viewer token.",
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
  IP_FORM_UNSUPPORTED: "The platform takes IPv4 addresses and CIDR blocks; no IPv6, no ranges and no wildcards.",
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
  /** How patterns are read; without what operators have recorded when it is left out. */
  readonly read?: PatternReader;
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
  const refusals = [
    // What ends with its parent within this second has expired by the time that it is used.
    ...parentRefusals(parent, endOfSecond(facts.now)),
    ...expiryRefusals(request, facts),
    ...algorithmRefusals(request.algorithm),
    ...streamRefusals(parent, request.streamName, facts),
    ...trackingRefusals(parent, request.trackingId),
    ...clusterRefusals(parent, request, facts),
    ...narrowingRefusals(parent, request),
    ...request.unsupported.map((argument) => refusal("UNSUPPORTED_RESTRICTION", argument)),
    ...customDataRefusals(request.customViewerData),
  ];
  if (refusals.length > 0) return { refusals };
  return {
    claims: claimsOf(parent, request, facts.now),
    algorithm: request.algorithm as SigningAlgorithm,
    warnings: [...clampWarnings(parent, request), ...standingWarnings(parent, request, facts)],
  };
}

/** What somebody else's viewer token asks for; `algorithm` and `tokenType` as its header and claims have them. */
export interface ForeignViewerToken extends Omit<ViewerTokenRequest, "unsupported"> {
  readonly tokenType: string;
  readonly signatureIsValid: boolean;
  readonly ignoredClaims: readonly string[];
}

/** What the Director would say of a viewer token now, for a viewer of no particular place. */
export interface ViewerTokenVerdict {
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly Warning[];
  /** When it stops working if nobody touches the parent: its own expiry or the parent's, whichever is earlier. */
  readonly diesAt: number | null;
}

/** Explains a viewer token by the rules it was, or should have been, signed under. */
export function judgeViewerToken(
  parent: SubscribeTokenRecord | null,
  token: ForeignViewerToken,
  facts: SigningFacts,
): ViewerTokenVerdict {
  if (!parent) return { refusals: [refusal("PARENT_NOT_FOUND", "streaming.tokenId")], warnings: [], diesAt: null };
  const refusals = [
    ...algorithmRefusals(token.algorithm),
    ...(token.signatureIsValid ? [] : [refusal("SIGNATURE_INVALID", "signature")]),
    ...(token.tokenType === "Subscribe" ? [] : [refusal("TOKEN_TYPE_WRONG", "streaming.tokenType")]),
    ...parentRefusals(parent, facts.now),
    ...expiryRefusals(token, facts),
    ...streamRefusals(parent, token.streamName, facts),
    ...trackingRefusals(parent, token.trackingId),
    ...clusterRefusals(parent, token, facts),
    ...customDataRefusals(token.customViewerData),
  ];
  const outside = narrowingRefusals(parent, token).length > 0;
  const ends = [token.expiresAt, parent.expiresAt].filter((end) => end !== null);
  return {
    refusals,
    warnings: [
      ...standingWarnings(parent, token, facts),
      ...(outside ? [warning("RESTRICTION_OUTSIDE_PARENT")] : []),
      ...(token.ignoredClaims.length > 0 ? [warning("CLAIM_IGNORED", token.ignoredClaims.join(", "))] : []),
    ],
    diesAt: ends.length > 0 ? Math.min(...ends) : null,
  };
}

function claimsOf(parent: SubscribeTokenRecord, request: ViewerTokenRequest, now: number): ViewerTokenClaims {
  const end = Math.min(request.expiresAt ?? Number.POSITIVE_INFINITY, parent.expiresAt ?? Number.POSITIVE_INFINITY);
  const { originCluster, allowedOrigins, allowedIpAddresses, trackingId, customViewerData } = request;
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

/** JWTs count whole seconds: an expiry later in this same second has passed already. */
function expiryRefusals({ expiresAt }: Pick<ViewerTokenRequest, "expiresAt">, { now }: SigningFacts): Refusal[] {
  if (expiresAt === null) return [refusal("EXPIRY_MISSING", "expiresAt")];
  return Math.floor(expiresAt / 1000) <= Math.floor(now / 1000) ? [refusal("EXPIRY_PASSED", "expiresAt")] : [];
}

function algorithmRefusals(algorithm: string): Refusal[] {
  const isAllowed = (signingAlgorithms as readonly string[]).includes(algorithm);
  return isAllowed ? [] : [refusal("ALGORITHM_NOT_ALLOWED", "algorithm")];
}

function streamRefusals(
  parent: SubscribeTokenRecord,
  streamName: string,
  { read = readPattern }: SigningFacts,
): Refusal[] {
  if (!isName(streamName)) return [refusal("STREAM_NOT_CONCRETE", "streamName")];
  // `Cooked or Cooking??` is a name if a grant spells it out; that `.*` matches the text `.*` makes it none.
  if (parent.streams.some(({ pattern, isRegex }) => !isRegex && pattern === streamName)) return [];
  if (looksLikePattern(streamName)) return [refusal("STREAM_NOT_CONCRETE", "streamName")];
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
  { originCluster }: Pick<ViewerTokenRequest, "originCluster">,
  { clusterIds, publishTokens }: SigningFacts,
): Refusal[] {
  const parentCluster = parent.effective.originCluster;
  if (originCluster !== null) {
    if (parentCluster !== "auto" && originCluster !== parentCluster)
      return [refusal("CLUSTER_MISMATCH", "originCluster")];
    if (clusterIds && !clusterIds.includes(originCluster)) return [refusal("CLUSTER_UNKNOWN", "originCluster")];
  }
  const isFound =
    publishTokens.length === 0 || publishTokens.some((token) => findsStream(token, parent, originCluster));
  return isFound ? [] : [refusal("STREAM_CLUSTER_MISMATCH", "streamName")];
}

/** Publisher and viewer meet in one cluster, or both leave it open; a viewer token may settle what its parent leaves open. */
function findsStream(
  publishToken: PublishTokenRecord,
  parent: SubscribeTokenRecord,
  originCluster: string | null,
): boolean {
  const publishCluster = publishToken.effective.originCluster;
  const parentCluster = parent.effective.originCluster;
  return publishCluster === parentCluster || (parentCluster === "auto" && publishCluster === originCluster);
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
    if (!isIpv4OrCidr(address)) return [refusal("IP_FORM_UNSUPPORTED", argument)];
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
