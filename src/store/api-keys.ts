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

/** API keys in a table of a database, which never sees a key itself. */
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
        // In one order, so that two gateways never wait for each other in a circle.
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
