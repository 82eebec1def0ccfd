import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { createMediaAssets, type MediaAssetsQuery } from "../../src/upstream/media-assets.ts";
import { createMediaDistributions } from "../../src/upstream/media-distributions.ts";
import { createMediaExpiryRules } from "../../src/upstream/media-expiry.ts";
import { createScriptedPlatform, TOKEN, upstreamFailure } from "../support/platform.ts";

function createPlatform() {
  const platform = createScriptedPlatform();
  const { http } = platform;
  return Object.assign(platform, {
    assets: createMediaAssets(http),
    distributions: createMediaDistributions(http),
    expiry: createMediaExpiryRules(http),
  });
}

/** What the documents do not allow to be left out. */
const bare = { id: "a1", type: "recording", status: "processing", startTime: "2026-03-18T10:00:00Z" };
const absent = {
  stopTime: null,
  name: null,
  feed: null,
  storage: null,
  error: null,
  created: null,
  expiration: null,
  removed: null,
  metadata: null,
  mediaDistributionId: null,
  customPath: null,
  download: null,
};

describe("a media asset", () => {
  it.each([
    ["absent", {}],
    ["null", absent],
  ])("is read with all that may be %s", async (_what, fields) => {
    await using platform = createPlatform();
    platform.succeed({ ...bare, ...fields });
    expect(await platform.assets.read("a1")).toEqual({
      kind: "MediaAsset",
      id: "a1",
      type: "RECORDING",
      state: "PROCESSING",
      name: null,
      streamName: null,
      publishTokenId: null,
      sourceId: null,
      simulcastId: null,
      priority: null,
      startedAt: Date.parse("2026-03-18T10:00:00Z"),
      endedAt: null,
      createdAt: null,
      expiresAt: null,
      removedAt: null,
      problem: null,
      storage: "PLATFORM",
      facts: null,
      distributionId: null,
      customPath: null,
      download: null,
    });
  });

  it("adds up its files, and keeps its addresses secret", async () => {
    await using platform = createPlatform();
    platform.succeed({
      ...bare,
      status: "complete",
      metadata: {
        format: "mp4",
        sizes: { mp4: 7, webm: 3 },
        duration: 12,
        tracks: [{ type: "video" }],
        thumbnails: [],
      },
      download: { downloadUrl: `https://files.test/${TOKEN}`, url: null, downloadExpiresOn: "2026-03-18T11:00:00Z" },
    });
    const asset = await platform.assets.read("a1");
    expect(asset?.facts).toMatchObject({ format: "mp4", bytes: 10n, durationSeconds: 12, tracks: [{ type: "video" }] });
    expect(asset?.download?.fileUrl?.reveal()).toBe(`https://files.test/${TOKEN}`);
    expect(inspect(asset, { depth: 9 }) + JSON.stringify(asset?.download)).not.toContain("files.test");
  });

  it.each([
    ["type", { type: "podcast" }],
    ["status", { status: "pending" }],
    ["storage", { storage: { type: "floppy" } }],
    ["beginning", { startTime: "soon" }],
  ])("of an undocumented %s is not believed", async (_what, fields) => {
    await using platform = createPlatform();
    platform.succeed({ ...bare, ...fields });
    expect((await upstreamFailure(platform.assets.read("a1"))).code).toBe("UPSTREAM_BAD_RESPONSE");
  });

  it("that is unknown is null, and another refusal is one", async () => {
    await using platform = createPlatform();
    platform.answer(
      { status: 400, body: { status: "fail", data: { mediaAssetId: "No media asset with id: a1" } } },
      { status: 400, body: { status: "fail", data: { message: "no" } } },
    );
    expect(await platform.assets.read("a1")).toBeNull();
    expect((await upstreamFailure(platform.assets.read("a1"))).code).toBe("UPSTREAM_REJECTED");
  });

  it("tells a main layer without a name from one that has none", async () => {
    await using platform = createPlatform();
    platform.succeed({ ...bare, feed: { simulcastId: "" } }, { ...bare, feed: {} });
    expect((await platform.assets.read("a1"))?.simulcastId).toBe("");
    expect((await platform.assets.read("a1"))?.simulcastId).toBeNull();
  });
});

describe("a list of media assets", () => {
  it("names its types and states, a hundred a page", async () => {
    await using platform = createPlatform();
    platform.succeed([bare]);
    const query: MediaAssetsQuery = {
      types: ["RECORDING", "STORAGE_VALIDATION"],
      states: ["COMPLETE", "ERROR"],
      streamName: "derby & final",
      newestFirst: true,
    };
    await platform.assets.list(query, 3);
    expect(platform.calls[0]?.query.toString()).toBe(
      "type=recording&type=storageValidation&status=complete&status=error&streamName=derby+%26+final&sort=startTime&desc=true&page=3&limit=100",
    );
  });
});

