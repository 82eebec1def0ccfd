import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, randomUUID } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { LRUCache } from "lru-cache";
import { createReadThrough } from "../cache/read-through.ts";
import type { Secret } from "../model/secret.ts";
import type { Clock, MonotonicClock } from "../primitives/clock.ts";
import { SingleFlight } from "../primitives/single-flight.ts";
import { inTime } from "../store/in-time.ts";
import type { SigningKeyRecord } from "../store/records.ts";
import type { SigningKeyStore } from "../store/signing-keys.ts";
import { CREDENTIAL_TTL_MS } from "./credential-cache.ts";

/** Algorithm that signs sessions: Ed25519. */
export const SESSION_ALGORITHM = "EdDSA";
/** Time for which a key signs, in milliseconds. */
const SIGNING_PERIOD_MS = 7 * 86_400_000;
/**
 * Time for which a retired key still verifies, in milliseconds: the longest session twice, for clocks
 * and caches.
 */
const OVERLAP_MS = 2 * 3_600_000;

/** Keys that sign sessions, the same for all gateways of one store. */
export interface SigningKeys {
  /** Returns the key that signs now, and creates one if there is none. @throws StoreError */
  signer(): Promise<{ readonly kid: string; readonly key: CryptoKey }>;
  /** Returns the public key with this id; null if it is unknown or expired. @throws StoreError */
  verifier(kid: string): Promise<CryptoKey | null>;
  /** Returns the public keys of all sessions that can still be valid. @throws StoreError */
  publicKeys(): Promise<JWK[]>;
}

/**
 * @param sealedUnder API secret of the platform, which encrypts the private keys: the store alone can sign nothing. After
 * it changes, a new key is created, and sessions signed before stay valid until they expire.
 */
export function createSigningKeys(
  store: SigningKeyStore,
  sealedUnder: Secret,
  now: Clock,
  monotonicMs: MonotonicClock,
): SigningKeys {
  const seal = createSeal(sealedUnder);
  const list = () => inTime(store.list(now()));
  const cached = createReadThrough(list, { ttlMs: CREDENTIAL_TTL_MS, onRefreshError: "FAIL", monotonicMs });
  const imported = new LRUCache<string, CryptoKey>({ max: 100 });

  const importOnce = async (id: string, jwk: string) => {
    const present = imported.get(id);
    if (present) return present;
    const key = (await importJWK(JSON.parse(jwk), SESSION_ALGORITHM)) as CryptoKey;
    imported.set(id, key);
    return key;
  };

  const current = async () => {
    for (const { kid, createdAt, retiresAt, sealedPrivateJwk } of await store.list(now())) {
      if (createdAt > now() || retiresAt <= now()) continue;
      const jwk = seal.open(sealedPrivateJwk, kid);
      if (jwk !== null) return { kid, key: await importOnce(`private ${kid}`, jwk) };
    }
    return null;
  };

  const create = async () => {
    const kid = randomUUID();
    const pair = await generateKeyPair(SESSION_ALGORITHM, { crv: "Ed25519", extractable: true });
    const createdAt = now();
    const record: SigningKeyRecord = {
      kid,
      publicJwk: JSON.stringify(await exportJWK(pair.publicKey)),
      sealedPrivateJwk: seal.close(JSON.stringify(await exportJWK(pair.privateKey)), kid),
      createdAt,
      retiresAt: createdAt + SIGNING_PERIOD_MS,
      expiresAt: createdAt + SIGNING_PERIOD_MS + OVERLAP_MS,
    };
    await store.create(record);
    await store.deleteExpired(createdAt);
    return { kid, key: pair.privateKey };
  };

  // Sessions are issued rarely, so the store is read each time and no gateway creates a second key.
  const signing = new SingleFlight(async () => (await current()) ?? create());

  return {
    signer: () => signing.run(),
    verifier: async (kid) => {
      const hasKid = (key: SigningKeyRecord) => key.kid === kid;
      // Another gateway may have created the key since the keys were read.
      const record = (await cached.read()).find(hasKid) ?? (await list()).find(hasKid);
      return record ? importOnce(`public ${kid}`, record.publicJwk) : null;
    },
    publicKeys: async () =>
      (await cached.read()).map(({ kid, publicJwk }) => ({
        ...publicPart(JSON.parse(publicJwk)),
        kid,
        alg: SESSION_ALGORITHM,
        use: "sig",
      })),
  };
}

function publicPart({ kty, crv, x }: JWK): JWK {
  return { kty, crv, x } as JWK;
}

/**
 * Creates AES-256-GCM encryption under a key derived from a secret.
 *
 * A text decrypts only with its own `context`.
 */
function createSeal(secret: Secret) {
  const key = Buffer.from(hkdfSync("sha256", secret.reveal(), "syndigraph", "session signing keys", 32));
  return {
    close: (text: string, context: string): string => {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(context));
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
    },
    /** Returns null for a text that was sealed under another secret, or is damaged. */
    open: (text: string, context: string): string | null => {
      const bytes = Buffer.from(text, "base64url");
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12), { authTagLength: 16 })
          .setAAD(Buffer.from(context))
          .setAuthTag(bytes.subarray(12, 28));
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8");
      } catch {
        return null;
      }
    },
  };
}
