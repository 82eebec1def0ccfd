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

/** What can be said of a key at an instant. */
export type ApiKeyState = "ACTIVE" | "EXPIRED" | "REVOKED";

export function apiKeyState({ revokedAt, expiresAt }: ApiKeyRecord, now: number): ApiKeyState {
  if (revokedAt !== null) return "REVOKED";
  return expiresAt !== null && expiresAt <= now ? "EXPIRED" : "ACTIVE";
}

/** A new key, `sgk_` and 32 random bytes, and the hash that is kept of it. */
export function generateApiKey(): { readonly key: Secret; readonly hash: string } {
  const key = `sgk_${randomBytes(32).toString("base64url")}`;
  return { key: new Secret(key), hash: hashOf(key) };
}

const apiKey = /^sgk_[\w-]{43}$/;

/** True for a text that looks like one of our keys. */
export function hasApiKeyFormat(text: string): boolean {
  return apiKey.test(text);
}

/** A key that opens something now, and whose it is. */
export interface ActiveKey {
  readonly key: ApiKeyRecord;
  /** Null unless it is a partner's. */
  readonly partner: RegisteredPartner | null;
}

/** The registry of keys as it is asked for each request. Whatever it tells is at most 0.8 s old. */
export interface ApiKeyAuthenticator {
  /** The caller by a key and by where the request comes from; null when that proves nobody, whatever the cause. */
  authenticate(key: string, from: Pick<Credentials, "origin" | "address">): Promise<Caller | null>;
  /** The key with this id; null when it was revoked, has expired, or was of a partner that is retired. */
  findActive(id: string): Promise<ActiveKey | null>;
  /** The partner with this id; null when there is none, or a retired one. */
  partner(id: string): Promise<RegisteredPartner | null>;
  /** Done when what is written in the background is written. */
  settled(): Promise<void>;
}

/** A key's use is noted once in so long. */
const NOTED_EVERY_MS = 60_000;

/** @param onNoteFailure told when the time of a key's use was not kept, which costs the caller nothing */
export function createApiKeyRing(
  apiKeys: ApiKeyStore,
  partners: Pick<PartnerCache, "read">,
  now: Clock,
  monotonicMs: MonotonicClock,
  onNoteFailure: (error: unknown) => void,
): ApiKeyAuthenticator {
  const caching = {
    ttlMs: CREDENTIAL_TTL_MS,
    maxEntries: MAX_CREDENTIALS,
    onRefreshError: "FAIL",
    monotonicMs,
  } as const;
  const byHash = createKeyedReadThrough((hash) => inTime(apiKeys.byHash(hash)), caching);
  const byId = createKeyedReadThrough((id) => inTime(apiKeys.byId(id)), caching);
  const underWay = new Set<Promise<void>>();
  const notedAt = new LRUCache<string, number>(boundedLru(10_000));

  const note = (id: string) => {
    if (monotonicMs() < (notedAt.get(id) ?? Number.NEGATIVE_INFINITY) + NOTED_EVERY_MS) return;
    notedAt.set(id, monotonicMs());
    const noting = apiKeys
      .touch(new Map([[id, now()]]))
      .catch(onNoteFailure)
      .finally(() => underWay.delete(noting));
    underWay.add(noting);
  };

  const partner = async (id: string): Promise<RegisteredPartner | null> => {
    const found = (await partners.read()).byId(id);
    return found?.status === "RETIRED" ? null : found;
  };

  const ifLiving = async (key: ApiKeyRecord | null): Promise<ActiveKey | null> => {
    if (!key || apiKeyState(key, now()) !== "ACTIVE") return null;
    if (key.role !== "PARTNER") return { key, partner: null };
    const owner = key.partnerId === null ? null : await partner(key.partnerId);
    return owner && { key, partner: owner };
  };

  return {
    partner,
    settled: async () => {
      await Promise.all(underWay);
    },
    findActive: async (id) => ifLiving(await byId(id)),
    authenticate: async (text, from) => {
      const findActive = await ifLiving(await byHash(hashOf(text)));
      if (!findActive || !isAdmitted(findActive.key, from)) return null;
      note(findActive.key.id);
      return callerOf(findActive);
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

/** Whether a key may be used from there. One with origins is for web pages: a request that names no origin is refused. */
function isAdmitted(key: ApiKeyRecord, { origin, address }: Pick<Credentials, "origin" | "address">): boolean {
  return isFromOrigin(origin, key.allowedOrigins) && isFromNetwork(address, key.allowedNetworks);
}

/** Whether a page of this origin may use a credential; no list admits everybody, also those that are no page. */
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
