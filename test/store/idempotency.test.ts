import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createIdempotencyStore,
  type IdempotentWrite,
  KEY_RETENTION_MS,
  SETTLE_GRACE_MS,
} from "../../src/store/idempotency.ts";
import { openStore } from "../../src/store/open-store.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { rejectionOf } from "../support/refusal.ts";

const failure = (code: "OUTCOME_UNKNOWN" | "UPSTREAM_REJECTED" | "UPSTREAM_UNAVAILABLE") =>
  new UpstreamError(code, code, { operation: "Test_Create" });

/** How one attempt ends. `LATER` is carried out only when its answer has been given up. */
type Ending = "DONE" | "LOST" | "LATER" | "NEVER" | "REFUSED";

/** One store serves all worlds. Each world has operations and fingerprints of its own. */
const time = { now: 1_000_000 };
const { idempotencyKeys } = await openStore({ kind: "memory" });
const store = createIdempotencyStore(idempotencyKeys, () => time.now);
let worlds = 0;

/** A platform that makes objects, but loses answers as it is told; the store in front of it; and the clock over both. */
function createWorld(...endings: readonly Ending[]) {
  worlds += 1;
  const name = `create in world ${worlds}`;
  const left = [...endings];
  const objects: { readonly id: number; readonly fingerprint: string; readonly madeAt: number }[] = [];
  let attempts = 0;
  const world = {
    get now() {
      return time.now;
    },
    set now(now) {
      time.now = now;
    },
    /** Whether the platform can be asked for its objects. */
    isReadable: true,
    /** When a request that was given up is carried out after all. */
    delayMs: SETTLE_GRACE_MS - 1,
    objects,
    attempts: () => attempts,
    visible: () => objects.filter(({ madeAt }) => madeAt <= world.now),
    run: (key: string, more: Partial<IdempotentWrite> & { fingerprint?: string } = {}) =>
      store.run(write(key, more)).then(Number),
  };

  function write(key: string, more: Partial<IdempotentWrite> & { fingerprint?: string } = {}): IdempotentWrite {
    const fingerprint = more.fingerprint ?? "alike";
    const make = (madeAt: number) => {
      objects.push({ id: objects.length + 1, fingerprint, madeAt });
      return objects.length;
    };
    return {
      caller: "operator",
      operation: name,
      key,
      input: { fingerprint },
      fingerprint,
      creates: name,
      perform: async () => {
        attempts += 1;
        await Promise.resolve();
        const ending = left.shift() ?? "DONE";
        if (ending === "REFUSED") throw failure("UPSTREAM_REJECTED");
        const id = ending === "NEVER" ? 0 : make(ending === "LATER" ? world.now + world.delayMs : world.now);
        if (ending === "DONE") return String(id);
        if (ending === "LOST") world.isReadable = false;
        throw failure("OUTCOME_UNKNOWN");
      },
      recover: async ({ begunAt, isTaken }) => {
        await Promise.resolve();
        if (!world.isReadable) throw failure("UPSTREAM_UNAVAILABLE");
        const alike = world.visible().filter((made) => made.fingerprint === fingerprint && made.madeAt >= begunAt);
        for (const { id } of alike) if (!(await isTaken(String(id)))) return String(id);
        return null;
      },
      ...more,
    };
  }
  return world;
}

