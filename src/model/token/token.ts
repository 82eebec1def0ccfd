import type { Secret } from "../secret.ts";

/** One entry of a token's list of streams: a name, or a regular expression that must match a whole name. */
export interface StreamGrant {
  readonly pattern: string;
  readonly isRegex: boolean;
}

/** Countries (ISO 3166-1 alpha-2) whose viewers may or may not watch. At least one of the lists is empty. */
export interface CountryRules {
  readonly allowedCountries: readonly string[];
  readonly deniedCountries: readonly string[];
}

/** Relaying of a stream to other clusters, near its viewers. `clusters` holds cluster ids, or only `all`. */
export interface GeoCascade {
  readonly isEnabled: boolean;
  readonly clusters: readonly string[];
}

/** Settings in effect for a token: its own, or the account's defaults. */
export interface EffectiveSettings extends CountryRules {
  /** Cluster id, or `auto` for the nearest. */
  readonly originCluster: string;
  readonly geoCascade: GeoCascade | null;
}

/** Fields that publish and subscribe tokens share. */
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
  /** Number of IP addresses the token is bound to: the first ones that use it; 0 for no limit. */
  readonly bindIpsOnUsage: number;
  readonly countries: CountryRules;
  /** Cluster of the token itself; null if it follows the account's default. */
  readonly originCluster: string | null;
  readonly effective: EffectiveSettings;
}

/** A destination that live streams are pushed to. The stream key is a secret of the destination. */
export interface RestreamTarget {
  readonly label: string | null;
  readonly url: string | null;
  readonly key: Secret;
  readonly isEnabled: boolean;
}

/** A credential for broadcasting, which holds nearly all settings of its streams. */
export interface PublishTokenRecord extends TokenRecord {
  readonly kind: "PublishToken";
  /** Whether viewers of the streams need a subscribe token. */
  readonly isSecured: boolean;
  readonly isMultisource: boolean;
  readonly isRecording: boolean;
  readonly isClipping: boolean;
  readonly hasThumbnails: boolean;
  readonly isLowLatencyRtmp: boolean;
  readonly isDrm: boolean;
  /** Whether the platform writes its UTC time into the streams; null if the account's setting decides. */
  readonly isUtcInserted: boolean | null;
  /** Default priority of the feeds; null for none. */
  readonly priority: number | null;
  readonly restreams: readonly RestreamTarget[];
  readonly geoCascade: GeoCascade | null;
  /** Whether SRT ingest is encrypted. */
  readonly isSrtEncrypted: boolean;
  /** Passphrase of SRT; null if SRT is not encrypted, or the platform does not return the passphrase. */
  readonly srtPassphrase: Secret | null;
}

/** A credential for watching. A partner's master token is the parent of its viewer tokens. */
export interface SubscribeTokenRecord extends TokenRecord {
  readonly kind: "SubscribeToken";
  /** Tracking id under which the viewers' bytes are counted; null for none. Can't be changed later. */
  readonly trackingId: string | null;
}

/** Returns whether the token is active and not expired at `now`. */
export function isUsable(token: Pick<TokenRecord, "isActive" | "expiresAt">, now: number): boolean {
  return token.isActive && !isExpired(token, now);
}

/** Returns whether the token has expired at `now`. */
export function isExpired({ expiresAt }: Pick<TokenRecord, "expiresAt">, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/** Returns a key of the clusters that a token relays to; empty for a token that does not relay. */
export function cascadeKey({ effective, geoCascade }: PublishTokenRecord): string {
  const cascade = effective.geoCascade ?? geoCascade;
  return cascade?.isEnabled ? [...cascade.clusters].sort().join(",") : "";
}
