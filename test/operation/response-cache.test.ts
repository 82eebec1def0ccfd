import { describe, expect, it } from "vitest";
import type { Caller } from "../../src/auth/caller.ts";
import type { CacheVersion } from "../../src/cache/cache-version.ts";
import { createResponseCache } from "../../src/operation/response-cache.ts";
import { createTestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

const partner = { id: "meadow" } as Caller["partner"];
const caller: Caller = {
  principalId: "key:1",
  name: "desk",
  role: "PARTNER",
  scopes: new Set(["usage:read", "stream:read"]),
  partner,
  expiresAt: 2_000_000,
};

function createCache() {
  const time = { now: 1_000_000 };
  const version = {} as CacheVersion;
  const cache = createResponseCache({
    isEnabled: true,
    version: () => version,
    usageCache: { lastEvictedUseAt: () => 0 },
    clock: () => time.now,
    lagMs: 0,
  });
  /** Returns the cached response of the caller, or stores this one. */
  const ask = (by: Caller, data: string): string => {
    const { response, store } = cache.find(by, () => "{ me { name } }");
    if (response) return response.data;
    store?.({ data, errors: [], omittedErrors: 0, points: 1 }, true);
    return data;
  };
  return { time, ask, cache };
}

/** Returns a cache that holds a response of the caller. */
function createFilledCache() {
  const world = createCache();
  for (let time = 0; time < 3; time += 1) world.ask({ ...caller }, "former");
  return world;
}

describe("response cache", () => {
  it("serves a response again to the same caller, even as another object", () => {
    const { ask, cache } = createFilledCache();
    expect(ask({ ...caller, scopes: new Set(caller.scopes) }, "new")).toBe("former");
    expect(cache.hits()).toBe(1);
  });

  it.each<[string, Partial<Caller>]>([
    ["name", { name: "other desk" }],
    ["role", { role: "ANALYST" }],
    ["partner, by any change of it", { partner: { id: "meadow" } as Caller["partner"] }],
    ["expiry", { expiresAt: 2_000_001 }],
    ["expiry, for one that never ends", { expiresAt: null }],
    ["scopes, by one more", { scopes: new Set(["usage:read", "stream:read", "token:read"]) }],
    ["scopes, by one less", { scopes: new Set(["usage:read"]) }],
    ["scopes, by as many others", { scopes: new Set(["usage:read", "token:read"]) }],
    ["scopes, by all of them", { scopes: new Set(["viewer:read", "token:read"]) }],
    ["principal", { principalId: "key:2" }],
  ])("serves no response to a caller that differs in its %s", (_what, change) => {
    const { ask, cache } = createFilledCache();
    expect(ask({ ...caller, ...change }, "new")).toBe("new");
    expect(cache.hits()).toBe(0);
  });

  it.each([
    ["stores a response of the maximum length", 200_000, 1],
    ["does not store a response that is longer by a character", 200_001, 0],
  ])("%s", (_rule, length, hits) => {
    const { ask, cache } = createCache();
    for (let time = 0; time < 4; time += 1) ask(caller, "x".repeat(length));
    expect(cache.hits()).toBe(hits);
  });

  it("serves no response with an object that has changed", async () => {
    await using gateway = await createTestGateway();
    const labels = () => gateway.ask("{ subscribeTokens(first: 3) { nodes { tokenId label } } }");
    await labels();
    await labels();
    const before = await labels();
    await gateway.ask(
      'mutation { updateSubscribeToken(input: { token: { tokenId: 5001 }, label: "renamed" }) { userErrors { code } } }',
    );
    const after = await labels();
    expect(JSON.stringify(before.data)).not.toContain("renamed");
    expect(after.data).toMatchObject({ subscribeTokens: { nodes: [{ tokenId: 5001, label: "renamed" }, {}, {}] } });
  });

  it("serves no response to a caller without access, even if another caller has just received it", async () => {
    await using gateway = await createTestGateway();
    const northwind = await onboard(gateway, "northwind-tv", ["derby-final"]);
    const kestrel = await onboard(gateway, "kestrel-media", ["derby-final"]);
    const document = "{ subscribeTokens(first: 100) { nodes { tokenId trackingId } } }";
    type Tokens = { subscribeTokens: { nodes: { tokenId: number; trackingId: string }[] } };
    const seenBy = async (ask: typeof gateway.ask) => {
      await ask(document);
      await ask(document);
      return (await ask<Tokens>(document)).data.subscribeTokens.nodes.map(({ trackingId }) => trackingId);
    };
    expect(new Set(await seenBy(gateway.ask)).size).toBeGreaterThan(2);
    expect(new Set(await seenBy(gateway.as(northwind.key).ask))).toEqual(new Set(["northwind-tv"]));
    expect(new Set(await seenBy(gateway.as(kestrel.key).ask))).toEqual(new Set(["kestrel-media"]));
  });
});
