import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAccountCache, createReadThrough } from "../../src/cache/account-cache.ts";
import { ApplicationError } from "../../src/model/errors.ts";
import type { ClusterList } from "../../src/upstream/clusters.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A value that counts how often it was loaded, and fails when it is told to. */
function counted() {
  const state = { loads: 0, fails: false };
  const load = async () => {
    state.loads += 1;
    if (state.fails) throw new ApplicationError("UPSTREAM_UNAVAILABLE", "down");
    return `load ${state.loads}`;
  };
  return { state, load };
}

describe("what is remembered", () => {
  it("is loaded once for all who ask at the same time, and again when it is too old", async () => {
    const { load } = counted();
    const read = createReadThrough(load, { ttlMs: 1_000 });
    expect(await Promise.all([read(), read(), read()])).toEqual(["load 1", "load 1", "load 1"]);
    vi.advanceTimersByTime(990);
    expect(await read()).toBe("load 1");
    vi.advanceTimersByTime(20);
    expect(await read()).toBe("load 2");
  });

  it("never grows too old when no age is set", async () => {
    const { load } = counted();
    const read = createReadThrough(load, { ttlMs: 0 });
    await read();
    vi.advanceTimersByTime(365 * 86_400_000);
    expect(await read()).toBe("load 1");
  });

  it("is no failure: the next who asks tries again", async () => {
    const { state, load } = counted();
    const read = createReadThrough(load, { ttlMs: 1_000 });
    state.fails = true;
    await expect(Promise.all([read(), read()])).rejects.toThrow("down");
    state.fails = false;
    expect(await read()).toBe("load 2");
  });

  it("is served on when it can't be renewed, which is tried once a second, and whose age is told", async () => {
    const { state, load } = counted();
    const ages: number[] = [];
    const read = createReadThrough(load, { ttlMs: 1_000 });
    const old = () => read((ageMs) => ages.push(ageMs));
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

  it("is served on at once while it can't be renewed: nobody waits for a load until one has succeeded", async () => {
    const { state, load } = counted();
    let hangs = false;
    const read = createReadThrough(() => (hangs ? new Promise<string>(() => undefined) : load()), { ttlMs: 1_000 });
    await read();
    vi.advanceTimersByTime(5_000);
    state.fails = true;
    await read();
    vi.advanceTimersByTime(1_000);
    hangs = true;
    expect(await read()).toBe("load 1");
  });

  it("is new at the question after a load has succeeded again", async () => {
    const { state, load } = counted();
    const ages: number[] = [];
    const read = createReadThrough(load, { ttlMs: 1_000 });
    await read();
    vi.advanceTimersByTime(5_000);
    state.fails = true;
    await read();
    state.fails = false;
    vi.advanceTimersByTime(1_000);
    await read();
    await vi.advanceTimersByTimeAsync(0);
    expect(await read((ageMs) => ages.push(ageMs))).toBe("load 3");
    expect(ages).toEqual([]);
  });

  it("is not served on where a failure is what counts", async () => {
    const { state, load } = counted();
    const read = createReadThrough(load, { ttlMs: 1_000, onRefreshError: "FAIL" });
    await read();
    vi.advanceTimersByTime(5_000);
    state.fails = true;
    await expect(read()).rejects.toThrow("down");
    await expect(read()).rejects.toThrow("down");
    state.fails = false;
    expect(await read()).toBe("load 4");
  });
});

describe("the account's facts", () => {
  it("are its id, asked for once, and its clusters, asked for every ten minutes", async () => {
    const calls: string[] = [];
    const clusters: ClusterList = { defaultCluster: "auto", clusters: [] };
    const facts = createAccountCache(
      {
        id: async () => {
          calls.push("id");
          return "SYN4DX";
        },
      },
      {
        read: async () => {
          calls.push("clusters");
          return clusters;
        },
      },
    );
    for (let minute = 0; minute <= 11; minute += 1) {
      expect([await facts.id(), await facts.clusters()]).toEqual(["SYN4DX", clusters]);
      vi.advanceTimersByTime(60_000);
    }
    expect(calls).toEqual(["id", "clusters", "clusters"]);
  });

  it("are clusters as a write of ours has left them, until they are ten minutes old", async () => {
    let reads = 0;
    const read: ClusterList = { defaultCluster: "auto", clusters: [] };
    const facts = createAccountCache(
      { id: async () => "SYN4DX" },
      {
        read: async () => {
          reads += 1;
          return read;
        },
      },
    );
    await facts.clusters();
    facts.putClusters({ ...read, defaultCluster: "fra-1" });
    vi.advanceTimersByTime(599_999);
    expect((await facts.clusters()).defaultCluster).toBe("fra-1");
    vi.advanceTimersByTime(1);
    expect([(await facts.clusters()).defaultCluster, reads]).toEqual(["auto", 2]);
  });
});
