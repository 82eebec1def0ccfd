import { RE2JS } from "re2js";

/** One entry of a token's stream list: a name, or a regular expression over names. */
export interface Grant {
  readonly streamName: string;
  readonly isRegex: boolean;
  /** Names that a pattern opens if the sandbox's engine rejects it; undefined for any other entry. */
  readonly opens?: readonly string[];
}

/** Other clusters that relay a stream. `["all"]` is every cluster, including future ones. */
export interface GeoCascade {
  readonly isEnabled: boolean;
  readonly clusters: readonly string[];
}

/** Countries that may or may not watch; at most one of the two lists has entries. */
export interface CountryRules {
  readonly allowedCountries: readonly string[];
  readonly deniedCountries: readonly string[];
}

/** Common part of publish and subscribe tokens. */
export interface TokenRecord extends CountryRules {
  readonly id: number;
  readonly label: string;
  /** Secret of the token: 64 hexadecimal characters. */
  readonly token: string;
  /** Time of creation, in milliseconds. */
  readonly addedAt: number;
  /** Time of expiry, in milliseconds; null for never. */
  readonly expiresAt: number | null;
  readonly isActive: boolean;
  readonly streams: readonly Grant[];
  readonly allowedOrigins: readonly string[];
  readonly allowedIpAddresses: readonly string[];
  /** Distinct addresses that may use the token; null for any number. */
  readonly bindIpsOnUsage: number | null;
  /** The token's own choice; empty if it took the account's default. */
  readonly originCluster: string;
  /** Account's default when the token was created, which an empty `originCluster` stands for. */
  readonly inheritedCluster: string;
}

/** Target of a push to another platform. */
export interface RestreamTarget {
  readonly url: string | null;
  readonly key: string;
  readonly label: string | null;
  readonly enabled: boolean;
}

/** Authorises broadcasting and carries the settings of its streams. */
export interface PublishToken extends TokenRecord {
  readonly subscribeRequiresAuth: boolean;
  readonly record: boolean;
  readonly clip: boolean;
  readonly multisource: boolean;
  readonly enableThumbnails: boolean;
  readonly lowLatencyRtmp: boolean;
  readonly displaySrtPassphrase: boolean;
  readonly drm: boolean;
  /** Null if the account's setting applies. */
  readonly enableUTCInsertion: boolean | null;
  /** Null if the account's setting applies. */
  readonly geoCascade: GeoCascade | null;
  readonly restream: readonly RestreamTarget[];
  readonly priority: number | null;
  readonly encoderProfileId: string | null;
}

/** Authorises watching; as a parent it also signs viewers' tokens. */
export interface SubscribeToken extends TokenRecord {
  readonly trackingId: string | null;
}

/** Returns the cluster that the token's streams are routed to. */
export function effectiveCluster(token: TokenRecord): string {
  return token.originCluster || token.inheritedCluster;
}

/** Returns whether a token has expired: from the instant of its expiry on. */
export function isExpired(token: TokenRecord, now: number): boolean {
  return token.expiresAt !== null && token.expiresAt <= now;
}

/** Returns whether any entry of the token is a pattern. */
export function hasWildcard(token: TokenRecord): boolean {
  return token.streams.some(({ isRegex }) => isRegex);
}

/** Returns whether an entry of the token names the stream or matches its whole name; case matters. */
export function covers(token: TokenRecord, streamName: string): boolean {
  return token.streams.some((grant) => {
    if (grant.opens) return grant.opens.includes(streamName);
    return grant.isRegex ? compiled(grant.streamName).matches(streamName) : grant.streamName === streamName;
  });
}

/** Returns why the engine rejects a pattern, or undefined if it accepts it. */
export function patternProblem(pattern: string): string | undefined {
  try {
    compiled(pattern);
    return undefined;
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

const REMEMBERED_PATTERNS = 1_000;
const patterns = new Map<string, RE2JS>();

/** re2js takes time linear in the name, whatever the pattern: no tenant can stall the sandbox with one. */
function compiled(pattern: string): RE2JS {
  const cached = patterns.get(pattern);
  if (cached) return cached;
  const expression = RE2JS.compile(pattern);
  if (patterns.size >= REMEMBERED_PATTERNS) patterns.clear();
  patterns.set(pattern, expression);
  return expression;
}
