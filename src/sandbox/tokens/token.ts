import { RE2JS } from "re2js";

/** One entry of a token's stream list: a name, or a regular expression over names. */
export interface Grant {
  readonly streamName: string;
  readonly isRegex: boolean;
  /** The names that a pattern opens which the sandbox's engine does not take; undefined for any other entry. */
  readonly opens?: readonly string[];
}

/** Which other clusters relay a stream. `["all"]` is every cluster, also future ones. */
export interface GeoCascade {
  readonly isEnabled: boolean;
  readonly clusters: readonly string[];
}

/** Who may watch from where; at most one of the two lists has entries. */
export interface CountryRules {
  readonly allowedCountries: readonly string[];
  readonly deniedCountries: readonly string[];
}

/** What publish and subscribe tokens have in common. */
export interface TokenRecord extends CountryRules {
  readonly id: number;
  readonly label: string;
  /** The secret: 64 hexadecimal characters. */
  readonly token: string;
  /** When it was made, in milliseconds. */
  readonly addedAt: number;
  /** When it dies, in milliseconds; null for never. */
  readonly expiresAt: number | null;
  readonly isActive: boolean;
  readonly streams: readonly Grant[];
  readonly allowedOrigins: readonly string[];
  readonly allowedIpAddresses: readonly string[];
  /** How many distinct addresses may use it; null for any. */
  readonly bindIpsOnUsage: number | null;
  /** The token's own choice; empty when it took the account's default. */
  readonly originCluster: string;
  /** The account's default when the token was made: what an empty `originCluster` stands for. */
  readonly inheritedCluster: string;
}

/** A push target. */
export interface RestreamTarget {
  readonly url: string | null;
  readonly key: string;
  readonly label: string | null;
  readonly enabled: boolean;
}

/** Authorises broadcasting and carries the settings of the streams it publishes. */
export interface PublishToken extends TokenRecord {
  readonly subscribeRequiresAuth: boolean;
  readonly record: boolean;
  readonly clip: boolean;
  readonly multisource: boolean;
  readonly enableThumbnails: boolean;
  readonly lowLatencyRtmp: boolean;
  readonly displaySrtPassphrase: boolean;
  readonly drm: boolean;
  /** Null when the account's setting applies. */
  readonly enableUTCInsertion: boolean | null;
  /** Null when the account's setting applies. */
  readonly geoCascade: GeoCascade | null;
  readonly restream: readonly RestreamTarget[];
  readonly priority: number | null;
  readonly encoderProfileId: string | null;
}

/** Authorises watching; as a parent it also signs viewers' tokens. */
export interface SubscribeToken extends TokenRecord {
  readonly trackingId: string | null;
}

/** The cluster that the token's streams are routed to. */
export function effectiveCluster(token: TokenRecord): string {
  return token.originCluster || token.inheritedCluster;
}

/** A token is dead from the instant of its expiry on. */
export function isExpired(token: TokenRecord, now: number): boolean {
  return token.expiresAt !== null && token.expiresAt <= now;
}

/** Whether any entry of the token is a pattern. */
export function hasWildcard(token: TokenRecord): boolean {
  return token.streams.some(({ isRegex }) => isRegex);
}

/** Whether one of the token's entries names the stream or matches the whole of its name; case matters. */
export function covers(token: TokenRecord, streamName: string): boolean {
  return token.streams.some((grant) => {
    if (grant.opens) return grant.opens.includes(streamName);
    return grant.isRegex ? compiled(grant.streamName).matches(streamName) : grant.streamName === streamName;
  });
}

/** @returns why the engine refuses a pattern, or undefined when it takes it */
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

/** re2js runs in time linear in the name, whatever the pattern: a tenant cannot stall the sandbox with one. */
function compiled(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known) return known;
  const expression = RE2JS.compile(pattern);
  if (patterns.size >= REMEMBERED_PATTERNS) patterns.clear();
  patterns.set(pattern, expression);
  return expression;
}
