import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ApplicationError } from "../../src/model/errors.ts";
import {
  createIdempotencyStore,
  type IdempotencyStore,
  type IdempotentWrite,
  KEY_RETENTION_MS,
  LEASE_MS,
  SETTLE_GRACE_MS,
} from "../../src/store/idempotency.ts";
import type { IdempotencyKeyStore } from "../../src/store/idempotency-keys.ts";
import type { Store } from "../../src/store/store.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";
import { rejectionOf } from "../support/refusal.ts";

for (const { kind, isReachable } of databaseKinds) {
  describe.skipIf(!isReachable)(`idempotency keys in ${kind}`, () => {
    let database: TestDatabase;
    let store: Store;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      store = await database.open();
    });
    afterAll(() => database[Symbol.asyncDispose]());

    let operations = 0;

    /** Gateways over one store and one platform. Each platform has an operation of its own. */
    function createPlatform() {
      operations += 1;
      const operation = `create ${operations}`;
      const objects: string[] = [];
      const platform = {
        now: 1_000_000,
        objects,
        gateway: () => createIdempotencyStore(store.idempotencyKeys, () => platform.now),
        make: () => {
          objects.push(`object ${objects.length + 1}`);
          return objects.at(-1) ?? "";
        },
        write: (key: string, changes: Partial<IdempotentWrite> = {}): IdempotentWrite => ({
          caller: "operator",
          operation,
          key,
          input: key,
          fingerprint: "alike",
          creates: operation,
          perform: async () => platform.make(),
          recover: async ({ isTaken }) => {
            for (const object of objects) if (!(await isTaken(object))) return object;
            return null;
          },
          ...changes,
        }),
        /** A gateway that ends in the middle of a write, before or after the platform has made the object. */
        crash: async (gateway: IdempotencyStore, key: string, isMade: boolean) => {
          await new Promise<void>((resolve) => {
            const perform = () => {
              if (isMade) platform.make();
              resolve();
              return new Promise<never>(() => undefined);
            };
            void gateway.run(platform.write(key, { perform }));
          });
        },
      };
      return platform;
    }

    const lost = async (): Promise<never> => {
      throw new ApplicationError("OUTCOME_UNKNOWN", "the answer was lost");
    };

    it("outlive the gateway: another one gives the result of the first", async () => {
      const platform = createPlatform();
      expect(await platform.gateway().run(platform.write("a"))).toBe("object 1");
      expect(await platform.gateway().run(platform.write("a"))).toBe("object 1");
      const other = platform.gateway().run(platform.write("a", { input: "other" }));
      expect((await rejectionOf(other)).code).toBe("IDEMPOTENCY_MISMATCH");
      expect(platform.objects).toHaveLength(1);
    });

    it("are forgotten a day after their write was done", async () => {
      const platform = createPlatform();
      await platform.gateway().run(platform.write("a"));
      platform.now += KEY_RETENTION_MS;
      expect(await platform.gateway().run(platform.write("a"))).toBe("object 1");
      platform.now += 1;
      expect(await platform.gateway().knows(platform.write("a"))).toBe(false);
      expect(await platform.gateway().run(platform.write("a", { input: "other" }))).toBe("object 2");
    });

    it("that have expired are deleted, those that a gateway is at are not", async () => {
      const platform = createPlatform();
      await platform.gateway().run(platform.write("done"));
      await platform.crash(platform.gateway(), "crashed", false);
      await store.idempotencyKeys.deleteExpired(platform.now + KEY_RETENTION_MS + 1);
      platform.now -= 1;
      expect(await platform.gateway().knows(platform.write("done"))).toBe(false);
      expect(await platform.gateway().knows(platform.write("crashed"))).toBe(true);
    });

    it("say whether a write has begun, and can be forgotten when it was taken back", async () => {
      const platform = createPlatform();
      const [one, two] = [platform.gateway(), platform.gateway()];
      expect(await two.knows(platform.write("a"))).toBe(false);
      await platform.crash(one, "a", false);
      expect(await one.knows(platform.write("a"))).toBe(true);
      expect(await two.knows(platform.write("a"))).toBe(true);
      await two.forget(platform.write("a"));
      expect(await two.knows(platform.write("a"))).toBe(false);
    });

    describe("whose gateway ended in the middle of the write", () => {
      it("are another gateway's only when the lease is over, and until then a conflict that says how long", async () => {
        const platform = createPlatform();
        await platform.crash(platform.gateway(), "a", true);
        platform.now += 1_500;
        const early = await rejectionOf(platform.gateway().run(platform.write("a")));
        expect(early).toMatchObject({
          code: "CONFLICT",
          facts: { argument: "input.idempotencyKey", retryAfterSeconds: (LEASE_MS - 1_000) / 1_000 },
        });
        platform.now += LEASE_MS - 1_501;
        expect((await rejectionOf(platform.gateway().run(platform.write("a")))).code).toBe("CONFLICT");
        platform.now += 1;
        expect(await platform.gateway().run(platform.write("a"))).toBe("object 1");
        expect(platform.objects).toHaveLength(1);
      });

      it("perform again only when the cut-off request can't be carried out any more", async () => {
        const platform = createPlatform();
        await platform.crash(platform.gateway(), "a", false);
        platform.now += LEASE_MS;
        const gateway = platform.gateway();
        expect(await rejectionOf(gateway.run(platform.write("a")))).toMatchObject({
          code: "OUTCOME_UNKNOWN",
          facts: { retryAfterSeconds: SETTLE_GRACE_MS / 1_000 },
        });
        platform.now += SETTLE_GRACE_MS - 1;
        expect((await rejectionOf(platform.gateway().run(platform.write("a")))).code).toBe("OUTCOME_UNKNOWN");
        platform.now += 1;
        expect(await gateway.run(platform.write("a"))).toBe("object 1");
        expect(platform.objects).toHaveLength(1);
      });

      it("count again from a second attempt that was cut off as well", async () => {
        const platform = createPlatform();
        await rejectionOf(platform.gateway().run(platform.write("a", { perform: lost })));
        platform.now += SETTLE_GRACE_MS;
        await platform.crash(platform.gateway(), "a", false);
        platform.now += LEASE_MS;
        expect((await rejectionOf(platform.gateway().run(platform.write("a")))).code).toBe("OUTCOME_UNKNOWN");
        platform.now += SETTLE_GRACE_MS;
        expect(await platform.gateway().run(platform.write("a"))).toBe("object 1");
      });
    });

    describe("whose gateway is at the write for longer than a lease", () => {
      afterEach(() => vi.useRealTimers());

      it("stay its own, since it renews the lease until the write has ended", async () => {
        vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
        const platform = createPlatform();
        const renewals: Promise<boolean>[] = [];
        const keys: IdempotencyKeyStore = {
          ...store.idempotencyKeys,
          lease: (...lease) => {
            const renewal = store.idempotencyKeys.lease(...lease);
            renewals.push(renewal);
            return renewal;
          },
        };
        const slow = createIdempotencyStore(keys, () => platform.now);
        let answer: (made: string) => void = () => undefined;
        let result: Promise<string> = Promise.resolve("");
        await new Promise<void>((begun) => {
          const perform = () => {
            begun();
            return new Promise<string>((resolve) => {
              answer = resolve;
            });
          };
          result = slow.run(platform.write("a", { perform }));
        });
        for (let round = 1; round <= 3; round += 1) {
          platform.now += LEASE_MS - 1;
          vi.advanceTimersByTime(LEASE_MS - 1);
          expect(await Promise.all(renewals)).not.toContain(false);
          for (const key of ["a", "b"]) {
            expect((await rejectionOf(platform.gateway().run(platform.write(key)))).code).toBe("CONFLICT");
          }
        }
        answer(platform.make());
        expect(await result).toBe("object 1");
        const renewed = renewals.length;
        vi.advanceTimersByTime(LEASE_MS);
        expect(renewals).toHaveLength(renewed);
        expect(await platform.gateway().run(platform.write("a"))).toBe("object 1");
      });
    });

    describe("of writes that are alike", () => {
      it("wait for one that another gateway is at, so that neither takes the other's object", async () => {
        const platform = createPlatform();
        const [one, two] = [platform.gateway(), platform.gateway()];
        let answer: (result: string) => void = () => undefined;
        const isAt = new Promise<void>((resolve) => {
          const perform = () => {
            resolve();
            return new Promise<string>((done) => {
              answer = done;
            });
          };
          void one.run(platform.write("a", { perform })).then((result) => expect(result).toBe("object 1"));
        });
        await isAt;
        const made = platform.make();
        expect((await rejectionOf(two.run(platform.write("b")))).code).toBe("CONFLICT");
        expect(await two.run(platform.write("c", { fingerprint: "other" }))).toBe("object 2");
        answer(made);
        await expect.poll(() => two.run(platform.write("a"))).toBe("object 1");
        expect(await two.run(platform.write("b"))).toBe("object 3");
      });

      it("never share an object, even if a gateway stalls for longer than its lease", async () => {
        const platform = createPlatform();
        const [slow, fast] = [platform.gateway(), platform.gateway()];
        const perform = async () => {
          const own = platform.make();
          platform.now += LEASE_MS;
          // The answer of the fast one is lost, so that it looks for its object and finds the slow one's.
          expect(await fast.run(platform.write("b", { perform: lost }))).toBe(own);
          return own;
        };
        expect((await rejectionOf(slow.run(platform.write("a", { perform })))).code).toBe("OUTCOME_UNKNOWN");
        platform.now += SETTLE_GRACE_MS;
        expect(await slow.run(platform.write("a"))).toBe("object 2");
        expect(await fast.run(platform.write("b"))).toBe("object 1");
      });

      it("wait again for an object that was taken, from when its gateway found that out", async () => {
        const platform = createPlatform();
        const [slow, fast] = [platform.gateway(), platform.gateway()];
        const perform = async () => {
          const own = platform.make();
          platform.now += LEASE_MS + SETTLE_GRACE_MS;
          expect(await fast.run(platform.write("b", { perform: lost }))).toBe(own);
          return own;
        };
        await rejectionOf(slow.run(platform.write("a", { perform })));
        platform.now += SETTLE_GRACE_MS - 1;
        expect((await rejectionOf(platform.gateway().run(platform.write("a")))).code).toBe("OUTCOME_UNKNOWN");
        expect(platform.objects).toHaveLength(1);
        platform.now += 1;
        expect(await platform.gateway().run(platform.write("a"))).toBe("object 2");
      });

      it("may share a result that none of them makes", async () => {
        const platform = createPlatform();
        const shared = { creates: undefined, perform: async () => "all is there" };
        for (const key of ["a", "b", "a", "b"]) {
          expect(await platform.gateway().run(platform.write(key, shared))).toBe("all is there");
        }
      });

      it("release an id that the platform has issued again, as it does after a reset", async () => {
        const platform = createPlatform();
        await platform.gateway().run(platform.write("a"));
        platform.objects.length = 0;
        expect(await platform.gateway().run(platform.write("b"))).toBe("object 1");
        expect(await platform.gateway().knows(platform.write("a"))).toBe(false);
      });

      it("are begun by one of many gateways at a time", async () => {
        const platform = createPlatform();
        const ends = await Promise.allSettled(
          Array.from({ length: 8 }, (_, index) => platform.gateway().run(platform.write(`key ${index % 2}`))),
        );
        const results = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
        for (const end of ends) if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "CONFLICT" });
        expect(results.length).toBeGreaterThan(0);
        expect(new Set(results).size).toBe(platform.objects.length);
      });
    });
  });
}

