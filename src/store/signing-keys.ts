import type { Db } from "./database.ts";
import type { SigningKeyRecord } from "./records.ts";

export interface SigningKeyStore {
  /** Returns the keys that have not expired, newest first. */
  list(now: number): Promise<SigningKeyRecord[]>;
  create(key: SigningKeyRecord): Promise<void>;
  deleteExpired(now: number): Promise<void>;
}

/** Creates the store of signing keys. */
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
