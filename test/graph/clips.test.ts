import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

const ASSETS = "/api/v3/media/assets";
const MINUTE = 60_000;

interface Cut {
  readonly clips: readonly Record<string, unknown>[];
  readonly userErrors: readonly { code: string; message: string; path: readonly string[] | null }[];
}

/** Ten minutes of a stream that is live and can be clipped, unless `fields` say otherwise. */
async function cut(
  gateway: TestGateway,
  fields = "",
  selection = "type state name startedAt endedAt durationSeconds",
): Promise<Cut> {
  const input = `idempotencyKey: "goal", stream: { name: "harbor-news-24" } ${fields}`;
  const span = fields.includes("from:") ? "" : ', from: "2026-03-18T10:00:00Z", to: "2026-03-18T10:10:00Z"';
  const { data, errors } = await gateway.ask<{ createClip: Cut }>(
    `mutation { createClip(input: { ${input} ${span} }) { clips { ${selection} } userErrors { code message path } } }`,
  );
  expect(errors).toEqual([]);
  return data.createClip;
}

const orders = (gateway: TestGateway) => gateway.sandbox.calls().filter(({ method }) => method === "POST");
const clipIds = async (gateway: TestGateway) => {
  const { data } = await gateway.ask<{ mediaAssets: { nodes: { assetId: string }[] } }>(
    "{ mediaAssets(types: [CLIP]) { nodes { assetId } } }",
  );
  return data.mediaAssets.nodes.map(({ assetId }) => assetId);
};

describe("Mutation.createClip", () => {
  it("cuts a clip while the stream is live, which is complete some time later", async () => {
    await using gateway = await createTestGateway();
    const { clips, userErrors } = await cut(gateway, ', name: "lead story"', "id state name processingSince");
    expect(userErrors).toEqual([]);
    expect(clips).toEqual([
      {
        id: expect.any(String),
        state: "PROCESSING",
        name: "lead story",
        processingSince: "2026-03-18T10:20:00.000Z",
      },
    ]);
    const read = async () =>
      (
        await gateway.ask<{ node: object }>(
          `{ node(id: "${clips[0]?.["id"]}") { ... on MediaAsset { state processingSince durationSeconds startedAt endedAt bytes } } }`,
        )
      ).data.node;
    gateway.sandbox.clock.advance(19_000);
    expect(await read()).toMatchObject({ state: "PROCESSING" });
    gateway.sandbox.clock.advance(1_000);
    expect(await read()).toEqual({
      state: "COMPLETE",
      processingSince: null,
      durationSeconds: 600,
      startedAt: "2026-03-18T10:00:00.000Z",
      endedAt: "2026-03-18T10:10:00.000Z",
      bytes: expect.stringMatching(/^\d{9,}$/),
    });
  });

  it("creates the requested format, played by its distribution and deleted at its time", async () => {
    await using gateway = await createTestGateway();
    const made = await gateway.ask<{ createMediaDistribution: { mediaDistribution: { id: string } } }>(
      'mutation { createMediaDistribution(input: { idempotencyKey: "d", name: "open" }) { mediaDistribution { id } } }',
    );
    const { id } = made.data.createMediaDistribution.mediaDistribution;
    const { clips } = await cut(
      gateway,
      `, format: HLS, expiresAt: "2026-03-19T10:20:00Z", distribution: { id: "${id}" }, customPath: "news/lead"`,
      "assetId expiresAt customPath distribution { name isOpen }",
    );
    expect(clips).toEqual([
      {
        assetId: expect.any(String),
        expiresAt: "2026-03-19T10:20:00.000Z",
        customPath: "news/lead",
        distribution: { name: "open", isOpen: true },
      },
    ]);
    gateway.sandbox.clock.advance(5 * MINUTE);
    const { data } = await gateway.ask(
      `{ mediaAsset(by: { assetId: "${clips[0]?.["assetId"]}" }) { format download { fileUrl playbackUrl } } }`,
    );
    expect(data).toEqual({
      mediaAsset: {
        format: "hls",
        download: {
          fileUrl: null,
          playbackUrl: "https://cdn.optiview.dolby.com/vod/SYN4DX/news/lead/index.m3u8",
        },
      },
    });
    gateway.sandbox.clock.set("2026-03-19T10:20:00Z");
    expect(await clipIds(gateway)).toEqual([]);
  });

  it("creates a clip of each stretch if the stream restarted", async () => {
    await using gateway = await createTestGateway();
    const token = gateway.sandbox.tokens.publish().find(({ label }) => label === "fan-zone")?.token ?? "";
    for (let time = 0; time < 2; time += 1) {
      await gateway.sandbox.startFeed({ token, streamName: "fan-zone", bitsPerSecond: 8_000_000, seconds: 60 });
      gateway.sandbox.clock.advance(2 * MINUTE);
    }
    const { data } = await gateway.ask<{ createClip: Cut }>(
      `mutation { createClip(input: { idempotencyKey: "k", stream: { name: "fan-zone" }, from: "2026-03-18T10:20:00Z" }) {
         clips { startedAt durationSeconds } userErrors { code } } }`,
    );
    expect(data.createClip.clips).toEqual([
      { startedAt: "2026-03-18T10:20:00.000Z", durationSeconds: 60 },
      { startedAt: "2026-03-18T10:22:00.000Z", durationSeconds: 60 },
    ]);
  });
});

