import { describe, expect, it } from "vitest";
import { createLiveStreamCache } from "../../src/cache/live-stream-cache.ts";
import { createBatchScheduler } from "../../src/loaders/batch-scheduler.ts";
import { createLiveStreamLoader } from "../../src/loaders/live-streams.ts";
import type { LiveStream, Monitoring } from "../../src/upstream/monitoring.ts";

const live = (name: string, viewerCount = 1): LiveStream => ({
  name,
  isLive: true,
  viewerCount,
  startedAt: 0,
  endedAt: null,
  clusterId: null,
  clusterIds: [],
  isSecured: true,
});

/** Monitoring of two live streams that keeps what it was asked. */
function createLoader(fails = false) {
  const calls: string[] = [];
  const answer = <T>(call: string, value: T): Promise<T> => {
    calls.push(call);
    return fails ? Promise.reject(new Error("down")) : Promise.resolve(value);
  };
  const withFeeds = (stream: LiveStream) => ({ ...stream, feeds: [] });
  const streams = [live("a"), live("b")];
  const find = (name: string) => streams.find((stream) => stream.name === name) ?? null;
  const monitoring: Monitoring = {
    listSummaries: () => answer("summaries", streams),
    listStreams: () => answer("streams", streams.map(withFeeds)),
    readSummary: (name) => answer(`summary of ${name}`, find(name)),
    readStream: (name) => {
      const stream = find(name);
      return answer(`stream ${name}`, stream && withFeeds(stream));
    },
  };
  return {
    calls,
    loader: createLiveStreamLoader(
      monitoring,
      createLiveStreamCache(monitoring, () => 0),
      createBatchScheduler(),
    ),
  };
}

describe("live stream loader", () => {
  it("reads a single stream by one call, however often it is loaded", async () => {
    const { loader, calls } = createLoader();
    const answers = await Promise.all([loader.byName("a"), loader.byName("a")]);
    expect(answers.map((stream) => stream?.name)).toEqual(["a", "a"]);
    expect(calls).toEqual(["summary of a"]);
  });

  it("reads one list for several streams, or all", async () => {
    const several = createLoader();
    await Promise.all([several.loader.byName("a"), several.loader.byName("b"), several.loader.byName("nobody")]);
    expect(several.calls).toEqual(["summaries"]);
    const all = createLoader();
    const [streams, one] = await Promise.all([all.loader.all(), all.loader.byName("a")]);
    expect([...streams.keys()]).toEqual(["a", "b"]);
    expect(one?.name).toBe("a");
    expect(all.calls).toEqual(["summaries"]);
  });

  it("reads the list with feeds once, which also serves loads without them", async () => {
    const { loader, calls } = createLoader();
    const [stream, summary] = await Promise.all([loader.withFeeds("a"), loader.byName("b")]);
    expect(stream?.feeds).toEqual([]);
    expect(summary?.name).toBe("b");
    expect(calls).toEqual(["streams"]);
    await loader.all();
    await loader.byName("nobody");
    expect(calls).toEqual(["streams"]);
  });

  it("reads a single stream with feeds by one call, which also serves loads without them", async () => {
    const { loader, calls } = createLoader();
    const [stream, summary] = await Promise.all([loader.withFeeds("a"), loader.byName("a")]);
    expect([stream?.feeds, summary?.name]).toEqual([[], "a"]);
    expect(calls).toEqual(["stream a"]);
  });

  it("loads from the list once it has been read", async () => {
    const { loader, calls } = createLoader();
    await loader.all();
    expect((await loader.byName("b"))?.name).toBe("b");
    expect(calls).toEqual(["summaries"]);
    expect((await loader.withFeeds("b"))?.feeds).toEqual([]);
    expect(calls).toEqual(["summaries", "stream b"]);
  });

  it("returns null for a stream that is not live", async () => {
    const { loader } = createLoader();
    expect([await loader.byName("nobody"), await loader.withFeeds("nobody")]).toEqual([null, null]);
    await loader.all();
    expect(await loader.byName("nobody")).toBeNull();
  });

  it("fails for all loads, and does not read again in the same request", async () => {
    const { loader, calls } = createLoader(true);
    const asked = [loader.all(), loader.byName("a"), loader.byName("b")];
    for (const outcome of await Promise.allSettled(asked)) expect(outcome.status).toBe("rejected");
    await expect(loader.all()).rejects.toThrow("down");
    expect(calls).toEqual(["summaries"]);
  });
});
