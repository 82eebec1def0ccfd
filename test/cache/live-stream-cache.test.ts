import { describe, expect, it } from "vitest";
import { createLiveStreamCache } from "../../src/cache/live-stream-cache.ts";
import type { LiveStreamWithFeeds } from "../../src/upstream/monitoring.ts";

const stream = (name: string): LiveStreamWithFeeds => ({
  name,
  isLive: true,
  viewerCount: 1,
  startedAt: 0,
  endedAt: null,
  clusterId: null,
  clusterIds: [],
  isSecured: true,
  feeds: [],
});

/** A cache over a platform whose answers wait until the test lets them come, by a clock that the test moves. */
function createCache() {
  const platform = { live: ["a"], calls: [] as string[], isDown: false };
  const clock = { now: 0 };
  const list = async (call: string) => {
    platform.calls.push(call);
    const { live, isDown } = platform;
    await new Promise((resolve) => setImmediate(resolve));
    if (isDown) throw new Error("down");
    return live.map(stream);
  };
  const monitoring = { listSummaries: () => list("summaries"), listStreams: () => list("streams") };
  return { platform, clock, cache: createLiveStreamCache(monitoring, () => clock.now) };
}

describe("live stream cache: the list", () => {
  it("is read once for concurrent requests, and cached for two seconds", async () => {
    const { cache, platform, clock } = createCache();
    expect(cache.fresh(false)).toBeNull();
    const answers = await Promise.all([cache.read(false), cache.read(false)]);
    expect(answers.map((streams) => [...streams.keys()])).toEqual([["a"], ["a"]]);
    expect(platform.calls).toEqual(["summaries"]);
    clock.now = 1_999;
    expect(cache.fresh(false)?.get("a")?.isLive).toBe(true);
    clock.now = 2_000;
    expect(cache.fresh(false)).toBeNull();
  });

  it("with feeds also serves without, but not the other way round", async () => {
    const { cache } = createCache();
    await cache.read(false);
    expect(cache.fresh(true)).toBeNull();
    await cache.read(true);
    expect(cache.fresh(true)?.size).toBe(1);
    cache.changed();
    await cache.read(true);
    expect(cache.fresh(false)?.size).toBe(1);
  });

  it("that fails rejects its readers, and is not cached", async () => {
    const { cache, platform } = createCache();
    platform.isDown = true;
    const outcomes = await Promise.allSettled([cache.read(false), cache.read(false)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    platform.isDown = false;
    expect((await cache.read(false)).size).toBe(1);
    expect(platform.calls).toHaveLength(2);
  });

  it("is discarded when a stream is stopped, also one that is being read", async () => {
    const { cache, platform } = createCache();
    const before = cache.read(false);
    cache.changed();
    platform.live = [];
    expect((await cache.read(false)).size).toBe(0);
    expect((await before).size).toBe(1);
    expect(cache.fresh(false)?.size).toBe(0);
  });
});

describe("live stream cache: the names", () => {
  it("are waited for at first, cached for five seconds, and then read in the background", async () => {
    const { cache, platform, clock } = createCache();
    await Promise.all([cache.namesReady(), cache.namesReady()]);
    expect(platform.calls).toHaveLength(1);
    clock.now = 4_999;
    expect(cache.namesReady()).toBeNull();
    expect(platform.calls).toHaveLength(1);
    clock.now = 5_000;
    expect([cache.namesReady(), cache.namesReady()]).toEqual([null, null]);
    expect(platform.calls).toHaveLength(2);
  });

  it("are waited for when they are older than 30 seconds", async () => {
    const { cache, platform, clock } = createCache();
    await cache.namesReady();
    clock.now = 30_000;
    expect(cache.namesReady()).toBeInstanceOf(Promise);
    await cache.namesReady();
    expect(platform.calls).toHaveLength(2);
  });

  it("are not waited for again while the platform fails", async () => {
    const { cache, platform, clock } = createCache();
    platform.isDown = true;
    await cache.namesReady();
    expect(cache.namesReady()).toBeNull();
    clock.now = 5_000;
    await cache.namesReady();
    expect(platform.calls).toHaveLength(2);
  });
});