describe("Mutation.createClip with an idempotency key", () => {
  it("returns the same clip however often the key is sent, even a day later when nothing is cached", async () => {
    await using gateway = await createTestGateway();
    const first = await cut(gateway, "", "assetId");
    expect(await cut(gateway, "", "assetId")).toEqual(first);
    gateway.sandbox.clock.advance(23.9 * 60 * MINUTE);
    expect(await cut(gateway, "", "assetId")).toEqual(first);
    expect(orders(gateway)).toHaveLength(1);
    expect(await clipIds(gateway)).toEqual(first.clips.map(({ assetId }) => assetId));
  });

  it("rejects a key that was used for another span", async () => {
    await using gateway = await createTestGateway();
    await cut(gateway);
    const other = await cut(gateway, ', from: "2026-03-18T10:00:00Z", to: "2026-03-18T10:05:00Z"');
    expect(other.userErrors).toMatchObject([{ code: "IDEMPOTENCY_MISMATCH", path: ["input", "idempotencyKey"] }]);
    expect(await clipIds(gateway)).toHaveLength(1);
  });

  it("sends an order with a lost response again under the platform's own key, and cuts nothing twice", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "POST", path: ASSETS, drop: "after", times: 1 });
    const { clips, userErrors } = await cut(gateway, "", "assetId");
    expect(userErrors).toEqual([]);
    expect(orders(gateway)).toHaveLength(2);
    expect(await clipIds(gateway)).toEqual(clips.map(({ assetId }) => assetId));
  });

  it("answers OUTCOME_UNKNOWN if the response stays lost, and settles it by the key, also on another gateway", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "POST", path: ASSETS, drop: "after", times: 2 });
    expect(await cut(gateway)).toMatchObject({ clips: [], userErrors: [{ code: "OUTCOME_UNKNOWN" }] });
    // The first gateway is gone; a second one of the same store goes on.
    await using second = await createTestGateway({ over: gateway.sandbox, gateway: { store: gateway.store } });
    const { clips, userErrors } = await cut(second, "", "assetId");
    expect(userErrors).toEqual([]);
    expect(await clipIds(second)).toEqual(clips.map(({ assetId }) => assetId));
  });

  it("does not return clips that have been deleted since", async () => {
    await using gateway = await createTestGateway();
    const { clips } = await cut(gateway, "", "assetId");
    gateway.sandbox.clock.advance(MINUTE);
    await gateway.ask(
      `mutation { deleteMediaAssets(input: { mediaAssets: [{ assetId: "${clips[0]?.["assetId"]}" }] }) { deletedCount } }`,
    );
    gateway.sandbox.clock.advance(MINUTE);
    expect(await cut(gateway)).toMatchObject({
      clips: [],
      userErrors: [{ code: "CONFLICT", path: ["input", "idempotencyKey"] }],
    });
  });
});

