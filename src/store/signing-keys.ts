import type { Db } from "./database.ts";
import type { SigningKeyRecord } from "./records.ts";

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
