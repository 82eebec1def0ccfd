import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";

/** Longer than any test. */
const LONG_MS = 600_000;

for (const { kind, isReachable } of databaseKinds) {
  describe.skipIf(!isReachable)(`leases over ${kind}`, () => {
    let database: TestDatabase;
    let store: Store;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      store = await database.open();
    });
    afterAll(() => database[Symbol.asyncDispose]());

    it("are held by one gateway until they are released", async () => {
      const lease = await store.leases.take("released", "a", LONG_MS);
      expect(lease).toEqual({ name: "released", epoch: 1 });
      if (!lease) return;
      expect(await store.leases.take("released", "b", LONG_MS)).toBeNull();
      expect(await store.leases.isHeld("released")).toBe(true);
      await store.leases.release(lease);
      expect(await store.leases.isHeld("released")).toBe(false);
      expect(await store.leases.take("released", "b", LONG_MS)).toEqual({ name: "released", epoch: 2 });
    });

    it("pass to another gateway when they expire, and the former holder can neither renew nor release them", async () => {
      const paused = await store.leases.take("expired", "a", 0);
      const taken = await store.leases.take("expired", "b", LONG_MS);
      expect([paused?.epoch, taken?.epoch]).toEqual([1, 2]);
      if (!paused || !taken) return;
      expect(await store.leases.renew(paused, LONG_MS)).toBe(false);
      await store.leases.release(paused);
      expect(await store.leases.take("expired", "c", LONG_MS)).toBeNull();
      expect(await store.leases.renew(taken, LONG_MS)).toBe(true);
    });

    it("that have expired are not renewed, even if nobody has taken them", async () => {
      const lease = await store.leases.take("late", "a", 0);
      if (!lease) throw new Error("a free lease was refused");
      expect(await store.leases.renew(lease, LONG_MS)).toBe(false);
      expect(await store.leases.isHeld("late")).toBe(false);
    });

    it("are independent of one another", async () => {
      expect(await store.leases.take("one", "a", LONG_MS)).not.toBeNull();
      expect(await store.leases.take("another", "a", LONG_MS)).not.toBeNull();
    });

    it("are given to one of many gateways that ask at the same time", async () => {
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, index) => store.leases.take("contended", `gateway ${index}`, LONG_MS)),
      );
      expect(taken.filter((lease) => lease !== null)).toEqual([{ name: "contended", epoch: 1 }]);
    });
  });
}

describe("leases over file", () => {
  it("end with the gateway: a folder belongs to one process", async () => {
    await using database = await createTestDatabase("file");
    const first = await database.open();
    await first.leases.take("job", "a", LONG_MS);
    await first.close();
    const second = await database.open();
    expect(await second.leases.take("job", "b", LONG_MS)).toEqual({ name: "job", epoch: 2 });
  });
});
