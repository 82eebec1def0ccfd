import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

const ASSETS = "/api/v3/media/assets";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Asset {
  readonly id: string;
  readonly assetId: string;
  readonly state: string;
  readonly startedAt: string;
  readonly stream: { readonly name: string };
}
interface Page {
  readonly nodes: readonly Asset[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

async function assets(gateway: TestGateway, args: string): Promise<Page> {
  const { data, errors } = await gateway.ask<{ mediaAssets: Page }>(
    `{ mediaAssets(${args}) { nodes { id assetId state startedAt stream { name } } pageInfo { hasNextPage endCursor } } }`,
  );
  expect(errors).toEqual([]);
  return data.mediaAssets;
}

const calls = (gateway: TestGateway, path = ASSETS) =>
  gateway.sandbox.calls().filter((call) => call.path.startsWith(path));

const tokenOf = (gateway: TestGateway, label: string) =>
  gateway.sandbox.tokens.publish().find((token) => token.label === label)?.token ?? "";

/** Broadcasts so many times, a minute each, an hour apart, and lets the last be processed. */
async function broadcast(gateway: TestGateway, streamName: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const token = tokenOf(gateway, streamName);
    await gateway.sandbox.startFeed({ token, streamName, bitsPerSecond: 8_000_000, seconds: 60 });
    gateway.sandbox.clock.advance(HOUR);
  }
}

describe("MediaAsset of a recording", () => {
  it("moves on by time alone: being broadcast, being processed, complete", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(
      'mutation { setRecording(input: { stream: { name: "rehearsal" }, isRecording: true }) { userErrors { code } } }',
    );
    const token = tokenOf(gateway, "rehearsal");
    await gateway.sandbox.startFeed({ token, streamName: "rehearsal", bitsPerSecond: 8_000_000, seconds: 60 });
    const recording = async () => {
      const { data } = await gateway.ask<{ stream: { mediaAssets: { nodes: object[] } } }>(
        `{ stream(by: { name: "rehearsal" }) { mediaAssets { nodes {
             type state startedAt endedAt processingSince durationSeconds bytes format tracks { type codec }
             stream { name } publishToken { label } storage problem expiresAt } } } }`,
      );
      return data.stream.mediaAssets.nodes;
    };
    expect(await recording()).toEqual([]);
    gateway.sandbox.clock.advance(30_000);
    const facts = {
      type: "RECORDING",
      startedAt: "2026-03-18T10:20:00.000Z",
      stream: { name: "rehearsal" },
      publishToken: { label: "rehearsal" },
      storage: "PLATFORM",
      problem: null,
      expiresAt: null,
    };
    const unfinished = { ...facts, state: "PROCESSING", bytes: null, format: null, tracks: [] };
    expect(await recording()).toEqual([{ ...unfinished, endedAt: null, processingSince: null, durationSeconds: 30 }]);
    gateway.sandbox.clock.advance(35_000);
    const endedAt = "2026-03-18T10:21:00.000Z";
    expect(await recording()).toEqual([{ ...unfinished, endedAt, processingSince: endedAt, durationSeconds: 60 }]);
    gateway.sandbox.clock.advance(MINUTE);
    expect(await recording()).toEqual([
      {
        ...facts,
        state: "COMPLETE",
        endedAt,
        processingSince: null,
        durationSeconds: 60,
        bytes: "60000000",
        format: "mp4",
        tracks: [
          { type: "video", codec: "h264" },
          { type: "audio", codec: "opus" },
        ],
      },
    ]);
  });

  it("is listed newest first, by one call for a page", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.clearCalls();
    const { nodes, pageInfo } = await assets(gateway, 'stream: { name: "opera-night" }, first: 3');
    expect(nodes.map(({ startedAt, state, stream }) => [startedAt.slice(0, 10), state, stream.name])).toEqual([
      ["2026-03-14", "COMPLETE", "opera-night"],
      ["2026-03-13", "COMPLETE", "opera-night"],
      ["2026-03-12", "COMPLETE", "opera-night"],
    ]);
    expect(pageInfo.hasNextPage).toBe(true);
    expect(calls(gateway)).toHaveLength(1);
    const next = await assets(gateway, `stream: { name: "opera-night" }, first: 2, after: "${pageInfo.endCursor}"`);
    expect(next.nodes.map(({ startedAt }) => startedAt.slice(0, 10))).toEqual(["2026-03-07", "2026-03-06"]);
    expect(calls(gateway)).toHaveLength(2);
  });

