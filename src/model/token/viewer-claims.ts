import { isWellFormed } from "../text.ts";

/**
 * Reads the claims of viewer tokens from a JWT's payload, and names each claim of a type that the platform does not accept.
 * Signing reads the claims that it is about to sign; inspection reads tokens that others signed.
 */

/** Claims of a viewer token by their documented types. A claim of a wrong type is absent, and among the faults. */
export interface ReadClaims {
  /** Id of the parent; null if the claim is missing or of a wrong type. */
  readonly tokenId: number | null;
  readonly tokenType: string;
  readonly streamName: string;
  /** Milliseconds since the epoch, possibly beyond the calendar; null if the token has no expiry. */
  readonly expiresAt: number | null;
  /** Milliseconds since the epoch; null if the token has no `nbf`. */
  readonly notBefore: number | null;
  readonly trackingId: string | null;
  readonly originCluster: string | null;
  readonly allowedOrigins: readonly string[];
  readonly allowedIpAddresses: readonly string[];
  readonly customViewerData: string | null;
  /** Names of claims that the platform does not read. */
  readonly ignoredClaims: readonly string[];
  readonly faults: readonly ClaimFault[];
}

/** A claim of a type that the platform does not accept. */
export interface ClaimFault {
  /** Path of the claim, such as `streaming.allowedOrigins`. */
  readonly claim: string;
  /** The rule for the claim, and what was received. */
  readonly message: string;
}

/** Claims that the platform reads; it ignores all others. */
const knownClaims = new Set([
  "tokenId",
  "tokenType",
  "streamName",
  "originCluster",
  "allowedOrigins",
  "allowedIpAddresses",
  "tracking",
  "customViewerData",
]);

/** Returns the claims of a JWT's payload; null if the payload has no `streaming` object. */
export function readClaims(payload: Readonly<Record<string, unknown>>): ReadClaims | null {
  const { streaming, exp, nbf, iat } = payload;
  if (!isObject(streaming)) return null;
  const faults: ClaimFault[] = [];
  const wrong = (claim: string, rule: string, value: unknown): null => {
    faults.push({ claim, message: `\`${claim}\` must be ${rule}; got ${described(value)}.` });
    return null;
  };
  const number = (claim: string, value: unknown): number | null => {
    if (value === undefined || typeof value === "number") return value ?? null;
    return wrong(claim, "a number of seconds since the epoch", value);
  };
  /** Returns a text claim; an absent claim and null are null. */
  const text = (claim: string, value: unknown): string | null => {
    if (value === undefined || value === null) return null;
    if (typeof value === "string" && isWellFormed(value)) return value;
    return wrong(claim, "a text", value);
  };
  const texts = (claim: string, value: unknown): string[] => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) return wrong(claim, "a list of texts", value) ?? [];
    return value.flatMap((entry: unknown, index) =>
      typeof entry === "string" && isWellFormed(entry) ? entry : (wrong(`${claim}.${index}`, "a text", entry) ?? []),
    );
  };
  const tracked = (value: unknown): string | null => {
    if (value === undefined || value === null) return null;
    if (!isObject(value)) return wrong("streaming.tracking", "an object with a `trackingId`", value);
    const { trackingId } = value;
    if (trackingId === undefined || trackingId === null || typeof trackingId === "string") return trackingId || null;
    return wrong("streaming.tracking.trackingId", "a text", trackingId);
  };
  const { tokenId, tokenType, streamName } = streaming;
  const isId = typeof tokenId === "number" && Number.isSafeInteger(tokenId);
  const expiresAt = number("exp", exp);
  const notBefore = number("nbf", nbf);
  number("iat", iat);
  return {
    tokenId: isId ? tokenId : wrong("streaming.tokenId", "the number of a subscribe token", tokenId),
    tokenType: typeof tokenType === "string" ? tokenType : "",
    streamName: typeof streamName === "string" ? streamName : "",
    // The platform counts whole seconds: a token that expires within a second is valid until its end.
    expiresAt: expiresAt === null ? null : Math.ceil(expiresAt) * 1000,
    notBefore: notBefore === null ? null : notBefore * 1000,
    trackingId: tracked(streaming["tracking"]),
    originCluster: text("streaming.originCluster", streaming["originCluster"]) || null,
    allowedOrigins: texts("streaming.allowedOrigins", streaming["allowedOrigins"]),
    allowedIpAddresses: texts("streaming.allowedIpAddresses", streaming["allowedIpAddresses"]),
    customViewerData: text("streaming.customViewerData", streaming["customViewerData"]),
    ignoredClaims: Object.keys(streaming).filter((name) => !knownClaims.has(name)),
    faults,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the type of a value, and no part of the value: claims may hold personal data. */
function described(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return isWellFormed(value) ? "a text" : "a text with half a character in it";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