describe("Mutation.createClip rejects an order", () => {
  it.each([
    ["when it begins in the future", ', from: "2026-03-18T10:30:00Z"', "INVALID_INPUT", "from"],
    ["when it ends in the future", ', from: "2026-03-18T10:00:00Z", to: "2026-03-18T10:30:00Z"', "INVALID_INPUT", "to"],
    ["when it is upside down", ', from: "2026-03-18T10:10:00Z", to: "2026-03-18T10:00:00Z"', "INVALID_INPUT", "to"],
    ["of less than 10 seconds", ', from: "2026-03-18T10:10:00Z", to: "2026-03-18T10:10:09Z"', "INVALID_INPUT", "to"],
    ["of more than 8 hours", ', from: "2026-03-18T02:00:00Z", to: "2026-03-18T10:00:01Z"', "INVALID_INPUT", "to"],
    ["with a colon in its name", ', name: "10:00"', "INVALID_INPUT", "name"],
    ["without a letter in its name", ', name: ""', "INVALID_INPUT", "name"],
    ["that is gone before it is made", ', expiresAt: "2026-03-18T10:20:00Z"', "INVALID_INPUT", "expiresAt"],
    ["with an endless path", `, customPath: "${"x".repeat(513)}"`, "INVALID_INPUT", "customPath"],
    ["of a distribution that can be none", ', distribution: { id: "x" }', "NOT_FOUND", "distribution"],
    [
      "that is out of the cache",
      ', from: "2026-03-17T10:19:59Z", to: "2026-03-17T10:30:00Z"',
      "CLIP_NOT_CACHED",
      "from",
    ],
  ])("%s, before any call", async (_what, fields, code, argument) => {
    await using gateway = await createTestGateway();
    const { clips, userErrors } = await cut(gateway, fields);
    expect(clips).toEqual([]);
    expect(userErrors).toMatchObject([{ code, path: ["input", argument] }]);
    expect(orders(gateway)).toEqual([]);
  });

  it("before the account's retention of the cache, and the message has the limit", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("mutation { updateMediaExpiry(input: { timelineDays: 2 }) { userErrors { code } } }");
    const span = ', from: "2026-03-17T05:00:00Z", to: "2026-03-17T05:10:00Z"';
    expect((await cut(gateway, span)).userErrors).toEqual([]);
    await gateway.ask("mutation { updateMediaExpiry(input: { timelineDays: 1 }) { userErrors { code } } }");
    const late = await gateway.ask<{ createClip: Cut }>(
      `mutation { createClip(input: { idempotencyKey: "late", stream: { name: "harbor-news-24" } ${span} }) {
         userErrors { code message } } }`,
    );
    expect(late.data.createClip.userErrors).toEqual([
      {
        code: "CLIP_NOT_CACHED",
        message: "`input.from` must not be before 2026-03-17T10:20:00Z: clips are cut from a cache of 1 day.",
      },
    ]);
  });

  it("if the platform has nothing of the stream, with what is needed; the key may be used again", async () => {
    await using gateway = await createTestGateway();
    const of = async (name: string) =>
      (
        await gateway.ask<{ createClip: Cut }>(
          `mutation { createClip(input: { idempotencyKey: "k-${name}", stream: { name: "${name}" }, from: "2026-03-18T10:00:00Z" }) {
             clips { state } userErrors { code message } } }`,
        )
      ).data.createClip;
    // Live, but its publish token does not clip; and idle.
    for (const name of ["derby-final", "fan-zone", "derby-final"]) {
      expect(await of(name)).toEqual({
        clips: [],
        userErrors: [{ code: "CLIP_NOT_CACHED", message: expect.stringContaining("`isClipping`") }],
      });
    }
  });

  it("for other reasons of the platform", async () => {
    await using gateway = await createTestGateway();
    await cut(gateway, ', customPath: "taken"');
    const { data } = await gateway.ask<{ createClip: Cut }>(
      `mutation { createClip(input: { idempotencyKey: "k", stream: { name: "harbor-news-24" }, customPath: "taken",
         from: "2026-03-18T10:00:00Z" }) { clips { state } userErrors { code message } } }`,
    );
    expect(data.createClip.userErrors).toEqual([
      { code: "UPSTREAM_REJECTED", message: expect.stringContaining("The custom path 'taken' is taken") },
    ]);
  });

  it("of a key without media:write, and audits every other order", async () => {
    await using without = await createTestGateway({ scopes: ["stream:read", "token:write"] });
    const { errors } = await without.ask(
      'mutation { createClip(input: { idempotencyKey: "k", stream: { name: "harbor-news-24" }, from: "2026-03-18T10:00:00Z" }) { clips { state } } }',
    );
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    await using gateway = await createTestGateway();
    await cut(gateway);
    const { data } = await gateway.ask("{ auditLog(first: 1) { nodes { operation outcome } } }");
    expect(data).toEqual({ auditLog: { nodes: [{ operation: "createClip", outcome: "DONE" }] } });
  });
});
