import { describe, expect, it } from "vitest";
import type { Caller } from "../../src/auth/caller.ts";
import type { CacheVersion } from "../../src/cache/cache-version.ts";
import { createResponseCache } from "../../src/operation/response-cache.ts";

const partner = { id: "meadow" } as Caller["partner"];
const caller: Caller = {
  principalId: "key:1",
  name: "desk",
  role: "PARTNER",
  scopes: new Set(["usage:read", "stream:read"]),
  partner,
  expiresAt: 2_000_000,
};

function createKept() {
  const time = { now: 1_000_000 };
  const known = {} as CacheVersion;
  const kept = createResponseCache({
    isKeeping: true,
    known: () => known,
    figures: { lastEvictedUseAt: () => 0 },
    clock: () => time.now,
    lagMs: 0,
  });
  /** Asks as somebody; what is not known yet is answered with this text. */
  const ask = (by: Caller, data: string): string => {
    const { answer, store } = kept.find(by, () => "{ me { name } }");
    if (answer) return answer.data;
    store?.({ data, errors: [], omittedErrors: 0, points: 1 }, true);
    return data;
  };
  return { time, ask, kept };
}

/** Asks until the answer is kept. */
function createKnown() {
  const world = createKept();
  for (let time = 0; time < 3; time += 1) world.ask({ ...caller }, "former");
  return world;
}

describe("an answer that is kept", () => {
  it("is given again to the same caller, be it another object", () => {
    const { ask, kept } = createKnown();
    expect(ask({ ...caller, scopes: new Set(caller.scopes) }, "new")).toBe("former");
    expect(kept.hits()).toBe(1);
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
  ])("is not given to one that differs in its %s", (_what, change) => {
    const { ask, kept } = createKnown();
    expect(ask({ ...caller, ...change }, "new")).toBe("new");
    expect(kept.hits()).toBe(0);
  });

  it.each([
    ["no longer than the longest is kept", 200_000, 1],
    ["longer by a character is not", 200_001, 0],
  ])("of a text %s", (_rule, length, hits) => {
    const { ask, kept } = createKept();
    for (let time = 0; time < 4; time += 1) ask(caller, "x".repeat(length));
    expect(kept.hits()).toBe(hits);
  });
});