describe("a clip", () => {
  it("is ordered under a key, with only what was chosen", async () => {
    await using platform = createPlatform();
    platform.succeed([{ ...bare, type: "clip" }], []);
    const from = Date.parse("2026-03-18T10:00:00Z");
    await platform.assets.clip({ streamName: "derby", from }, "key-1");
    expect(platform.calls[0]).toMatchObject({
      method: "POST",
      headers: { "idempotency-key": "key-1" },
      body: { streamName: "derby", startTime: "2026-03-18T10:00:00Z" },
    });
    await platform.assets.clip(
      {
        streamName: "derby",
        publishTokenId: 7,
        sourceId: "cam",
        simulcastId: "",
        priority: -1,
        from,
        to: from + 10_500,
        name: "goal",
        format: "hls",
        expiresAt: from + 86_400_000,
        distributionId: "d1",
        customPath: "goals/1",
      },
      "key-2",
    );
    expect(platform.calls[1]?.body).toEqual({
      streamName: "derby",
      tokenId: 7,
      sourceId: "cam",
      simulcastId: "",
      priority: -1,
      startTime: "2026-03-18T10:00:00Z",
      stopTime: "2026-03-18T10:00:10.500Z",
      name: "goal",
      targetFormat: "hls",
      expiration: "2026-03-19T10:00:00Z",
      mediaDistributionId: "d1",
      customPath: "goals/1",
    });
  });
});

describe("a deletion", () => {
  it("may fail for some, with reasons that hold no secret", async () => {
    await using platform = createPlatform();
    platform.succeed(
      { itemsDeleted: 1, errors: [{ id: "a2", error: `locked by ${TOKEN}` }, { id: "a3" }] },
      { itemsDeleted: 2, errors: null },
    );
    expect(await platform.assets.delete(["a1", "a2", "a3"])).toEqual({
      failures: [
        { id: "a2", reason: "locked by [secret]" },
        { id: "a3", reason: "The platform gave no reason." },
      ],
    });
    expect(platform.calls[0]?.query.getAll("id")).toEqual(["a1", "a2", "a3"]);
    expect(await platform.assets.delete(["a1", "a2"])).toEqual({ failures: [] });
  });
});

describe("media distributions", () => {
  const distribution = { id: "d1", name: "members" };

  it("are read page by page, and a list that never ends is an error", async () => {
    await using platform = createPlatform();
    platform.succeed(
      { data: [distribution], pagination: { hasMore: true, cursor: "c1" } },
      { data: [{ ...distribution, id: "d2" }], pagination: { hasMore: false } },
      { data: [distribution], pagination: { hasMore: true } },
    );
    expect((await platform.distributions.list()).map(({ id }) => id)).toEqual(["d1", "d2"]);
    expect(platform.calls.map(({ query }) => query.get("cursor"))).toEqual([null, "c1"]);
    expect((await upstreamFailure(platform.distributions.list())).code).toBe("UPSTREAM_BAD_RESPONSE");
    platform.answerAll(() => ({
      body: { status: "success", data: { data: [distribution], pagination: { hasMore: true, cursor: "again" } } },
    }));
    expect(await upstreamFailure(platform.distributions.list())).toMatchObject({
      code: "UPSTREAM_BAD_RESPONSE",
      message: "The platform's list must end within 50 pages; got more.",
    });
  });

  it("are deleted without an answer's body, as are their keys", async () => {
    await using platform = createPlatform();
    platform.answer({ status: 204 }, { status: 204 }, { status: 200, body: { status: "success", data: true } });
    await platform.distributions.delete("d/1");
    await platform.distributions.deleteKey("d1", "k1");
    await platform.distributions.delete("d1");
    expect(platform.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "DELETE /api/v3/media/distributions/d%2F1",
      "DELETE /api/v3/media/distributions/d1/security/keys/k1",
      "DELETE /api/v3/media/distributions/d1",
    ]);
  });

  it("take the secrets of their keys, and give them back to nobody", async () => {
    await using platform = createPlatform();
    platform.succeed({ ...distribution, security: { keys: [{ id: "k1", name: null }] } });
    const made = await platform.distributions.create({ name: "members", keys: [{ secret: new Secret(TOKEN) }] });
    expect(platform.calls[0]?.body).toEqual({ name: "members", security: { keys: [{ key: TOKEN }] } });
    expect(made).toEqual({
      kind: "MediaDistribution",
      ...distribution,
      isDefault: false,
      createdAt: null,
      keys: [{ id: "k1", name: null }],
    });
  });
});

describe("the rules of expiry", () => {
  it("are numbers of days or none, and are cleared by an empty one", async () => {
    await using platform = createPlatform();
    platform.succeed({ timelines: { days: 2 }, recordings: {}, clips: null }, {});
    expect(await platform.expiry.read()).toEqual({ timelineDays: 2, recordingDays: null, clipDays: null });
    await platform.expiry.update({ timelineDays: null, clipDays: 30 });
    expect(platform.calls[1]?.body).toEqual({ timelines: {}, clips: { days: 30 } });
  });
});
