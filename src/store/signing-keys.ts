import type { Db } from "./database.ts";

/** A key that signs sessions. The private part is kept encrypted under a key that the store never sees. */
export interface SigningKeyRecord {
  /** The key id in the header of what it signs. */
  readonly kid: string;
  /** A JWK as JSON. */
  readonly publicJwk: string;
  /** The private JWK, encrypted; opaque to the store. */
  readonly sealedPrivateJwk: string;
  /** Times are milliseconds since the epoch. It signs from here. */
  readonly createdAt: number;
  /** It signs no longer from here. */
  readonly retiresAt: number;
  /** Nothing it signed is valid any more from here. */
  readonly expiresAt: number;
}

export interface SigningKeyStore {
  /** Those not expired, newest first. */
  list(now: number): Promise<SigningKeyRecord[]>;
  create(key: SigningKeyRecord): Promise<void>;
  deleteExpired(now: number): Promise<void>;
}

/** Signing keys in a table of a database. */
export function createSigningKeyStore(db: Db): SigningKeyStore {
  return {
    list: (now) =>
      db
        .selectFrom("signingKeys")
        .selectAll()
        .where("expiresAt", ">", now)
        .orderBy("createdAt", "desc")
        .orderBy("kid")
        .execute(),
    create: async (key) => {
      await db.insertInto("signingKeys").values(key).execute();
    },
    deleteExpired: async (now) => {
      await db.deleteFrom("signingKeys").where("expiresAt", "<=", now).execute();
    },
  };
}