describe("idempotency keys: in a folder", () => {
  it("are free at once when the gateway is started again, since no other one can be at them", async () => {
    await using database = await createTestDatabase("file");
    let now = 1_000_000;
    const write = {
      caller: "operator",
      operation: "create",
      key: "a",
      input: "a",
      fingerprint: "a",
      creates: "create",
    };
    const first = await database.open();
    await new Promise<void>((resolve) => {
      const perform = () => {
        resolve();
        return new Promise<never>(() => undefined);
      };
      void createIdempotencyStore(first.idempotencyKeys, () => now).run({
        ...write,
        perform,
        recover: async () => null,
      });
    });
    await first.close();
    const keys = (await database.open()).idempotencyKeys;
    const again = createIdempotencyStore(keys, () => now);
    const perform = async () => "made";
    expect((await rejectionOf(again.run({ ...write, perform, recover: async () => null }))).code).toBe(
      "OUTCOME_UNKNOWN",
    );
    now += SETTLE_GRACE_MS;
    expect(await again.run({ ...write, perform, recover: async () => null })).toBe("made");
  });
});

describe("idempotency keys: a write whose key cannot be stored", () => {
  it("is not performed when the key can't be written before it", async () => {
    await using database = await createTestDatabase("memory");
    const { idempotencyKeys } = await database.open();
    const refusing = {
      ...idempotencyKeys,
      begin: () => Promise.reject(new ApplicationError("STORE_UNAVAILABLE", "full")),
    };
    let attempts = 0;
    const perform = async () => `${++attempts}`;
    const write = {
      caller: "o",
      operation: "create",
      key: "a",
      input: "a",
      fingerprint: "a",
      perform,
      recover: perform,
    };
    const refusal = await rejectionOf(createIdempotencyStore(refusing, () => 1).run(write));
    expect([refusal.code, attempts]).toEqual(["STORE_UNAVAILABLE", 0]);
  });

  it("is found again when only its end could not be written", async () => {
    await using database = await createTestDatabase("memory");
    const { idempotencyKeys } = await database.open();
    const objects: string[] = [];
    const failing = {
      ...idempotencyKeys,
      finish: () => Promise.reject(new ApplicationError("STORE_UNAVAILABLE", "full")),
    };
    const keys = { ...failing };
    const write = {
      caller: "o",
      operation: "create",
      key: "a",
      input: "a",
      fingerprint: "a",
      perform: async () => {
        objects.push("made");
        return "made";
      },
      recover: async () => objects[0] ?? null,
    };
    const gateway = createIdempotencyStore(keys, () => 1);
    expect((await rejectionOf(gateway.run(write))).code).toBe("STORE_UNAVAILABLE");
    keys.finish = idempotencyKeys.finish as typeof keys.finish;
    expect(await gateway.run(write)).toBe("made");
    expect(objects).toEqual(["made"]);
  });
});
