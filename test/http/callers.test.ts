import { request as httpRequest } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { generateApiKey } from "../../src/auth/api-keys.ts";
import { listen } from "../../src/http/http-server.ts";
import { parseNetwork } from "../../src/model/network.ts";
import { AUTHENTICATION_TIMEOUT_MS } from "../../src/store/in-time.ts";
import type { Store } from "../../src/store/store.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { addKey } from "../support/api-keys.ts";
import { createTestGateway, graphqlRequest } from "../support/gateway.ts";
import { createIdentityProvider } from "../support/identity-provider.ts";

const REFUSED = '{"errors":[{"message":"A valid bearer key is needed.","extensions":{"code":"UNAUTHENTICATED"}}]}';

describe("authentication by API keys", () => {
  it("learn nothing by one that is wrong, revoked, expired, from elsewhere or of a retired partner, in the same words", async () => {
    await using gateway = await createTestGateway();
    const { store, sandbox } = gateway;
    const now = sandbox.clock.now();
    const revoked = await addKey(gateway);
    await store.apiKeys.revoke(revoked.id, now);
    const partner = await store.partners.create(
      { name: "Acme", trackingIds: ["acme"], contact: null, timeZone: "UTC", currency: "EUR", notes: null },
      now,
    );
    await store.partners.update(partner.id, { status: "RETIRED" });
    const keys = [
      generateApiKey().key.reveal(),
      revoked.key,
      (await addKey(gateway, { expiresAt: now })).key,
      (await addKey(gateway, { allowedOrigins: ["https://app.example.com"] })).key,
      (await addKey(gateway, { allowedNetworks: ["192.0.2.0/24"] })).key,
      (await addKey(gateway, { role: "PARTNER", partnerId: partner.id })).key,
      (await addKey(gateway, { role: "PARTNER", partnerId: null })).key,
    ];
    for (const key of keys) {
      const authorization = `Bearer ${key}`;
      const response = await gateway.gateway.fetch(graphqlRequest({ query: "{ me { name } }" }, { authorization }));
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="syndigraph"');
      expect(await response.text()).toBe(REFUSED);
      expect(gateway.logged()).not.toContain(key);
    }
  });

  it("are admitted by their network, which only a trusted proxy may forward", async () => {
    const trustedProxies = [parseNetwork("10.0.0.0/8")].filter((network) => network !== null);
    await using gateway = await createTestGateway({ gateway: { trustedProxies } });
    const { key } = await addKey(gateway, { allowedNetworks: ["192.0.2.0/24"] });
    const statusFrom = async (peer: string, forwardedFor?: string) => {
      const headers = forwardedFor ? { "x-forwarded-for": forwardedFor } : {};
      return (await gateway.as(key, { peer, headers }).ask("{ me { name } }")).status;
    };
    expect(await statusFrom("192.0.2.7")).toBe(200);
    expect(await statusFrom("10.0.0.1", "192.0.2.7")).toBe(200);
    expect(await statusFrom("10.0.0.1", "192.0.2.7, 203.0.113.1")).toBe(401);
    expect(await statusFrom("203.0.113.1", "192.0.2.7")).toBe(401);
    expect(await statusFrom("10.0.0.1")).toBe(401);
  });

  it("come from the address of their connection", async () => {
    await using gateway = await createTestGateway();
    const { key } = await addKey(gateway, { allowedNetworks: ["127.0.0.1"] });
    const server = await listen(gateway.gateway.handle, "127.0.0.1", 0);
    const status = await new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${key}` };
      httpRequest(`${server.url}/graphql?query={__typename}`, { headers }, ({ statusCode }) => resolve(statusCode))
        .on("error", reject)
        .end();
    });
    await server.drain(0);
    expect(status).toBe(200);
  });

  it("are refused within a second of a revocation; a query that runs is finished", async () => {
    await using gateway = await createTestGateway();
    const { id, key } = await addKey(gateway);
    const caller = gateway.as(key);
    expect((await caller.ask("{ me { name } }")).status).toBe(200);
    const running = caller.ask("{ streams(first: 1) { nodes { name } } }");
    await gateway.store.apiKeys.revoke(id, gateway.sandbox.clock.now());
    expect((await running).status).toBe(200);
    gateway.sandbox.clock.advance(1_000);
    expect((await caller.ask("{ me { name } }")).status).toBe(401);
  });

  it("get 503 while the store can't identify them, and the operator's key still works", async () => {
    await using gateway = await createTestGateway();
    const { key } = await addKey(gateway);
    const apiKeys = { ...gateway.store.apiKeys, byHash: () => Promise.reject(new StoreError("It is locked.")) };
    await using broken = await createTestGateway({ gateway: { store: { ...gateway.store, apiKeys } } });
    const authorization = `Bearer ${key}`;
    const response = await broken.gateway.fetch(graphqlRequest({ query: "{ me { name } }" }, { authorization }));
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await response.text()).toContain("STORE_UNAVAILABLE");
    expect((await broken.ask("{ me { name } }")).status).toBe(200);
  });

  it.each(["key", "partner"])(
    "get 503 if the store does not return their %s in time, as behind a pooler whose database is gone",
    async (unread) => {
      await using gateway = await createTestGateway();
      const partner = await gateway.store.partners.create(
        { name: "Desk", trackingIds: ["desk"], contact: null, timeZone: "UTC", currency: "EUR", notes: null },
        gateway.sandbox.clock.now(),
      );
      const { key } = await addKey(gateway, { role: "PARTNER", partnerId: partner.id });
      const never = () => new Promise<never>(() => undefined);
      const { apiKeys, partners } = gateway.store;
      const store: Store =
        unread === "key"
          ? { ...gateway.store, apiKeys: { ...apiKeys, byHash: never } }
          : { ...gateway.store, partners: { ...partners, version: never } };
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        await using silent = await createTestGateway({ gateway: { store } });
        const authorization = `Bearer ${key}`;
        const request = graphqlRequest({ query: "{ me { name } }" }, { authorization });
        let isAnswered = false;
        const answer = Promise.resolve(silent.gateway.fetch(request)).finally(() => {
          isAnswered = true;
        });
        while (!isAnswered) await vi.advanceTimersByTimeAsync(AUTHENTICATION_TIMEOUT_MS);
        const response = await answer;
        expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
        expect(await response.text()).toContain("STORE_UNAVAILABLE");
      } finally {
        vi.useRealTimers();
      }
    },
  );

  it("get no detail of an internal error, which is logged", async () => {
    await using gateway = await createTestGateway();
    const { key } = await addKey(gateway);
    const apiKeys = { ...gateway.store.apiKeys, byHash: () => Promise.reject(new Error("a row of table api_keys")) };
    await using broken = await createTestGateway({ gateway: { store: { ...gateway.store, apiKeys } } });
    const authorization = `Bearer ${key}`;
    const response = await broken.gateway.fetch(graphqlRequest({ query: "{ me { name } }" }, { authorization }));
    const text = await response.text();
    expect([response.status, text.includes("INTERNAL_SERVER_ERROR"), text.includes("api_keys")]).toEqual([
      500,
      true,
      false,
    ]);
    expect(broken.logged()).toContain("a row of table api_keys");
    expect(broken.logged()).not.toContain(key);
  });
});

describe("authentication by the identity provider", () => {
  it("are served, and get 503 while its keys are unavailable: the gateway starts and serves others without them", async () => {
    await using idp = await createIdentityProvider();
    await using gateway = await createTestGateway({ gateway: { identityProvider: idp.options } });
    idp.answer(503);
    const token = await idp.token(gateway.sandbox.clock.now());
    const authorization = `Bearer ${token}`;
    const response = await gateway.gateway.fetch(graphqlRequest({ query: "{ me { name } }" }, { authorization }));
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await response.text()).toContain("AUTHENTICATION_UNAVAILABLE");
    expect((await gateway.ask("{ me { name } }")).status).toBe(200);
    expect(gateway.logged()).toContain("the identity provider's keys could not be read");
    expect(gateway.logged()).not.toContain(token);

    idp.publish([idp.publicJwk]);
    gateway.sandbox.clock.advance(5_000);
    expect((await gateway.as(token).ask("{ me { name role } }")).data).toEqual({
      me: { name: "ada", role: "OPERATOR" },
    });
  });
});

describe("GET /.well-known/jwks.json", () => {
  it("is public, and may be cached for five minutes", async () => {
    await using gateway = await createTestGateway();
    const url = "http://gateway.test/.well-known/jwks.json";
    const response = await gateway.gateway.fetch(new Request(url));
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "public, max-age=300"]);
    expect(await response.json()).toEqual({ keys: [] });
    const refused = await gateway.gateway.fetch(new Request(url, { method: "POST" }));
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});
