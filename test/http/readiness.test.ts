import { describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { connectionFailed } from "../../src/store/store-error.ts";
import { createTestGateway } from "../support/gateway.ts";

/** A store whose database can't be connected to any more, as the driver tells it. */
function gone(store: Store, code: string): Store {
  const fail = () => Promise.reject(connectionFailed(Object.assign(new Error("no connection"), { code })));
  const failing = <Table extends object>(table: Table): Table => new Proxy(table, { get: () => fail });
  return { ...store, partners: failing(store.partners), apiKeys: failing(store.apiKeys), audit: failing(store.audit) };
}

describe("readiness: a gateway whose database is gone", () => {
  it.each(["CERT_HAS_EXPIRED", "SELF_SIGNED_CERT_IN_CHAIN", "ECONNREFUSED", "28P01"])(
    "by %s is not ready, serves the operator, and refuses API keys with 503",
    async (code) => {
      const store = await openStore({ kind: "memory" });
      await using gateway = await createTestGateway({ gateway: { store: gone(store, code) } });
      const readiness = await gateway.gateway.fetch(new Request("http://gateway.test/readiness"));
      expect([readiness.status, await readiness.json()]).toEqual([
        200,
        { status: "ok", platform: "UP", store: "DOWN" },
      ]);
      expect((await gateway.ask("{ streams(first: 1) { nodes { name } } }")).errors).toEqual([]);
      const refused = await gateway.as(`sgk_${"a".repeat(43)}`).ask("{ me { name } }");
      expect([refused.status, refused.errors[0]?.extensions.code]).toEqual([503, "STORE_UNAVAILABLE"]);
      await store.close();
    },
  );
});
