import { describe, expect, it } from "vitest";
import { createConformantSandbox } from "../support/conformance.ts";
import { admitted, clientOf, publishToken, START, type Wire } from "../support/sandbox.ts";

const sandboxAtStart = () => createConformantSandbox({ startAt: START, frozen: true });
const LIVE = ["arena-main", "city-council", "derby-final", "harbor-news-24", "popup-kiosk", "world-feed"];
const namesOf = (rows: Wire[]) => rows.map(({ streamName }) => streamName);

describe.each(["streams", "summary"])("sandbox GET /api/monitoring/%s", (path) => {
  const list = async (sandbox: Awaited<ReturnType<typeof sandboxAtStart>>, query = {}) =>
    (await clientOf(sandbox).get(`/api/monitoring/${path}`, query)).body.data;

  it("returns the live streams and the number of pages", async () => {
    await using sandbox = await sandboxAtStart();
    const { pagination, data } = await list(sandbox);
    expect(pagination).toEqual({ totalItems: 6, totalPages: 1, itemsOnPage: 6 });
    expect(namesOf(data)).toEqual(LIVE);
    const second = await list(sandbox, { page: 2, itemsOnPage: 4 });
    expect(second.pagination).toEqual({ totalItems: 6, totalPages: 2, itemsOnPage: 2 });
    expect((await list(sandbox, { page: 3, itemsOnPage: 4 })).data).toEqual([]);
  });

  it("returns a stream for an hour after its end", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = publishToken(sandbox, "rehearsal");
    await admitted(sandbox.startFeed({ token, streamName: "rehearsal", seconds: 60 }));
    sandbox.clock.advance(60_000);
    const rehearsal = async () => (await list(sandbox, { searchSubstring: "hears" })).data;
    expect(await rehearsal()).toMatchObject([{ live: false, viewerCount: 0, endTime: "2025-06-18T10:38:00.000Z" }]);
    sandbox.clock.advance(3_599_999);
    expect(await rehearsal()).toHaveLength(1);
    sandbox.clock.advance(1);
    expect(await rehearsal()).toEqual([]);
  });

  it("filters as requested", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = publishToken(sandbox, "sydney-regatta");
    await admitted(sandbox.startFeed({ token, streamName: "sydney-regatta", seconds: 1 }));
    sandbox.clock.advance(2_000);
    const names = async (query: Record<string, string | boolean | readonly string[]>) =>
      namesOf((await list(sandbox, query)).data);
    expect(await names({ isActive: false })).toEqual(["sydney-regatta"]);
    expect(await names({ cluster: ["syd-1", "lon-1"] })).toEqual(["sydney-regatta"]);
    expect(await names({ isSecure: false })).toEqual(["city-council"]);
    expect(await names({ isRecordingAllowed: true })).toEqual([]);
    expect(await names({ searchSubstring: "arena" })).toEqual(["arena-main"]);
    if (path === "streams") expect(await names({ isRestreaming: true })).toEqual(["derby-final"]);
  });

  it("sorts as requested", async () => {
    await using sandbox = await sandboxAtStart();
    const names = async (sortBy: string, isDescending: boolean) =>
      namesOf((await list(sandbox, { sortBy, isDescending })).data);
    expect(await names("StreamId", false)).toEqual(LIVE);
    expect(await names("StreamId", true)).toEqual(LIVE.toReversed());
    expect((await names("StartTime", true))[0]).toBe("popup-kiosk");
    expect((await names("Duration", true))[0]).toBe("harbor-news-24");
  });

  it("rejects a bad page with one text for each field", async () => {
    await using sandbox = await sandboxAtStart();
    const { status, body } = await clientOf(sandbox).get(`/api/monitoring/${path}`, { page: 0, itemsOnPage: 101 });
    expect({ status, body }).toEqual({
      status: 400,
      body: { status: "fail", data: { errors: { page: expect.any(String), itemsOnPage: expect.any(String) } } },
    });
  });
});

describe("sandbox monitored stream", () => {
  it("has its feeds, their re-streams and, in detail, their stats", async () => {
    await using sandbox = await sandboxAtStart();
    const { data } = (await clientOf(sandbox).get("/api/monitoring/streams/derby-final")).body;
    expect(data).toMatchObject({
      streamId: "SYN4DX/derby-final",
      clusterId: "phx-1",
      secureStream: true,
      live: true,
      restreaming: true,
      hasRedundant: false,
      feeds: [
        {
          active: true,
          tokenId: 1001,
          client: { country: "GB" },
          restreams: [
            { label: "Social", active: true },
            { label: "Club site", active: true },
          ],
          feedStats: [{ packetLoss: 0 }],
        },
      ],
    });
  });

  it("is redundant if two live feeds carry one source", async () => {
    await using sandbox = await sandboxAtStart();
    const feed = { token: publishToken(sandbox, "rehearsal").token, streamName: "rehearsal" };
    const redundant = async () =>
      (await clientOf(sandbox).get("/api/monitoring/streams/rehearsal")).body.data.hasRedundant;
    await admitted(sandbox.startFeed({ ...feed, sourceId: "main", priority: 2 }));
    await admitted(sandbox.startFeed({ ...feed, sourceId: "side" }));
    expect(await redundant()).toBe(false);
    await admitted(sandbox.startFeed({ ...feed, sourceId: "main", priority: 1 }));
    expect(await redundant()).toBe(true);
  });

  it("of an unknown name is a 400 that names it", async () => {
    await using sandbox = await sandboxAtStart();
    for (const path of ["streams", "summary"]) {
      expect(await clientOf(sandbox).get(`/api/monitoring/${path}/rehearsal`)).toMatchObject({
        status: 400,
        body: { status: "fail", data: { message: "Stream name rehearsal not found" } },
      });
    }
  });

  it("under an auto token is ingested by the cluster nearest to its publisher", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = publishToken(sandbox, "roaming-reporter");
    await admitted(sandbox.startFeed({ token, streamName: "roaming-reporter", country: "JP" }));
    const { data } = (await clientOf(sandbox).get("/api/monitoring/summary/roaming-reporter")).body;
    expect(data.clusterId).toBe("sgp-1");
  });
});