  it("is found by token, state, time and order", async () => {
    await using gateway = await createTestGateway();
    const days = async (args: string) =>
      (await assets(gateway, args)).nodes.map(({ startedAt }) => startedAt.slice(0, 10));
    expect(
      await days(
        'order: OLDEST_FIRST, window: { range: { from: "2026-03-06T00:00:00Z", to: "2026-03-13T00:00:00Z" } }',
      ),
    ).toEqual(["2026-03-06", "2026-03-07", "2026-03-12"]);
    expect(await days('window: { last: "P6D" }, stream: { name: "opera-night" }')).toEqual([
      "2026-03-14",
      "2026-03-13",
      "2026-03-12",
    ]);
    expect(await days("states: [ERROR]")).toEqual([]);
    expect(await days("types: [CLIP]")).toEqual([]);
    const tokenId = gateway.sandbox.tokens.publish().find(({ label }) => label === "opera-night")?.id;
    expect(await days(`publishToken: { tokenId: ${tokenId} }, first: 1`)).toEqual(["2026-03-14"]);
    expect((await days('stream: { name: "harbor-news-24" }, types: [TIMELINE], window: { last: "P1D" }')).length).toBe(
      2,
    );
  });

  it.each([
    ["no type", "types: []", "types"],
    ["no state", "states: []", "states"],
    ["deleted ones", "states: [COMPLETE, DELETED]", "states"],
    ["a cursor of another list", 'after: "bm8"', "after"],
    ["too large a page", "first: 101", "first"],
    [
      "a window upside down",
      'window: { range: { from: "2026-03-18T00:00:00Z", to: "2026-03-17T00:00:00Z" } }',
      "window.range",
    ],
  ])("cannot be listed with %s, which causes no call", async (_what, args, argument) => {
    await using gateway = await createTestGateway();
    gateway.sandbox.clearCalls();
    const { data, errors } = await gateway.ask(`{ mediaAssets(${args}) { nodes { id } } }`);
    expect(data).toEqual({ mediaAssets: null });
    expect(errors).toMatchObject([{ extensions: { argument } }]);
    expect(gateway.sandbox.calls()).toEqual([]);
  });
});

describe("Query.mediaAssets of hundreds", () => {
  const TIMES = 230;
  /** Ids in the order of their broadcasts. */
  async function many(gateway: TestGateway): Promise<string[]> {
    await gateway.ask(
      'mutation { setRecording(input: { stream: { name: "rehearsal" }, isRecording: true }) { userErrors { code } } }',
    );
    await broadcast(gateway, "rehearsal", TIMES);
    return all(gateway, "OLDEST_FIRST", 100);
  }
  async function all(gateway: TestGateway, order: string, first: number): Promise<string[]> {
    const ids: string[] = [];
    let after = "";
    for (;;) {
      const { nodes, pageInfo } = await assets(
        gateway,
        `stream: { name: "rehearsal" }, order: ${order}, first: ${first} ${after}`,
      );
      ids.push(...nodes.map(({ assetId }) => assetId));
      if (!pageInfo.hasNextPage) return ids;
      after = `, after: "${pageInfo.endCursor}"`;
    }
  }

  it("can be paged through in either order, in pages of any size, each asset once", async () => {
    await using gateway = await createTestGateway();
    const ids = await many(gateway);
    expect(new Set(ids).size).toBe(TIMES);
    expect(await all(gateway, "NEWEST_FIRST", 70)).toEqual(ids.toReversed());
    gateway.sandbox.clearCalls();
    expect(await all(gateway, "OLDEST_FIRST", 70)).toEqual(ids);
    // Four pages of ours, three of the platform's: one of ours reaches over the edge of each of those.
    expect(calls(gateway).length).toBeLessThanOrEqual(6);
  });

  it("neither skips nor repeats an asset when others come and go between two pages", async () => {
    await using gateway = await createTestGateway();
    const ids = await many(gateway);
    const oldest = 'stream: { name: "rehearsal" }, order: OLDEST_FIRST, first: 100';
    const page = await assets(gateway, oldest);
    // More than a whole page of the platform's is gone in front of the cursor.
    for (const begin of [0, 50]) {
      await gateway.ask(
        `mutation ($ids: [MediaAssetRef!]!) { deleteMediaAssets(input: { mediaAssets: $ids }) { deletedCount userErrors { code } } }`,
        { ids: ids.slice(begin, begin + 50).map((assetId) => ({ assetId })) },
      );
    }
    gateway.sandbox.clock.advance(MINUTE);
    const next = await assets(gateway, `${oldest}, after: "${page.pageInfo.endCursor}"`);
    expect(next.nodes.map(({ assetId }) => assetId)).toEqual(ids.slice(100, 200));

    const newest = 'stream: { name: "rehearsal" }, order: NEWEST_FIRST, first: 60';
    const first = await assets(gateway, newest);
    await broadcast(gateway, "rehearsal", 45);
    const second = await assets(gateway, `${newest}, after: "${first.pageInfo.endCursor}"`);
    expect(second.nodes.map(({ assetId }) => assetId)).toEqual(ids.slice(110, 170).toReversed());
  });

  it("reads a window deep in the list by few calls", async () => {
    await using gateway = await createTestGateway();
    const ids = await many(gateway);
    gateway.sandbox.clearCalls();
    const from = new Date(Date.parse("2026-03-18T10:00:00Z") + 210 * HOUR).toISOString();
    const to = new Date(Date.parse("2026-03-18T10:00:00Z") + 215 * HOUR).toISOString();
    const { nodes } = await assets(
      gateway,
      `stream: { name: "rehearsal" }, order: OLDEST_FIRST, window: { range: { from: "${from}", to: "${to}" } }`,
    );
    expect(nodes.map(({ assetId }) => assetId)).toEqual(ids.slice(210, 215));
    // The pages are looked at by steps that double, and then by halves.
    expect(calls(gateway).length).toBeLessThanOrEqual(4);
  });
});

