import { hash, randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { PartnerCache } from "../cache/partner-cache.ts";
import { createKeyedReadThrough } from "../cache/read-through.ts";
import { isInNetworks, parseNetwork } from "../model/network.ts";
import type { RegisteredPartner } from "../model/partner/partner.ts";
import { Secret } from "../model/secret.ts";
import { boundedLru } from "../primitives/bounded-lru.ts";
import type { Clock, MonotonicClock } from "../primitives/clock.ts";
import type { ApiKeyStore } from "../store/api-keys.ts";
import { inTime } from "../store/in-time.ts";
import type { ApiKeyRecord } from "../store/records.ts";
import type { Caller, Credentials } from "./caller.ts";
import { CREDENTIAL_TTL_MS, MAX_CREDENTIALS } from "./credential-cache.ts";
import { scopesHeld } from "./scopes.ts";

/** State of an API key at an instant. */
export type ApiKeyState = "ACTIVE" | "EXPIRED" | "REVOKED";

export function apiKeyState({ revokedAt, expiresAt }: ApiKeyRecord, now: number): ApiKeyState {
  if (revokedAt !== null) return "REVOKED";
  return expiresAt !== null && expiresAt <= now ? "EXPIRED" : "ACTIVE";
}

/** Generates a key, `sgk_` and 32 random bytes in base64url, and the hash that is stored. */
export function generateApiKey(): { readonly key: Secret; readonly hash: string } {
  const key = `sgk_${randomBytes(32).toString("base64url")}`;
  return { key: new Secret(key), hash: hashOf(key) };
}

const apiKey = /^sgk_[\w-]{43}$/;

/** Returns whether a text has the format of an API key. */
export function hasApiKeyFormat(text: string): boolean {
  return apiKey.test(text);
}

/** Active API key with its partner. */
export interface ActiveKey {
  readonly key: ApiKeyRecord;
  /** Null unless the key belongs to a partner. */
  readonly partner: RegisteredPartner | null;
}

/** Authenticates API keys, by data that is at most {@link CREDENTIAL_TTL_MS} old. */
export interface ApiKeyAuthenticator {
  /** Returns the caller by a key and the origin of the request; null if either is not accepted. @throws StoreError */
  authenticate(key: string, from: Pick<Credentials, "origin" | "address">): Promise<Caller | null>;
  /** Returns the active key with this id; null if it is revoked or expired, or its partner is retired. @throws StoreError */
  findActive(id: string): Promise<ActiveKey | null>;
  /** Returns the partner with this id; null if it is unknown or retired. @throws StoreError */
  partner(id: string): Promise<RegisteredPartner | null>;
  /** Resolves when all writes in the background are done. */
  settled(): Promise<void>;
}

/** Interval between two records of a key's use, in milliseconds. */
const USE_INTERVAL_MS = 60_000;

/** @param onUseNotRecorded called if the time of a key's use could not be stored; the caller is authenticated all the same */
export function createApiKeyAuthenticator(
  apiKeys: ApiKeyStore,
  partners: Pick<PartnerCache, "read">,
  now: Clock,
  monotonicMs: MonotonicClock,
  onUseNotRecorded: (error: unknown) => void,
): ApiKeyAuthenticator {
  const caching = {
    ttlMs: CREDENTIAL_TTL_MS,
    maxEntries: MAX_CREDENTIALS,
    onRefreshError: "FAIL",
    monotonicMs,
  } as const;
  const byHash = createKeyedReadThrough((hash) => inTime(apiKeys.byHash(hash)), caching);
  const byId = createKeyedReadThrough((id) => inTime(apiKeys.byId(id)), caching);
  const writes = new Set<Promise<void>>();
  const recordedAt = new LRUCache<string, number>(boundedLru(10_000));

  const recordUse = (id: string) => {
    if (monotonicMs() < (recordedAt.get(id) ?? Number.NEGATIVE_INFINITY) + USE_INTERVAL_MS) return;
    recordedAt.set(id, monotonicMs());
    const write = apiKeys
      .touch(new Map([[id, now()]]))
      .catch(onUseNotRecorded)
      .finally(() => writes.delete(write));
    writes.add(write);
  };

  const partner = async (id: string): Promise<RegisteredPartner | null> => {
    const found = (await partners.read()).byId(id);
    return found?.status === "RETIRED" ? null : found;
  };

  const ifActive = async (key: ApiKeyRecord | null): Promise<ActiveKey | null> => {
    if (!key || apiKeyState(key, now()) !== "ACTIVE") return null;
    if (key.role !== "PARTNER") return { key, partner: null };
    const owner = key.partnerId === null ? null : await partner(key.partnerId);
    return owner && { key, partner: owner };
  };

  return {
    partner,
    settled: async () => {
      await Promise.all(writes);
    },
    findActive: async (id) => ifActive(await byId(id)),
    authenticate: async (text, from) => {
      const active = await ifActive(await byHash(hashOf(text)));
      if (!active || !isAdmitted(active.key, from)) return null;
      recordUse(active.key.id);
      return callerOf(active);
    },
  };
}

function callerOf({ key, partner }: ActiveKey): Caller {
  return {
    principalId: `key:${key.id}`,
    name: key.name,
    role: key.role,
    scopes: scopesHeld(key.scopes, key.role, partner),
    partner,
    expiresAt: key.expiresAt,
  };
}

/**
 * Returns whether a key may be used from there.
 *
 * A key with origins is for web pages: it needs the header `Origin`.
 */
function isAdmitted(key: ApiKeyRecord, { origin, address }: Pick<Credentials, "origin" | "address">): boolean {
  return isFromOrigin(origin, key.allowedOrigins) && isFromNetwork(address, key.allowedNetworks);
}

/**
 * Returns whether a web page of this origin may use a credential.
 *
 * An empty list allows every caller, web page or not.
 */
export function isFromOrigin(origin: string | null, allowed: readonly string[]): boolean {
  return allowed.length === 0 || (origin !== null && allowed.includes(origin));
}

function isFromNetwork(address: string | null, allowed: readonly string[]): boolean {
  return (
    allowed.length === 0 ||
    isInNetworks(
      address,
      allowed.map(parseNetwork).filter((block) => block !== null),
    )
  );
}

function hashOf(key: string): string {
  return hash("sha256", key);
}
