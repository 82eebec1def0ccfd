import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPartnerWork, MAX_WAIT_MS, PARTNER_LEASE_MS } from "../../src/store/partner-work.ts";
import type { Store } from "../../src/store/store.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";
import { rejectionOf } from "../support/refusal.ts";

for (const { kind, isReachable } of databaseKinds) {
  describe.skipIf(!isReachable)(`work on a partner over ${kind}`, () => {
    let database: TestDatabase;
    let store: Store;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      store = await database.open();
    });
    afterAll(() => database[Symbol.asyncDispose]());

    let partners = 0;

    /** Gateways whose pauses take no time; what happens in a pause is told by the test. */
    function createWorld() {
      partners += 1;
      const world = {
        partner: `partner ${partners}`,
        now: 1_000_000,
        pauses: [] as number[],
        inPause: async () => undefined as unknown,
        gateway: () =>
          createPartnerWork(
            store.partnerLeases,
            () => world.now,
            async (ms) => {
              world.pauses.push(ms);
              await world.inPause();
            },
          ),
      };
      return world;
    }

    it("is done by one gateway at a time: the other waits until it is over", async () => {
      const world = createWorld();
      const order: string[] = [];
      let end: () => void = () => undefined;
      const first = world.gateway().alone(world.partner, async () => {
        order.push("first begins");
        await new Promise<void>((resolve) => {
          end = resolve;
        });
        order.push("first ends");
      });
      world.inPause = async () => {
        end();
        await first;
      };
      await expect.poll(() => order).toEqual(["first begins"]);
      await world.gateway().alone(world.partner, async () => order.push("second"));
      expect(order).toEqual(["first begins", "first ends", "second"]);
    });

    it("is a conflict if the lease outlasts the longest wait", async () => {
      const world = createWorld();
      await world.gateway().alone(world.partner, async () => {
        const refusal = await rejectionOf(world.gateway().alone(world.partner, async () => undefined));
        expect(refusal).toMatchObject({ code: "CONFLICT", facts: { retryAfterSeconds: PARTNER_LEASE_MS / 1_000 } });
      });
      const waited = world.pauses.reduce((sum, ms) => sum + ms, 0);
      expect(waited).toBeGreaterThanOrEqual(MAX_WAIT_MS);
      expect(waited).toBeLessThan(MAX_WAIT_MS + 1_000);
      expect(await world.gateway().alone(world.partner, async () => "free")).toBe("free");
    });

    it("is free once the lease of a gateway that ended has expired, and not before", async () => {
      const world = createWorld();
      await store.partnerLeases.take(world.partner, "dead", world.now, world.now + PARTNER_LEASE_MS);
      world.now += PARTNER_LEASE_MS - 1;
      expect((await rejectionOf(world.gateway().alone(world.partner, async () => undefined))).code).toBe("CONFLICT");
      world.now += 1;
      expect(await world.gateway().alone(world.partner, async () => "free")).toBe("free");
    });

    it("fails when another gateway has taken the partner, within a transaction too, and then writes nothing", async () => {
      const world = createWorld();
      await world.gateway().alone(world.partner, async (lease) => {
        await lease.assertHeld();
        await store.transaction((tables) => lease.assertHeld(tables));
        world.now += PARTNER_LEASE_MS + 1;
        await world.gateway().alone(world.partner, async () => undefined);
        expect((await rejectionOf(lease.assertHeld())).code).toBe("CONFLICT");
        const write = store.transaction(async (tables) => {
          await tables.partnerLeases.take(`${world.partner} written`, "nobody", 1, Number.MAX_SAFE_INTEGER);
          await lease.assertHeld(tables);
        });
        expect((await rejectionOf(write)).code).toBe("CONFLICT");
        expect(await store.partnerLeases.take(`${world.partner} written`, "next", 1, 2)).toBe(1);
      });
    });

    it("frees the partner when it fails", async () => {
      const world = createWorld();
      const failing = world.gateway().alone(world.partner, async () => {
        throw new Error("failed");
      });
      await expect(failing).rejects.toThrow("failed");
      expect(await world.gateway().alone(world.partner, async () => "free")).toBe("free");
      expect(world.pauses).toEqual([]);
    });
  });
}