describe("idempotency store: a key", () => {
  it("returns the first result: the write is made once, however often it is requested", async () => {
    const world = createWorld();
    expect([await world.run("a"), await world.run("a"), await world.run("b")]).toEqual([1, 1, 2]);
    expect(world.attempts()).toBe(2);
  });

  it("shares one attempt among concurrent requests", async () => {
    const world = createWorld();
    expect(await Promise.all([world.run("a"), world.run("a"), world.run("a")])).toEqual([1, 1, 1]);
    expect(world.attempts()).toBe(1);
  });

  it("is its caller's and its operation's: others do not meet it", async () => {
    const world = createWorld();
    const others = [{ caller: "another" }, { operation: "rotate" }, { caller: 'operator","create' }];
    expect(await world.run("a")).toBe(1);
    for (const [index, other] of others.entries()) expect(await world.run("a", other)).toBe(index + 2);
  });

  it("with other input is refused, be the first one done or under way", async () => {
    const world = createWorld();
    const first = world.run("a", { input: { label: "x" } });
    const mismatch = { code: "IDEMPOTENCY_MISMATCH", facts: { argument: "input.idempotencyKey" } };
    expect(await rejectionOf(world.run("a", { input: { label: "y" } }))).toMatchObject(mismatch);
    await first;
    expect(await rejectionOf(world.run("a", { input: { label: "x", more: null } }))).toMatchObject(mismatch);
    expect(world.attempts()).toBe(1);
  });

  it("takes the same input in any order of its fields, and what is undefined for absent", async () => {
    const world = createWorld();
    expect(await world.run("a", { input: { x: 1, list: [{ p: "q", r: 1 }, "s"] } })).toBe(1);
    expect(await world.run("a", { input: { list: [{ r: 1, p: "q" }, "s"], gone: undefined, x: 1 } })).toBe(1);
    expect((await rejectionOf(world.run("a", { input: { x: 1, list: ["s", { p: "q", r: 1 }] } }))).code).toBe(
      "IDEMPOTENCY_MISMATCH",
    );
  });

  it("is free after the write was refused: it may be used again, with other input", async () => {
    const world = createWorld("REFUSED");
    expect((await rejectionOf(world.run("a"))).code).toBe("UPSTREAM_REJECTED");
    expect(await world.run("a", { fingerprint: "other" })).toBe(1);
  });

  it("lets the refusal be seen by all who share the attempt", async () => {
    const world = createWorld("REFUSED");
    const refusals = await Promise.all([rejectionOf(world.run("a")), rejectionOf(world.run("a"))]);
    expect(refusals.map(({ code }) => code)).toEqual(["UPSTREAM_REJECTED", "UPSTREAM_REJECTED"]);
    expect(world.attempts()).toBe(1);
  });

  it("is forgotten after a day, and not before", async () => {
    const world = createWorld();
    await world.run("a");
    world.now += KEY_RETENTION_MS;
    expect(await world.run("a")).toBe(1);
    world.now += 1;
    expect(await world.run("a")).toBe(2);
  });
});

describe("idempotency store: expired keys", () => {
  it("are deleted when a key is used, at most once in a while, and others are not", async () => {
    const deleted: number[] = [];
    const clock = { now: time.now + 10 * KEY_RETENTION_MS };
    const watched = {
      ...idempotencyKeys,
      deleteExpired: async (now: number) => {
        deleted.push(now);
        await idempotencyKeys.deleteExpired(now);
      },
    };
    const swept = createIdempotencyStore(watched, () => clock.now);
    const run = (key: string) => {
      const names = { caller: "operator", operation: "sweep", key, input: key, fingerprint: key };
      return swept.run({ ...names, perform: async () => key, recover: async () => null } as IdempotentWrite);
    };
    await run("first");
    await run("second");
    expect(deleted).toEqual([clock.now]);
    clock.now += KEY_RETENTION_MS + 1;
    await run("third");
    expect(deleted).toEqual([clock.now - KEY_RETENTION_MS - 1, clock.now]);
  });
});

