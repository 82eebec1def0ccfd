import { randomUUID } from "node:crypto";
import type { Selectable } from "kysely";
import { type Database, type Db, inTransaction } from "./database.ts";
import type { ApiKeyRecord } from "./records.ts";

export type NewApiKey = Pick<
  ApiKeyRecord,
  "name" | "role" | "partnerId" | "scopes" | "allowedOrigins" | "allowedNetworks" | "expiresAt"
>;

export interface ApiKeyStore {
  byId(id: string): Promise<ApiKeyRecord | null>;
  /** Returns the key with this SHA-256 (hex), also a revoked or expired one; null for an unknown hash. */
  byHash(hash: string): Promise<ApiKeyRecord | null>;
  /** Returns all keys, or those of a partner, oldest first. */
  list(filter: { readonly partnerId?: string }): Promise<ApiKeyRecord[]>;
  create(key: NewApiKey, hash: string, now: number): Promise<ApiKeyRecord>;
  /** Records the successor of a key and expires it by `endsAt`; returns null for an unknown id. */
  replace(id: string, successorId: string, endsAt: number): Promise<ApiKeyRecord | null>;
  /** Revokes a key, unless it is revoked; returns null for an unknown id. */
  revoke(id: string, now: number): Promise<ApiKeyRecord | null>;
  /** Revokes all keys of a partner that are not revoked. */
  revokeOf(partnerId: string, now: number): Promise<void>;
  /** Records when keys were last used, in milliseconds since the epoch. */
  touch(uses: ReadonlyMap<string, number>): Promise<void>;
}

/** Creates the store of API keys. The database has their hashes alone. */
export function createApiKeyStore(db: Db): ApiKeyStore {
  const byId = async (id: string) => {
    const row = await db.selectFrom("apiKeys").selectAll().where("id", "=", id).executeTakeFirst();
    return row ? toRecord(row) : null;
  };

  return {
    byId,
    byHash: async (hash) => {
      const row = await db.selectFrom("apiKeys").selectAll().where("hash", "=", hash).executeTakeFirst();
      return row ? toRecord(row) : null;
    },
    list: async ({ partnerId }) => {
      const rows = await db
        .selectFrom("apiKeys")
        .selectAll()
        .$if(partnerId !== undefined, (query) => query.where("partnerId", "=", partnerId ?? ""))
        .orderBy("createdAt")
        .orderBy("id")
        .execute();
      return rows.map(toRecord);
    },
    create: async ({ scopes, allowedOrigins, allowedNetworks, ...key }, hash, now) => {
      const row = {
        ...key,
        id: randomUUID(),
        hash,
        scopes: JSON.stringify(scopes),
        allowedOrigins: JSON.stringify(allowedOrigins),
        allowedNetworks: JSON.stringify(allowedNetworks),
        createdAt: now,
        revokedAt: null,
        lastUsedAt: null,
        replacedById: null,
      };
      await db.insertInto("apiKeys").values(row).execute();
      return toRecord(row);
    },
    replace: async (id, successorId, endsAt) => {
      await db
        .updateTable("apiKeys")
        .set(({ ref, case: when }) => ({
          replacedById: successorId,
          expiresAt: when().when("expiresAt", "<", endsAt).then(ref("expiresAt")).else(endsAt).end(),
        }))
        .where("id", "=", id)
        .execute();
      return byId(id);
    },
    revoke: async (id, now) => {
      await db
        .updateTable("apiKeys")
        .set({ revokedAt: now })
        .where("id", "=", id)
        .where("revokedAt", "is", null)
        .execute();
      return byId(id);
    },
    revokeOf: async (partnerId, now) => {
      await db
        .updateTable("apiKeys")
        .set({ revokedAt: now })
        .where("partnerId", "=", partnerId)
        .where("revokedAt", "is", null)
        .execute();
    },
    touch: (uses) =>
      inTransaction(db, async (transaction) => {
        // One order for all gateways prevents deadlocks.
        for (const [id, at] of [...uses].sort(([a], [b]) => (a < b ? -1 : 1))) {
          await transaction
            .updateTable("apiKeys")
            .set({ lastUsedAt: at })
            .where("id", "=", id)
            .where(({ eb }) => eb.or([eb("lastUsedAt", "is", null), eb("lastUsedAt", "<", at)]))
            .execute();
        }
      }),
  };
}

function toRecord({ hash: _, ...row }: Selectable<Database["apiKeys"]>): ApiKeyRecord {
  return {
    kind: "ApiKey",
    ...row,
    scopes: toList(row.scopes),
    allowedOrigins: toList(row.allowedOrigins),
    allowedNetworks: toList(row.allowedNetworks),
  };
}

function toList(json: string): string[] {
  return JSON.parse(json) as string[];
}
