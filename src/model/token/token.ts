import type { Secret } from "../secret.ts";

/** One entry of a token's list of streams: a name as it is, or a regular expression that a whole name must match. */
export interface StreamGrant {
  readonly pattern: string;
  readonly isRegex: boolean;
}

/** Which countries' viewers may watch (ISO 3166-1 alpha-2). At most one of the two lists is not empty. */
export interface CountryRules {
  readonly allowedCountries: readonly string[];
  readonly deniedCountries: readonly string[];
}

/** Relaying of a stream to other clusters, where its viewers are. `clusters` holds cluster ids, or just `all`. */
export interface GeoCascade {
  readonly isEnabled: boolean;
  readonly clusters: readonly string[];
}

/** What holds for a token after the account's defaults are applied to what it leaves open. */
export interface EffectiveSettings extends CountryRules {
  /** Cluster id, or `auto` for the nearest. */
  readonly originCluster: string;
  readonly geoCascade: GeoCascade | null;
}

/** What publish and subscribe tokens have in common. */
export interface TokenRecord {
  readonly id: number;
  readonly label: string;
  readonly secret: Secret;
  readonly isActive: boolean;
  /** Milliseconds since the epoch. */
  readonly addedAt: number;
  /** Milliseconds since the epoch; null for a token that never expires. */
  readonly expiresAt: number | null;
  readonly streams: readonly StreamGrant[];
  readonly allowedOrigins: readonly string[];
  readonly allowedIpAddresses: readonly string[];
  /** Binds the token to the first so many addresses that use it; 0 for no binding. */
  readonly bindIpsOnUsage: number;
  readonly countries: CountryRules;
  /** The token's own cluster; null where it takes the account's. */
  readonly originCluster: string | null;
  readonly effective: EffectiveSettings;
}

/** A destination that a live stream is pushed to. Its stream key is a secret of the destination. */
export interface RestreamTarget {
  readonly label: string | null;
  readonly url: string | null;
  readonly key: Secret;
  readonly isEnabled: boolean;
}

/** Authorises broadcasting, and carries nearly all configuration of its streams. */
export interface PublishTokenRecord extends TokenRecord {
  readonly kind: "PublishToken";
  /** Viewers of its streams need a subscribe token. */
  readonly isSecured: boolean;
  readonly isMultisource: boolean;
  readonly isRecording: boolean;
  readonly isClipping: boolean;
  readonly hasThumbnails: boolean;
  readonly isLowLatencyRtmp: boolean;
  readonly isDrm: boolean;
  /** Whether the platform writes its UTC time into the streams; null where the account decides. */
  readonly isUtcInserted: boolean | null;
  /** Default priority of its feeds; null where none is set. */
  readonly priority: number | null;
  readonly restreams: readonly RestreamTarget[];
  readonly geoCascade: GeoCascade | null;
  /** Its SRT ingest is encrypted. */
  readonly isSrtEncrypted: boolean;
  /** What SRT is encrypted with; null where it is not, or where the platform does not tell. */
  readonly srtPassphrase: Secret | null;
}

/** Authorises watching. Handed to a partner as the parent of its viewers' tokens, it is the partner's master token. */
export interface SubscribeTokenRecord extends TokenRecord {
  readonly kind: "SubscribeToken";
  /** Under which its viewers' bytes are counted; null for none. It can't be changed later. */
  readonly trackingId: string | null;
}

/** Active, and not expired, at `now`. */
export function isUsable(token: Pick<TokenRecord, "isActive" | "expiresAt">, now: number): boolean {
  return token.isActive && !isExpired(token, now);
}

/** A token whose time is over at `now`. */
export function isExpired({ expiresAt }: Pick<TokenRecord, "expiresAt">, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/** What tells apart where two tokens relay their streams to; empty for a token that does not relay. */
export function cascadeKey({ effective, geoCascade }: PublishTokenRecord): string {
  const cascade = effective.geoCascade ?? geoCascade;
  return cascade?.isEnabled ? [...cascade.clusters].sort().join(",") : "";
}
