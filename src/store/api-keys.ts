/** An API key as it is kept: what it allows, and a hash by which it is known again. */
export interface ApiKeyRecord {
  readonly kind: "ApiKey";
  readonly id: string;
  readonly name: string;
  readonly role: "OPERATOR" | "ANALYST" | "PARTNER";
  /** Whose key it is; null unless the role is PARTNER. */
  readonly partnerId: string | null;
  readonly scopes: readonly string[];
  /** Origins of web pages that may use it; empty for any caller, pages or not. */
  readonly allowedOrigins: readonly string[];
  /** Addresses and CIDR blocks (IPv4, IPv6) it may be used from; empty for any. */
  readonly allowedNetworks: readonly string[];
  /** Times are milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** Exact to the minute. */
  readonly lastUsedAt: number | null;
  /** The key that a rotation put in its place. */
  readonly replacedById: string | null;
}

export type NewApiKey = Pick<
  ApiKeyRecord,
  "name" | "role" | "partnerId" | "scopes" | "allowedOrigins" | "allowedNetworks" | "expiresAt"
>;

export interface ApiKeyStore {
  byId(id: string): Promise<ApiKeyRecord | null>;
  /** The key whose SHA-256 (hex) this is, revoked and expired ones included. */
  byHash(hash: string): Promise<ApiKeyRecord | null>;
  /** All keys, or those of a partner, oldest first. */
  list(filter: { readonly partnerId?: string }): Promise<ApiKeyRecord[]>;
  create(key: NewApiKey, hash: string, now: number): Promise<ApiKeyRecord>;
  /** Ends a key at an instant if it would live longer, and names its successor. Null when there is no such key. */
  replace(id: string, successorId: string, endsAt: number): Promise<ApiKeyRecord | null>;
  /** Null when there is no such key; a key that was revoked before stays as it was. */
  revoke(id: string, now: number): Promise<ApiKeyRecord | null>;
  /** Revokes all keys of a partner that are not. */
  revokeOf(partnerId: string, now: number): Promise<void>;
  /** Notes when keys were used; best effort. */
  touch(uses: ReadonlyMap<string, number>): Promise<void>;
}