describe("idempotency store: a lost response", () => {
  it("is repaired at once when the object can be seen", async () => {
    const world = createWorld("LATER");
    world.delayMs = 0;
    expect([await world.run("a"), await world.run("a")]).toEqual([1, 1]);
    expect(world.attempts()).toBe(1);
  });

  it("is reported as lost when the object can't be looked for, and repaired when the key is repeated", async () => {
    const world = createWorld("LOST");
    expect((await rejectionOf(world.run("a"))).code).toBe("OUTCOME_UNKNOWN");
    world.isReadable = true;
    expect(await world.run("a")).toBe(1);
    expect(world.attempts()).toBe(1);
  });

  it("leaves the key in doubt while the object can't be looked for, however often it is repeated", async () => {
    const world = createWorld("LOST");
    await rejectionOf(world.run("a"));
    for (const wait of [0, SETTLE_GRACE_MS, SETTLE_GRACE_MS]) {
      world.now += wait;
      expect((await rejectionOf(world.run("a"))).code).toBe("UPSTREAM_UNAVAILABLE");
    }
    expect((await rejectionOf(world.run("a", { input: "other" }))).code).toBe("IDEMPOTENCY_MISMATCH");
    world.isReadable = true;
    expect(await world.run("a")).toBe(1);
    expect(world.attempts()).toBe(1);
  });

  it("is waited for until the request can no longer be carried out, and the error says how long that is", async () => {
    const world = createWorld("NEVER");
    await rejectionOf(world.run("a"));
    world.now += 3_500;
    expect(await rejectionOf(world.run("a"))).toMatchObject({
      code: "OUTCOME_UNKNOWN",
      facts: { argument: "input.idempotencyKey", retryAfterSeconds: 7 },
    });
    expect(world.attempts()).toBe(1);
    world.now += SETTLE_GRACE_MS - 3_501;
    expect((await rejectionOf(world.run("a"))).code).toBe("OUTCOME_UNKNOWN");
    world.now += 1;
    expect(await world.run("a")).toBe(1);
    expect(world.attempts()).toBe(2);
  });

  it("of a request that is carried out late is repaired, and not made again", async () => {
    const world = createWorld("LATER");
    await rejectionOf(world.run("a"));
    world.now += SETTLE_GRACE_MS;
    expect(await world.run("a")).toBe(1);
    expect(world.objects).toHaveLength(1);
  });

  it("of a second attempt is waited for just as long, counted from when it was lost", async () => {
    const world = createWorld("NEVER", "LATER");
    await rejectionOf(world.run("a"));
    world.now += SETTLE_GRACE_MS;
    expect((await rejectionOf(world.run("a"))).code).toBe("OUTCOME_UNKNOWN");
    world.now += SETTLE_GRACE_MS - 2;
    expect((await rejectionOf(world.run("a"))).code).toBe("OUTCOME_UNKNOWN");
    world.now += 2;
    expect(await world.run("a")).toBe(1);
    expect(world.objects).toHaveLength(1);
  });

  it("of an attempt that took long is counted from its end", async () => {
    const world = createWorld();
    const perform = async () => {
      world.now += 2 * SETTLE_GRACE_MS;
      throw failure("OUTCOME_UNKNOWN");
    };
    await rejectionOf(world.run("a", { perform }));
    expect((await rejectionOf(world.run("a"))).code).toBe("OUTCOME_UNKNOWN");
    expect(world.attempts()).toBe(0);
  });

  it("passes the state before the first attempt to the search for the lost result", async () => {
    const world = createWorld("NEVER");
    const seen: unknown[] = [];
    const recover: IdempotentWrite["recover"] = async ({ begunAt, before }) => {
      seen.push([begunAt, before]);
      return null;
    };
    await rejectionOf(world.run("a", { before: "old secret", recover }));
    world.now += 5;
    await rejectionOf(world.run("a", { before: "newer secret", recover }));
    expect(seen).toEqual([
      [world.now - 5, "old secret"],
      [world.now - 5, "old secret"],
    ]);
  });

  it("that then turns out to be a refusal frees the key", async () => {
    const world = createWorld("NEVER", "REFUSED");
    await rejectionOf(world.run("a"));
    world.now += SETTLE_GRACE_MS;
    expect((await rejectionOf(world.run("a"))).code).toBe("UPSTREAM_REJECTED");
    expect(await world.run("a", { fingerprint: "other" })).toBe(1);
  });
});

