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

/** A directory over a platform whose answers wait until the test lets them come, by a clock that the test moves. */
function createDirectory() {
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
  return { platform, clock, directory: createLiveStreamCache(monitoring, () => clock.now) };
}

describe("live stream cache: the list", () => {
  it("is read once for concurrent requests, and cached for two seconds", async () => {
    const { directory, platform, clock } = createDirectory();
    expect(directory.fresh(false)).toBeNull();
    const answers = await Promise.all([directory.read(false), directory.read(false)]);
    expect(answers.map((streams) => [...streams.keys()])).toEqual([["a"], ["a"]]);
    expect(platform.calls).toEqual(["summaries"]);
    clock.now = 1_999;
    expect(directory.fresh(false)?.get("a")?.isLive).toBe(true);
    clock.now = 2_000;
    expect(directory.fresh(false)).toBeNull();
  });

  it("with feeds also serves without, but not the other way round", async () => {
    const { directory } = createDirectory();
    await directory.read(false);
    expect(directory.fresh(true)).toBeNull();
    await directory.read(true);
    expect(directory.fresh(true)?.size).toBe(1);
    directory.changed();
    await directory.read(true);
    expect(directory.fresh(false)?.size).toBe(1);
  });

  it("that fails rejects its readers, and is not cached", async () => {
    const { directory, platform } = createDirectory();
    platform.isDown = true;
    const outcomes = await Promise.allSettled([directory.read(false), directory.read(false)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    platform.isDown = false;
    expect((await directory.read(false)).size).toBe(1);
    expect(platform.calls).toHaveLength(2);
  });

  it("is discarded when a stream is stopped, also one that is being read", async () => {
    const { directory, platform } = createDirectory();
    const before = directory.read(false);
    directory.changed();
    platform.live = [];
    expect((await directory.read(false)).size).toBe(0);
    expect((await before).size).toBe(1);
    expect(directory.fresh(false)?.size).toBe(0);
  });
});

describe("live stream cache: the names", () => {
  it("are waited for at first, cached for five seconds, and then read in the background", async () => {
    const { directory, platform, clock } = createDirectory();
    await Promise.all([directory.namesReady(), directory.namesReady()]);
    expect(platform.calls).toHaveLength(1);
    clock.now = 4_999;
    expect(directory.namesReady()).toBeNull();
    expect(platform.calls).toHaveLength(1);
    clock.now = 5_000;
    expect([directory.namesReady(), directory.namesReady()]).toEqual([null, null]);
    expect(platform.calls).toHaveLength(2);
  });

  it("are waited for when they are older than 30 seconds", async () => {
    const { directory, platform, clock } = createDirectory();
    await directory.namesReady();
    clock.now = 30_000;
    expect(directory.namesReady()).toBeInstanceOf(Promise);
    await directory.namesReady();
    expect(platform.calls).toHaveLength(2);
  });

  it("are not waited for again while the platform fails", async () => {
    const { directory, platform, clock } = createDirectory();
    platform.isDown = true;
    await directory.namesReady();
    expect(directory.namesReady()).toBeNull();
    clock.now = 5_000;
    await directory.namesReady();
    expect(platform.calls).toHaveLength(2);
  });
});
