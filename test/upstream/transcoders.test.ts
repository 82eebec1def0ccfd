import { describe, expect, it } from "vitest";
import { createAnalytics } from "../../src/upstream/analytics.ts";
import { createTranscoders } from "../../src/upstream/transcoders.ts";
import { createScriptedPlatform, upstreamFailure } from "../support/platform.ts";
import { at } from "../support/time.ts";

const bare = { transcoderId: "t-1", status: "Active", createdOn: "2026-03-01T00:00:00Z" };

function createPlatform() {
  const platform = createScriptedPlatform();
  return Object.assign(platform, {
    transcoders: createTranscoders(platform.http),
    analytics: createAnalytics(platform.http),
  });
}

describe("a transcoder", () => {
  it("is known by little: its id, its status and when it was made", async () => {
    await using platform = createPlatform();
    platform.succeed(bare);
    expect(await platform.transcoders.read("t-1")).toEqual({
      kind: "Transcoder",
      id: "t-1",
      name: "",
      clusterId: null,
      host: null,
      status: "Active",
      profile: null,
      createdAt: at("2026-03-01T00:00:00Z"),
      endedAt: null,
      ingest: { rtmp: null, rtmps: null, srt: null },
    });
  });

  it("in a status that the documents do not know is not relied on", async () => {
    await using platform = createPlatform();
    platform.succeed({ ...bare, status: "ActiveError" });
    expect((await platform.transcoders.read("t-1"))?.status).toBe("Error");
  });

  it.each([[{ transcoderId: null }], [{ createdOn: "soon" }], [{ profile: { frameRate: "30" } }], [{ status: 7 }]])(
    "is not believed when it is told with %j",
    async (fields) => {
      await using platform = createPlatform();
      platform.succeed({ ...bare, ...fields });
      expect((await upstreamFailure(platform.transcoders.read("t-1"))).code).toBe("UPSTREAM_BAD_RESPONSE");
    },
  );

  it("that there is not is refused by the platform, and is null", async () => {
    await using platform = createPlatform();
    platform.answer({ status: 400, body: { status: "fail", data: { transcoderId: "No transcoder with id: t-9" } } });
    expect(await platform.transcoders.read("t-9")).toBeNull();
  });

  it("is asked for by its id in one part of the path, and listed with the deleted ones where they are wanted", async () => {
    await using platform = createPlatform();
    platform.succeed(bare, [], []);
    await platform.transcoders.read("a/b?c");
    await platform.transcoders.list({ page: 2, newestFirst: true });
    await platform.transcoders.list({ page: 1, withDeleted: true });
    const [read, newest, deleted] = platform.calls;
    expect(read?.path).toBe("/api/transcoders/a%2Fb%3Fc");
    expect(newest?.query.toString()).toBe("sortBy=CreatedDate&page=2&itemsOnPage=100&isDescending=true");
    expect(deleted?.query.getAll("status")).toContain("Deleted");
  });
});

describe("the minutes of transcoders", () => {
  it("come by day, with ids as texts or, as in the published example, as numbers", async () => {
    await using platform = createPlatform();
    platform.succeed({
      transcoder: {
        "2026-03-01T00:00:00Z": [{ transcoderId: "t-1", minutesUsed: 5 }],
        "2026-03-02T00:00:00Z": [{ transcoderId: 100, minutesUsed: 7 }],
      },
    });
    const window = { from: at("2026-03-01T00:00:00Z"), to: at("2026-03-03T00:00:00Z") };
    expect(await platform.analytics.transcoderDays(window)).toEqual([
      { day: at("2026-03-01T00:00:00Z"), minutes: new Map([["t-1", 5]]) },
      { day: at("2026-03-02T00:00:00Z"), minutes: new Map([["100", 7]]) },
    ]);
    platform.succeed({ transcoder: null });
    expect(await platform.analytics.transcoderDays(window)).toEqual([]);
  });
});