describe("Query.mediaAsset", () => {
  const newest = async (gateway: TestGateway) => (await assets(gateway, "first: 1")).nodes[0] as Asset;

  it("finds an asset by its global id and by the platform's, with one read for one request", async () => {
    await using gateway = await createTestGateway();
    const { id, assetId } = await newest(gateway);
    gateway.sandbox.clearCalls();
    const { data } = await gateway.ask(
      `{ node(id: "${id}") { ... on MediaAsset { assetId } } a: mediaAsset(by: { assetId: "${assetId}" }) { id }
         b: mediaAsset(by: { id: "${id}" }) { download { fileUrlExpiresAt } } }`,
    );
    expect(data).toEqual({
      node: { assetId },
      a: { id },
      b: { download: { fileUrlExpiresAt: "2026-03-18T11:20:00.000Z" } },
    });
    expect(calls(gateway)).toHaveLength(1);
  });

  it.each([
    ["unknown", "0123456789abcdef0123456789abcdef"],
    ["malformed", "../account/info"],
    ["empty", ""],
  ])("answers NOT_FOUND for an id that is %s", async (_what, assetId) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(`{ mediaAsset(by: { assetId: "${assetId}" }) { id } }`);
    expect(data).toEqual({ mediaAsset: null });
    expect(errors).toMatchObject([{ extensions: { code: "NOT_FOUND", argument: "by" } }]);
  });

  it("is null, and nothing else is, when the platform's media API is down", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: ASSETS, status: 503 });
    const { data, errors } = await gateway.ask(
      '{ mediaAssets { nodes { id } } stream(by: { name: "rehearsal" }) { name } }',
    );
    expect(data).toEqual({ mediaAssets: null, stream: { name: "rehearsal" } });
    expect(errors).toMatchObject([{ path: ["mediaAssets"], extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
  });
});

describe("MediaAsset.download", () => {
  const download = "download { fileUrl fileUrlExpiresAt playbackUrl }";

  it("needs a scope of its own, and each reading is audited", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ mediaAssets: { nodes: { id: string; download: { fileUrl: string } }[] } }>(
      `{ mediaAssets(first: 1) { nodes { id ${download} } } }`,
    );
    const [asset] = data.mediaAssets.nodes;
    expect(asset?.download).toEqual({
      fileUrl: expect.stringMatching(/^https:\/\/media\.sandbox\.example\/.+signature=/),
      fileUrlExpiresAt: "2026-03-18T11:20:00.000Z",
      playbackUrl: null,
    });
    const log = await gateway.ask("{ auditLog(first: 1) { nodes { operation objectId detail } } }");
    expect(log.data).toEqual({
      auditLog: { nodes: [{ operation: "reveal", objectId: asset?.id, detail: '{"field":"download"}' }] },
    });
    expect(gateway.logged()).not.toContain("signature=");
  });

  it("is null without the scope media:reveal, and the rest of the asset is served", async () => {
    await using gateway = await createTestGateway({ scopes: ["stream:read"] });
    const { data, errors } = await gateway.ask(`{ mediaAssets(first: 1) { nodes { state ${download} } } }`);
    expect(data).toEqual({ mediaAssets: { nodes: [{ state: "COMPLETE", download: null }] } });
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", scope: "media:reveal" } }]);
  });

  it("is null until the media is complete, without an error or an audit entry", async () => {
    await using gateway = await createTestGateway();
    const token = tokenOf(gateway, "opera-night");
    await gateway.sandbox.startFeed({ token, streamName: "opera-night", bitsPerSecond: 8_000_000 });
    gateway.sandbox.clock.advance(MINUTE);
    const { data, errors } = await gateway.ask(`{ mediaAssets(states: [PROCESSING]) { nodes { state ${download} } } }`);
    expect(data).toEqual({ mediaAssets: { nodes: [{ state: "PROCESSING", download: null }] } });
    expect(errors).toEqual([]);
    const log = await gateway.ask("{ auditLog { nodes { operation } } }");
    expect(log.data).toEqual({ auditLog: { nodes: [] } });
  });
});

