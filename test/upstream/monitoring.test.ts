import { describe, expect, it } from "vitest";
import { createMonitoring } from "../../src/upstream/monitoring.ts";
import { createScriptedPlatform, type ReceivedCall, TOKEN, upstreamFailure } from "../support/platform.ts";
import { at } from "../support/time.ts";

function createPlatform() {
  const platform = createScriptedPlatform();
  return Object.assign(platform, { monitoring: createMonitoring(platform.http) });
}

/** An account with so many live streams, in pages of the size that is asked for. */
const pagesOf = (total: number) => (call: ReceivedCall) => {
  const [page, size] = ["page", "itemsOnPage"].map((name) => Number(call.query.get(name)));
  const names = Array.from({ length: total }, (_, index) => `stream-${index}`);
  const rows = names.slice(((page ?? 1) - 1) * (size ?? 1), (page ?? 1) * (size ?? 1));
  const pagination = { totalItems: total, totalPages: Math.ceil(total / (size ?? 1)) };
  return {
    body: { status: "success", data: { data: rows.map((streamName) => ({ streamName, live: true })), pagination } },
  };
};

describe("the list of live streams", () => {
  it.each([
    [0, 1],
    [1, 1],
    [100, 1],
    [101, 2],
    [950, 10],
  ])("of %d streams costs %d calls, and leaves none out", async (total, calls) => {
    await using platform = createPlatform();
    platform.answerAll(pagesOf(total));
    const streams = await platform.monitoring.listSummaries();
    expect(streams.map(({ name }) => name)).toEqual(Array.from({ length: total }, (_, index) => `stream-${index}`));
    expect(platform.calls).toHaveLength(calls);
  });

  it("is read by name, so that pages do not shift while streams come and go", async () => {
    await using platform = createPlatform();
    platform.answerAll(pagesOf(150));
    await platform.monitoring.listStreams();
    expect(platform.calls.map(({ path, query }) => `${path}?${query}`)).toEqual([
      "/api/monitoring/streams?page=1&itemsOnPage=100&sortBy=StreamId&isDescending=false",
      "/api/monitoring/streams?page=2&itemsOnPage=100&sortBy=StreamId&isDescending=false",
    ]);
  });

  it.each([{}, { data: null }, { data: [], pagination: null }, { data: [], pagination: {} }])(
    "is empty by %j",
    async (data) => {
      await using platform = createPlatform();
      platform.succeed(data);
      expect(await platform.monitoring.listSummaries()).toEqual([]);
    },
  );

  it("is not believed with more pages than there can be, and they are not asked for", async () => {
    await using platform = createPlatform();
    platform.succeed({ data: [], pagination: { totalPages: 2_000_000_000 } });
    expect((await upstreamFailure(platform.monitoring.listSummaries())).code).toBe("UPSTREAM_BAD_RESPONSE");
  });

  it("fails as a whole when one of its pages does", async () => {
    await using platform = createPlatform();
    platform.answerAll((call) => (call.query.get("page") === "2" ? { status: 503 } : pagesOf(250)(call)));
    expect((await upstreamFailure(platform.monitoring.listSummaries())).code).toBe("UPSTREAM_UNAVAILABLE");
  });
});