describe("idempotency store: writes with equal settings", () => {
  it("run one after the other, and others beside them", async () => {
    const world = createWorld();
    const order: string[] = [];
    const perform = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
      return String(order.length);
    };
    await Promise.all([
      world.run("a", { perform: perform("a") }),
      world.run("b", { perform: perform("b") }),
      world.run("c", { perform: perform("c"), fingerprint: "other" }),
    ]);
    expect(order.filter((event) => !event.startsWith("c"))).toEqual(["a begins", "a ends", "b begins", "b ends"]);
    expect(order.indexOf("c begins")).toBeLessThan(order.indexOf("a ends"));
  });

  it("claim no object of another key", async () => {
    const world = createWorld("NEVER", "DONE");
    await rejectionOf(world.run("a"));
    expect(await world.run("b")).toBe(1);
    expect((await rejectionOf(world.run("a"))).code).toBe("OUTCOME_UNKNOWN");
    world.now += SETTLE_GRACE_MS;
    expect([await world.run("a"), await world.run("b")]).toEqual([2, 1]);
  });

  const endings = fc.array(fc.constantFrom<Ending>("DONE", "LOST", "LATER", "NEVER", "REFUSED"), { maxLength: 12 });
  const steps = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ key: fc.constantFrom("a", "b", "c") }) },
      { weight: 1, arbitrary: fc.record({ wait: fc.integer({ min: 0, max: 6_000 }) }) },
      { weight: 1, arbitrary: fc.constant({ repair: true }) },
    ),
    { maxLength: 20 },
  );
  /** Sequences of each property; the drill `keys` runs more. */
  const RUNS = Number(process.env["KEY_SEQUENCES"] ?? 100);
  const delays = fc.integer({ min: 0, max: SETTLE_GRACE_MS - 1 });

  /** Lets keys be asked for in any order while answers are lost, and then repeats each until it is answered. */
  async function play(
    lost: readonly Ending[],
    all: readonly ({ key: string } | { wait: number } | { repair: boolean })[],
    delayMs: number,
    fingerprintOf: (key: string) => string,
  ) {
    const world = createWorld(...lost);
    world.delayMs = delayMs;
    const answers = new Map<string, Set<number>>([
      ["a", new Set()],
      ["b", new Set()],
      ["c", new Set()],
    ]);
    const asking: Promise<unknown>[] = [];
    const ask = async (key: string) => {
      const answer = await world.run(key, { fingerprint: fingerprintOf(key) }).catch(() => null);
      if (answer !== null) answers.get(key)?.add(answer);
      return answer;
    };
    for (const step of all) {
      if ("key" in step) asking.push(ask(step.key));
      else await Promise.all(asking);
      if ("wait" in step) world.now += step.wait;
      if ("repair" in step) world.isReadable = true;
    }
    await Promise.all(asking);
    for (const key of answers.keys()) {
      for (let tries = 0; (await ask(key)) === null; tries += 1) {
        expect(tries).toBeLessThan(30);
        world.now += SETTLE_GRACE_MS;
        world.isReadable = true;
      }
    }
    world.now += SETTLE_GRACE_MS;
    return { world, results: [...answers.values()].map((given) => [...given]) };
  }

  it("never share an object, and each key has one result for ever, whatever is lost", async () => {
    await fc.assert(
      fc.asyncProperty(endings, steps, delays, async (lost, all, delayMs) => {
        const { results } = await play(lost, all, delayMs, () => "alike");
        for (const given of results) expect(given).toHaveLength(1);
        expect(new Set(results.flat()).size).toBe(results.length);
      }),
      { numRuns: RUNS },
    );
  });

  it("are the only ones that can be mistaken: without one, every created object belongs to a key", async () => {
    await fc.assert(
      fc.asyncProperty(endings, steps, delays, async (lost, all, delayMs) => {
        const { world, results } = await play(lost, all, delayMs, (key) => key);
        expect(
          world
            .visible()
            .map(({ id }) => [id])
            .sort(),
        ).toEqual(results.sort());
      }),
      { numRuns: RUNS },
    );
  });
});