describe("Mutation.deleteMediaAssets", () => {
  interface Deleted {
    readonly deletions: readonly { assetId: string | null; outcome: string; isRetryable: boolean }[];
    readonly deletedCount: number;
    readonly remainingCount: number;
    readonly userErrors: readonly { code: string; message: string; path: readonly string[] | null }[];
  }
  async function remove(gateway: TestGateway, refs: readonly object[]): Promise<Deleted> {
    const { data, errors } = await gateway.ask<{ deleteMediaAssets: Deleted }>(
      `mutation ($refs: [MediaAssetRef!]!) { deleteMediaAssets(input: { mediaAssets: $refs }) {
         deletions { assetId outcome isRetryable } deletedCount remainingCount userErrors { code message path } } }`,
      { refs },
    );
    expect(errors).toEqual([]);
    return data.deleteMediaAssets;
  }
  const outcomesOf = ({ deletions }: Deleted) => deletions.map(({ outcome }) => outcome);

  it("deletes many by one call, within moments", async () => {
    await using gateway = await createTestGateway();
    const { nodes } = await assets(gateway, 'stream: { name: "opera-night" }, first: 3');
    gateway.sandbox.clearCalls();
    const done = await remove(
      gateway,
      nodes.map(({ id }) => ({ id })),
    );
    expect(done).toMatchObject({ deletedCount: 3, remainingCount: 0, userErrors: [] });
    expect(outcomesOf(done)).toEqual(["DELETED", "DELETED", "DELETED"]);
    expect(calls(gateway)).toHaveLength(1);
    const state = async () =>
      (await gateway.ask(`{ mediaAsset(by: { id: "${nodes[0]?.id}" }) { state removedAt } }`)).data;
    expect(await state()).toEqual({ mediaAsset: { state: "DELETING", removedAt: null } });
    gateway.sandbox.clock.advance(MINUTE);
    expect(await state()).toEqual({ mediaAsset: { state: "DELETED", removedAt: "2026-03-18T10:20:00.000Z" } });
  });

  it("returns an outcome for each asset, and may be sent again until all are gone", async () => {
    await using gateway = await createTestGateway();
    const [old] = (await assets(gateway, 'stream: { name: "opera-night" }, first: 1')).nodes;
    const token = tokenOf(gateway, "opera-night");
    await gateway.sandbox.startFeed({ token, streamName: "opera-night", bitsPerSecond: 8_000_000, seconds: 60 });
    gateway.sandbox.clock.advance(30_000);
    const [live] = (await assets(gateway, "states: [PROCESSING]")).nodes;
    const refs = [{ id: old?.id }, { assetId: live?.assetId }, { assetId: "unknown" }, { id: "no id" }];
    const partly = await remove(gateway, refs);
    expect(partly).toEqual({
      deletions: [
        { assetId: old?.assetId, outcome: "DELETED", isRetryable: false },
        { assetId: live?.assetId, outcome: "NOT_READY", isRetryable: true },
        { assetId: "unknown", outcome: "NOT_FOUND", isRetryable: false },
        { assetId: null, outcome: "NOT_FOUND", isRetryable: false },
      ],
      deletedCount: 1,
      remainingCount: 1,
      userErrors: [
        { code: "CONFLICT", message: expect.stringContaining("processing"), path: ["input", "mediaAssets", "1"] },
        { code: "NOT_FOUND", message: expect.any(String), path: ["input", "mediaAssets", "2"] },
        { code: "NOT_FOUND", message: expect.any(String), path: ["input", "mediaAssets", "3"] },
      ],
    });
    gateway.sandbox.clock.advance(HOUR);
    const again = await remove(gateway, refs.slice(0, 2));
    expect(outcomesOf(again)).toEqual(["ALREADY_DELETED", "DELETED"]);
    expect(again).toMatchObject({ deletedCount: 2, remainingCount: 0, userErrors: [] });
  });

  it("returns UNKNOWN after a lost response, and settles it when sent again", async () => {
    await using gateway = await createTestGateway();
    const [asset] = (await assets(gateway, "first: 1")).nodes;
    gateway.sandbox.fault({ method: "DELETE", path: ASSETS, drop: "after", times: 1 });
    const lost = await remove(gateway, [{ id: asset?.id }]);
    expect(lost).toMatchObject({
      deletions: [{ outcome: "UNKNOWN", isRetryable: true }],
      deletedCount: 0,
      remainingCount: 1,
      userErrors: [{ code: "OUTCOME_UNKNOWN", path: null }],
    });
    expect(outcomesOf(await remove(gateway, [{ id: asset?.id }]))).toEqual(["ALREADY_DELETED"]);
  });

  it.each([
    ["none", 0],
    ["more than a thousand", 1_001],
  ])("rejects a list of %s before any call", async (_what, count) => {
    await using gateway = await createTestGateway();
    gateway.sandbox.clearCalls();
    const { userErrors } = await remove(
      gateway,
      Array.from({ length: count }, () => ({ assetId: "a" })),
    );
    expect(userErrors).toMatchObject([{ code: "LIMIT_EXCEEDED", path: ["input", "mediaAssets"] }]);
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("rejects analysts and keys without media:write", async () => {
    await using gateway = await createTestGateway({ scopes: ["stream:read", "media:reveal"] });
    const { errors } = await gateway.ask(
      'mutation { deleteMediaAssets(input: { mediaAssets: [{ assetId: "a" }] }) { deletedCount } }',
    );
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  });
});

describe("MediaExpiry", () => {
  const rules = "timelineDays recordingDays clipDays clippableSince";

  it("is unlimited, and a day for the cache, unless the account has rules", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(`{ account { mediaExpiry { ${rules} } } }`);
    expect(data).toEqual({
      account: {
        mediaExpiry: {
          timelineDays: 1,
          recordingDays: null,
          clipDays: null,
          clippableSince: "2026-03-17T10:20:00.000Z",
        },
      },
    });
  });

  it("is set rule by rule, and null removes a rule", async () => {
    await using gateway = await createTestGateway();
    const update = async (input: string) =>
      (
        await gateway.ask<{ updateMediaExpiry: unknown }>(
          `mutation { updateMediaExpiry(input: { ${input} }) { mediaExpiry { ${rules} } userErrors { code path } } }`,
        )
      ).data.updateMediaExpiry;
    expect(await update("timelineDays: 3, recordingDays: 30")).toMatchObject({
      mediaExpiry: { timelineDays: 3, recordingDays: 30, clipDays: null, clippableSince: "2026-03-15T10:20:00.000Z" },
      userErrors: [],
    });
    expect(await update("recordingDays: null, clipDays: 365")).toMatchObject({
      mediaExpiry: { timelineDays: 3, recordingDays: null, clipDays: 365 },
    });
    gateway.sandbox.clearCalls();
    for (const [input, argument] of [
      ["", ["input"]],
      ["clipDays: 0", ["input", "clipDays"]],
      ["recordingDays: 366", ["input", "recordingDays"]],
    ] as const) {
      expect(await update(input)).toEqual({
        mediaExpiry: null,
        userErrors: [{ code: "INVALID_INPUT", path: argument }],
      });
    }
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("applies to recordings that began under the rule", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("mutation { updateMediaExpiry(input: { recordingDays: 2 }) { userErrors { code } } }");
    await broadcast(gateway, "opera-night", 1);
    const newest = () =>
      gateway.ask<{ mediaAssets: { nodes: { startedAt: string; expiresAt: string | null }[] } }>(
        '{ mediaAssets(stream: { name: "opera-night" }, first: 2) { nodes { startedAt expiresAt } } }',
      );
    expect((await newest()).data.mediaAssets.nodes).toEqual([
      { startedAt: "2026-03-18T10:20:00.000Z", expiresAt: "2026-03-20T10:21:00.000Z" },
      { startedAt: "2026-03-14T18:00:00.000Z", expiresAt: null },
    ]);
    gateway.sandbox.clock.advance(2 * DAY);
    expect((await newest()).data.mediaAssets.nodes[0]?.startedAt).toBe("2026-03-14T18:00:00.000Z");
  });
});
