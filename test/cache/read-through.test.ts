import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createKeyedReadThrough, createReadThrough } from "../../src/cache/read-through.ts";
import { ApplicationError } from "../../src/model/errors.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Load that counts its calls, and fails when `fails` is set. */
function counted() {
  const state = { loads: 0, fails: false };
  const load = async () => {
    state.loads += 1;
    if (state.fails) throw new ApplicationError("UPSTREAM_UNAVAILABLE", "down");
    return `load ${state.loads}`;
  };
  return { state, load };
}

describe("read-through cache", () => {
  it("loads once for concurrent reads, and again after the TTL", async () => {
    const { load } = counted();
    const cache = createReadThrough(load, { ttlMs: 1_000 });
    expect(await Promise.all([cache.read(), cache.read(), cache.read()])).toEqual(["load 1", "load 1", "load 1"]);
    vi.advanceTimersByTime(990);
    expect(await cache.read()).toBe("load 1");
    vi.advanceTimersByTime(20);
    expect(await cache.read()).toBe("load 2");
  });

  it("loads once with an infinite TTL", async () => {
    const { load } = counted();
    const cache = createReadThrough(load, { ttlMs: Number.POSITIVE_INFINITY });
    await cache.read();
    vi.advanceTimersByTime(365 * 86_400_000);
    expect(await cache.read()).toBe("load 1");
  });

  it("does not cache a failure", async () => {
    const { state, load } = counted();
    const cache = createReadThrough(load, { ttlMs: 1_000 });
    state.fails = true;
    await expect(Promise.all([cache.read(), cache.read()])).rejects.toThrow("down");
    state.fails = false;
    expect(await cache.read()).toBe("load 2");
  });

  it("serves the old value while loads fail, retries once a second, and reports the age", async () => {
    const { state, load } = counted();
    const ages: number[] = [];
    const cache = createReadThrough(load, { ttlMs: 1_000 });
    const old = () => cache.read((ageMs) => ages.push(ageMs));
    await old();
    vi.advanceTimersByTime(5_000);
    state.fails = true;
    expect([await old(), await old()]).toEqual(["load 1", "load 1"]);
    vi.advanceTimersByTime(999);
    expect(await old()).toBe("load 1");
    expect(state.loads).toBe(2);
    vi.advanceTimersByTime(1);
    expect(await old()).toBe("load 1");
    expect(ages).toEqual([5_000, 5_000, 5_999, 6_000]);
    expect(state.loads).toBe(3);
  });

  it("lets no read wait for a load while loads fail", async () => {
    const { state, load } = counted();
    let hangs = false;
    const cache = createReadThrough(() => (hangs ? new Promise<string>(() => undefined) : load()), { ttlMs: 1_000 });
    await cache.read();
    vi.advanceTimersByTime(5_000);
    state.fails = true;
    await cache.read();
    vi.advanceTimersByTime(1_000);
    hangs = true;
    expect(await cache.read()).toBe("load 1");
  });

  it("serves the new value from the read after a load has succeeded", async () => {
    const { state, load } = counted();
    const ages: number[] = [];
    const cache = createReadThrough(load, { ttlMs: 1_000 });
    await cache.read();
    vi.advanceTimersByTime(5_000);
    state.fails = true;
    await cache.read();
    state.fails = false;
    vi.advanceTimersByTime(1_000);
    await cache.read();
    await vi.advanceTimersByTimeAsync(0);
    expect(await cache.read((ageMs) => ages.push(ageMs))).toBe("load 3");
    expect(ages).toEqual([]);
  });

  it("throws the error of a failed load with onRefreshError FAIL", async () => {
    const { state, load } = counted();
    const cache = createReadThrough(load, { ttlMs: 1_000, onRefreshError: "FAIL" });
    await cache.read();
    vi.advanceTimersByTime(5_000);
    state.fails = true;
    await expect(cache.read()).rejects.toThrow("down");
    await expect(cache.read()).rejects.toThrow("down");
    state.fails = false;
    expect(await cache.read()).toBe("load 4");
  });

  it("counts the TTL from the start of a load, and joins no load that is older than it", async () => {
    const loads: ((value: string) => void)[] = [];
    const cache = createReadThrough(() => new Promise<string>((resolve) => loads.push(resolve)), { ttlMs: 1_000 });
    const slow = cache.read();
    vi.advanceTimersByTime(999);
    const joined = cache.read();
    vi.advanceTimersByTime(1);
    const next = cache.read();
    expect(loads).toHaveLength(2);
    loads[0]?.("old");
    expect([await slow, await joined]).toEqual(["old", "old"]);
    loads[1]?.("new");
    expect([await next, await cache.read()]).toEqual(["new", "new"]);
  });

  it("serves a value that was set, and discards the result of a load that was running", async () => {
    let finish: (value: string) => void = () => undefined;
    const cache = createReadThrough(() => new Promise<string>((resolve) => (finish = resolve)), { ttlMs: 1_000 });
    const running = cache.read();
    cache.set("written");
    finish("read before the write");
    expect([await running, await cache.read()]).toEqual(["read before the write", "written"]);
  });

  it("by key loads each key once, and again what it has evicted", async () => {
    const loads: string[] = [];
    const load = async (key: string) => {
      loads.push(key);
      return key.toUpperCase();
    };
    const read = createKeyedReadThrough(load, { ttlMs: 1_000, maxEntries: 2 });
    expect([await read("a"), await read("a"), await read("b"), await read("c"), await read("a")]).toEqual([
      "A",
      "A",
      "B",
      "C",
      "A",
    ]);
    expect(loads).toEqual(["a", "b", "c", "a"]);
  });
});
