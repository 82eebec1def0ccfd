import { describe, expect, it } from "vitest";
import { createPartnerCache } from "../../src/cache/partner-cache.ts";
import type { RegisteredPartner } from "../../src/model/partner/partner.ts";
import { createGate } from "../support/gate.ts";

const partner = (name: string): RegisteredPartner => ({
  id: "1",
  name,
  trackingIds: ["acme"],
  contact: null,
  timeZone: "UTC",
  zones: "UTC",
  currency: "EUR",
  status: "ACTIVE",
  notes: null,
  createdAt: 0,
});

/** A cache over a store whose reads a test can hold, by a clock that the test moves. */
function createCache() {
  const store = { version: 1, name: "before", calls: [] as string[], held: undefined as Promise<void> | undefined };
  const clock = { now: 0 };
  const cache = createPartnerCache(
    {
      version: async () => {
        store.calls.push("version");
        return store.version;
      },
      all: async () => {
        store.calls.push("all");
        const { name, held } = store;
        await held;
        return [partner(name)];
      },
    },
    () => clock.now,
  );
  const name = async () => (await cache.read()).byId("1")?.name;
  const write = (changed: string) => {
    store.version += 1;
    store.name = changed;
  };
  return { store, clock, cache, name, write };
}

describe("partner cache", () => {
  it("checks the version every half second, and reads the partners after a change alone", async () => {
    const { store, clock, cache, name, write } = createCache();
    expect([await name(), await name()]).toEqual(["before", "before"]);
    clock.now = 499;
    await name();
    expect(store.calls).toEqual(["version", "all"]);
    clock.now = 500;
    const { all } = await cache.read();
    expect(store.calls).toEqual(["version", "all", "version"]);
    clock.now = 999;
    write("by another gateway");
    expect((await cache.read()).all).toBe(all);
    clock.now = 1_000;
    expect(await name()).toBe("by another gateway");
  });

  it("sees a write of its own gateway at once", async () => {
    const { cache, name, write } = createCache();
    await name();
    write("after");
    cache.changed();
    expect(await name()).toBe("after");
  });

  it("does not replace partners read after a write by those that a slower check read before it", async () => {
    const { store, cache, name, write } = createCache();
    const { wait, open } = createGate();
    store.held = wait();
    const slow = name();
    await expect.poll(() => store.calls).toEqual(["version", "all"]);
    store.held = undefined;
    write("after");
    cache.changed();
    expect(await name()).toBe("after");
    open();
    expect(await slow).toBe("before");
    expect(await name()).toBe("after");
  });
});