describe("a live stream", () => {
  const wire = {
    streamName: "derby",
    live: true,
    viewerCount: 12,
    startTime: "2026-03-18T09:00:00Z",
    endTime: null,
    clusterId: "phx-1",
    clusters: ["phx-1", "fra-1"],
    secureStream: true,
    feeds: [
      {
        feedId: "f1",
        active: true,
        clusterId: "phx-1",
        sourceId: "",
        simulcastId: null,
        priority: -5,
        tokenId: 7,
        startTime: "2026-03-18T09:00:00",
        endTime: null,
        client: { country: "GB" },
        trackDetails: [
          {
            trackId: "t1",
            encodingDetails: [
              {
                encodingId: "0",
                encodingStats: [
                  { timestamp: "2026-03-18T09:29:00Z" },
                  {
                    timestamp: "2026-03-18T09:30:00Z",
                    resolution: { width: 1920, height: 1080 },
                    bitRate: { videoBitrate: 6_000_000 },
                    videoCodec: "h264",
                  },
                ],
              },
            ],
          },
        ],
        restreams: [
          {
            label: "Social",
            url: "rtmp://a.example/live",
            active: false,
            events: [
              { started: "2026-03-18T09:01:00Z", ended: "2026-03-18T09:02:00Z" },
              { started: "2026-03-18T09:05:00Z", ended: "2026-03-18T09:06:00Z", error: `refused with ${TOKEN}` },
            ],
          },
        ],
      },
      { feedId: "f2", sourceId: "cam2" },
    ],
  };
  const summary = {
    name: "derby",
    isLive: true,
    viewerCount: 12,
    startedAt: at("2026-03-18T09:00:00Z"),
    endedAt: null,
    clusterId: "phx-1",
    clusterIds: ["phx-1", "fra-1"],
    isSecured: true,
  };

  it("comes with its viewers, times and clusters, and with its feeds where they are asked for", async () => {
    await using platform = createPlatform();
    platform.succeed(wire, wire);
    expect(await platform.monitoring.readSummary("derby")).toEqual(summary);
    expect(await platform.monitoring.readStream("derby")).toEqual({
      ...summary,
      feeds: [
        {
          id: "f1",
          streamName: "derby",
          tracks: [
            {
              id: "t1",
              qualities: [
                {
                  encodingId: "0",
                  measuredAt: at("2026-03-18T09:30:00Z"),
                  width: 1920,
                  height: 1080,
                  videoCodec: "h264",
                  audioCodec: null,
                  videoBitrate: 6_000_000,
                  audioBitrate: null,
                },
              ],
            },
          ],
          isActive: true,
          clusterId: "phx-1",
          sourceId: null,
          simulcastId: null,
          priority: -5,
          startedAt: at("2026-03-18T09:00:00Z"),
          endedAt: null,
          publishTokenId: 7,
          restreams: [
            {
              label: "Social",
              url: "rtmp://a.example/live",
              isActive: false,
              startedAt: at("2026-03-18T09:05:00Z"),
              endedAt: at("2026-03-18T09:06:00Z"),
              error: "refused with [secret]",
            },
          ],
          country: "GB",
        },
        {
          id: "f2",
          streamName: "derby",
          tracks: null,
          isActive: false,
          clusterId: null,
          sourceId: "cam2",
          simulcastId: null,
          priority: null,
          startedAt: null,
          endedAt: null,
          publishTokenId: null,
          restreams: [],
          country: null,
        },
      ],
    });
  });

  it("is known by little: name and whether it is live", async () => {
    await using platform = createPlatform();
    platform.succeed({ streamName: "derby", live: false });
    expect(await platform.monitoring.readSummary("derby")).toEqual({
      name: "derby",
      isLive: false,
      viewerCount: 0,
      startedAt: null,
      endedAt: null,
      clusterId: null,
      clusterIds: [],
      isSecured: false,
    });
  });

  it("is asked for by its name in one part of the path, whatever is in it", async () => {
    await using platform = createPlatform();
    platform.succeed(wire);
    await platform.monitoring.readSummary("a/b?c#d é");
    expect(platform.calls[0]?.path).toBe("/api/monitoring/summary/a%2Fb%3Fc%23d%20%C3%A9");
  });

  it("is null by a name that can't stand in a URL, which no stream has, without a call", async () => {
    await using platform = createPlatform();
    expect(await platform.monitoring.readSummary("\ud800")).toBeNull();
    expect(await platform.monitoring.readStream("a\udc00")).toBeNull();
    expect(platform.calls).toEqual([]);
  });

  it("is null when it is not among them, which the platform answers with a refusal", async () => {
    await using platform = createPlatform();
    const refusal = { status: 400, body: { status: "fail", data: { message: "Stream not found" } } };
    platform.answer(refusal, refusal, { status: 503 });
    expect(await platform.monitoring.readSummary("nobody")).toBeNull();
    expect(await platform.monitoring.readStream("nobody")).toBeNull();
    expect((await upstreamFailure(platform.monitoring.readStream("nobody"))).code).toBe("UPSTREAM_UNAVAILABLE");
  });

  it.each([
    { streamName: null },
    { live: "yes" },
    { viewerCount: 1.5 },
    { startTime: "now" },
    { feeds: {} },
    { feeds: [{}] },
  ])("is not believed when it is told with %j", async (odd) => {
    await using platform = createPlatform();
    platform.succeed({ ...wire, ...odd });
    expect((await upstreamFailure(platform.monitoring.readStream("derby"))).code).toBe("UPSTREAM_BAD_RESPONSE");
  });
});
