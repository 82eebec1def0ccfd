import { describe, expect, it } from "vitest";
import { createUsageCache, type UsageCache } from "../../src/cache/usage-cache.ts";
import { UsageReader } from "../../src/cache/usage-reader.ts";
import type { Measured } from "../../src/model/usage/measured.ts";
import type { CancellationSignal } from "../../src/primitives/cancellation.ts";
import { Deferred } from "../../src/primitives/deferred.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";

const at = (time: string) => Date.parse(`2026-03-18T${time}Z`);
/** One minute, in milliseconds. */
const LAG_MS = 60_000;
const down = () => new UpstreamError("UPSTREAM_UNAVAILABLE", "down", { operation: "test", status: 503 });

/** A cache over a source that numbers its readings and can be told to fail. */
function createSource(maxBytes = 1e6) {
  const source = {
    now: at("10:20:00"),
    /** Milliseconds by which the platform's clock was set. */
    setBy: 0,
    readings: [] as string[][],
    failure: null as Error | null,
    held: null as Promise<void> | null,
    isAbandoned: false,
  };
  const cache = createUsageCache({
    maxBytes,
    now: () => source.now + source.setBy,
    monotonicMs: () => source.now,
    lagMs: LAG_MS,
    isAbandoned: () => source.isAbandoned,
  });
  const queryOf = (scope: string) => ({ scope, operation: "total", window: { from: 0, to: 1 }, resolution: null });
  const call = (names: readonly string[]) => async (signal: CancellationSignal) => {
    const number = source.readings.push([...names]);
    await source.held;
    if (signal.aborted) throw signal.reason;
    if (source.failure) throw source.failure;
    return new Map(names.map((name) => [name, `${name} ${number}`]));
  };
  const read = async (names: readonly string[], by: UsageReader, scope: string) => {
    const requested = new Map(names.map((name) => [name, new Deferred<Measured<string>>()]));
    void cache.of<string>(queryOf(scope)).read(names, call(names), by, requested);
    return Promise.all([...requested.values()].map(({ promise }) => promise));
  };
  const load = async (name: string, by: UsageReader = reader(), scope = "account") => {
    const found = cache.of<string>(queryOf(scope)).find(name, by);
    return found === undefined ? (await read([name], by, scope))[0] : found;
  };
  const ask = async (...asked: Parameters<typeof load>) => (await load(...asked))?.value;
  /** Reads ahead what is hot, as the gateway does every few seconds. */
  const refreshHot = async () => {
    for (const { query, names } of cache.hot()) {
      await cache.of<string>(query).read(names, call(names), reader(), new Map());
    }
  };
  return { source, cache, ask, load, read, refreshHot };
}

function reader(): UsageReader & { readonly client: AbortController; readonly stale: number[] } {
  const client = new AbortController();
  const stale: number[] = [];
  return Object.assign(new UsageReader(client.signal, (asOf) => stale.push(asOf)), { client, stale });
}

const bytesOf = (cache: UsageCache) => cache.stats().bytes;

describe("usage cache: an entry", () => {
  it("is read once until the quarter hour, and again after it", async () => {
    const { source, ask } = createSource();
    expect(await ask("a")).toBe("a 1");
    source.now = at("10:29:59");
    expect(await ask("a")).toBe("a 1");
    source.now = at("10:30:00");
    expect(await ask("a")).toBe("a 2");
  });

  it("read just after a quarter hour may be older than it, and is read again a minute later", async () => {
    const { source, ask } = createSource();
    source.now = at("10:30:10");
    expect(await ask("a")).toBe("a 1");
    source.now = at("10:30:59");
    expect(await ask("a")).toBe("a 1");
    source.now = at("10:31:00");
    expect(await ask("a")).toBe("a 2");
    source.now = at("10:44:59");
    expect(await ask("a")).toBe("a 2");
  });

  it("is read once for concurrent readers", async () => {
    const { source, ask, cache } = createSource();
    expect(await Promise.all([ask("a"), ask("a"), ask("a")])).toEqual(["a 1", "a 1", "a 1"]);
    expect(source.readings).toEqual([["a"]]);
    expect(cache.stats()).toMatchObject({ misses: 1, joined: 2, hits: 0 });
  });

  it("is not joined while the circuit breaker is open: later readers fail at once", async () => {
    const { source, ask, cache } = createSource();
    const held = new Deferred<void>();
    source.held = held.promise;
    source.isAbandoned = true;
    const probe = ask("a");
    source.held = null;
    source.failure = down();
    await expect(ask("a")).rejects.toThrow("down");
    expect(cache.stats()).toMatchObject({ misses: 2, joined: 0 });
    source.failure = null;
    held.resolve();
    expect(await probe).toBe("a 1");
  });

  it("is as fresh as the call was when it was sent, for readers who join and from the cache", async () => {
    const { source, load } = createSource();
    let release = () => {};
    source.held = new Promise((resolve) => {
      release = resolve;
    });
    source.now = at("10:59:59") + 900;
    const first = load("a");
    source.now = at("11:01:01");
    const joined = load("a");
    release();
    expect(await Promise.all([first, joined])).toMatchObject([
      { value: "a 1", freshUntil: at("10:45:00") },
      { value: "a 1", freshUntil: at("10:45:00") },
    ]);
    source.held = null;
    expect(await load("a")).toMatchObject({ value: "a 2", freshUntil: at("11:00:00") });
    source.now = at("11:15:59");
    expect(await load("a")).toMatchObject({ value: "a 3", freshUntil: at("11:00:00") });
    source.now = at("12:10:00");
    source.failure = down();
    expect(await load("a")).toMatchObject({ value: "a 3", freshUntil: at("11:00:00") });
  });

  it("is never replaced by the result of a call that started earlier", async () => {
    const { source, load } = createSource();
    const held = new Deferred<void>();
    source.held = held.promise;
    const slow = load("a");
    source.held = null;
    source.isAbandoned = true;
    source.now = at("10:46:00");
    expect(await load("a")).toMatchObject({ value: "a 2", freshUntil: at("10:45:00") });
    held.resolve();
    expect(await slow).toMatchObject({ value: "a 1", freshUntil: at("10:15:00") });
    expect(await load("a")).toMatchObject({ value: "a 2", freshUntil: at("10:45:00") });
  });

  it("is as fresh as its call in a cache of size 0", async () => {
    const { source, load } = createSource(0);
    source.now = at("11:00:59");
    expect(await load("a")).toMatchObject({ freshUntil: at("10:45:00") });
    source.now = at("11:01:00");
    expect(await load("a")).toMatchObject({ freshUntil: at("11:00:00") });
  });

  it("that is read ahead is shared with readers who join", async () => {
    const { source, ask, refreshHot } = createSource();
    for (let time = 0; time < 3; time += 1) await ask("a");
    source.now = at("10:31:00");
    const read = refreshHot();
    expect(await Promise.all([ask("a"), ask("a")])).toEqual(["a 2", "a 2"]);
    await read;
    expect(source.readings).toHaveLength(2);
  });

  it("of one scope is never served to another", async () => {
    const { ask } = createSource();
    expect(await ask("a", reader(), "partner:1")).toBe("a 1");
    expect(await ask("a", reader(), "partner:2")).toBe("a 2");
    expect(await ask("a", reader(), "partner:1")).toBe("a 1");
  });

  it("that could not be read fails the readers who wait, and no later one", async () => {
    const { source, ask } = createSource();
    source.failure = down();
    const outcomes = await Promise.allSettled([ask("a"), ask("a")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    source.failure = null;
    expect(await ask("a")).toBe("a 2");
  });

  it("is read while a reader waits, and its call is cancelled when the last one leaves", async () => {
    const { source, ask } = createSource();
    let release = () => {};
    source.held = new Promise((resolve) => {
      release = resolve;
    });
    const [first, second, third] = [reader(), reader(), reader()];
    const [one, two] = [ask("a", first), ask("a", second)];
    first.client.abort();
    release();
    expect(await Promise.all([one, two])).toEqual(["a 1", "a 1"]);
    source.held = new Promise((resolve) => {
      release = resolve;
    });
    const alone = ask("b", third);
    third.client.abort();
    release();
    await expect(alone).rejects.toThrow();
    source.held = null;
    expect(await ask("b")).toBe("b 3");
  });

  it("is served stale while the platform is down, with the time at which it was read", async () => {
    const { source, ask } = createSource();
    await ask("a");
    source.now = at("10:31:00");
    source.failure = down();
    const [first, second] = [reader(), reader()];
    expect(await ask("a", first)).toBe("a 1");
    expect(first.stale).toEqual([at("10:20:00")]);
    // For moments the platform is left alone.
    expect(await ask("a", second)).toBe("a 1");
    expect(second.stale).toEqual([at("10:20:00")]);
    expect(source.readings).toHaveLength(2);
    source.now = at("10:31:02");
    source.failure = null;
    const third = reader();
    expect(await ask("a", third)).toBe("a 3");
    expect(third.stale).toEqual([]);
  });

  it("is not served stale when the platform rejects the request, or after a day", async () => {
    const { source, ask } = createSource();
    await ask("a");
    source.now = at("10:31:00");
    source.failure = new UpstreamError("UPSTREAM_REJECTED", "no", { operation: "test", status: 400 });
    await expect(ask("a")).rejects.toThrow("no");
    source.failure = down();
    source.now = at("10:20:00") + 86_400_001;
    await expect(ask("a")).rejects.toThrow("down");
  });

  it.each([-3_600_000, 3_600_000])(
    "is stale by the monotonic clock, whatever the clock is set to: %d ms",
    async (setBy) => {
      const { source, ask } = createSource();
      await ask("a");
      source.now = at("10:31:00");
      source.failure = down();
      expect(await ask("a")).toBe("a 1");
      source.setBy = setBy;
      // For a second the platform is left alone, and not for an hour.
      source.now = at("10:31:00") + 999;
      const [early, late, last, anew] = [reader(), reader(), reader(), reader()];
      expect(await ask("a", early)).toBe("a 1");
      expect(source.readings).toHaveLength(2);
      source.now = at("10:31:01");
      expect(await ask("a", late)).toBe("a 1");
      expect(source.readings).toHaveLength(3);
      source.now = at("10:20:00") + 86_400_000;
      expect(await ask("a", last)).toBe("a 1");
      for (const { stale } of [early, late, last]) expect(stale).toEqual([at("10:20:00")]);
      source.now = at("10:20:00") + 86_400_001 + 1_000;
      await expect(ask("a")).rejects.toThrow("down");
      source.failure = null;
      expect(await ask("a", anew)).toBe("a 6");
      expect(await ask("a", anew)).toBe("a 6");
      expect(anew.stale).toEqual([]);
    },
  );

  it("read after the clock was set back replaces the one before", async () => {
    const { source, ask } = createSource();
    await ask("a");
    source.now = at("10:31:00");
    source.failure = down();
    expect(await ask("a")).toBe("a 1");
    source.failure = null;
    source.setBy = -3_600_000;
    source.now = at("10:31:01");
    expect(await ask("a")).toBe("a 3");
    expect(await ask("a")).toBe("a 3");
  });

  it("that is hot is read ahead at the quarter hour", async () => {
    const { source, ask, read, refreshHot } = createSource();
    await read(["hot", "cold", "warm"], reader(), "account");
    for (const name of ["hot", "hot", "warm", "warm", "cold"]) await ask(name);
    await refreshHot();
    expect(source.readings).toHaveLength(1);
    source.now = at("10:29:59") + 999;
    await refreshHot();
    expect(source.readings).toHaveLength(1);
    source.now = at("10:30:00");
    await refreshHot();
    expect(source.readings.map((names) => names.sort())).toEqual([
      ["cold", "hot", "warm"],
      ["hot", "warm"],
    ]);
    expect(await ask("hot")).toBe("hot 2");
    // What nobody asks for any more cools down.
    source.now = at("10:31:00");
    await refreshHot();
    source.now = at("10:46:00");
    await refreshHot();
    expect(source.readings).toHaveLength(3);
    source.now = at("11:01:00");
    await refreshHot();
    expect(source.readings).toHaveLength(3);
  });
});

describe("usage cache", () => {
  it("stays within its size, and evicts the least recently used", async () => {
    const { ask, cache } = createSource(2_000);
    for (let index = 0; index < 200; index += 1) await ask(`name-${index}`);
    expect(bytesOf(cache)).toBeLessThanOrEqual(2_000);
    expect(await ask("name-199")).toBe("name-199 200");
    expect(await ask("name-0")).toBe("name-0 201");
  });

  it("counts the characters of names in its size", async () => {
    const bytesFor = async (name: string) => {
      const { ask, cache } = createSource();
      await ask(name);
      return bytesOf(cache);
    };
    expect((await bytesFor("n".repeat(128))) - (await bytesFor("n"))).toBe(127);
  });

  it("keeps a name that is used often, whatever the other names of its query", async () => {
    const { source, ask } = createSource(4_000);
    for (let other = 0; other < 30; other += 1) {
      await ask("often", undefined, "one scope");
      await ask(`seldom ${other}`, undefined, "another scope");
    }
    expect(source.readings.filter(([name]) => name === "often")).toHaveLength(1);
  });

  it("of size 0 caches nothing, but reads once for concurrent readers", async () => {
    const { ask, source } = createSource(0);
    await Promise.all([ask("a"), ask("a")]);
    await ask("a");
    expect(source.readings).toHaveLength(2);
  });
});
