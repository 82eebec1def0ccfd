import { describe, expect, it } from "vitest";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { type ApiClient, admitted, clientOf, publishToken, START, type Wire } from "../support/sandbox.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const DAY = 24 * HOUR;

const sandboxAtStart = () => createConformantSandbox({ startAt: START, frozen: true });
const ASSETS = "/api/v3/media/assets";

/** Puts `rehearsal` on air at 8 Mbit/s with changed token settings. */
async function onAir(sandbox: Sandbox, settings: object, feed: object = {}): Promise<string> {
  const { id, token } = publishToken(sandbox, "rehearsal");
  if (Object.keys(settings).length > 0) {
    expect((await clientOf(sandbox).put(`/api/v2/publish_token/${id}`, settings)).status).toBe(200);
  }
  const started = sandbox.startFeed({ token, streamName: "rehearsal", bitsPerSecond: 8_000_000, ...feed });
  return (await admitted(started)).feedId;
}

const agoOf = (sandbox: Sandbox) => (ms: number) => new Date(sandbox.clock.now() - ms).toISOString();
const list = async (client: ApiClient, query: Record<string, string | number | boolean | string[]> = {}) =>
  (await client.get(ASSETS, query)).body.data as Wire[];
const read = async (client: ApiClient, id: string) => (await client.get(`${ASSETS}/${id}`)).body.data as Wire;
const ofRehearsal = { streamName: "rehearsal" };

describe("sandbox recording", () => {
  it("follows from a broadcast whose token records, and is complete some time after its end", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const feedId = await onAir(sandbox, { record: true }, { sourceId: "cam-1" });
    sandbox.clock.advance(9_999);
    expect(await list(client, ofRehearsal)).toEqual([]);
    sandbox.clock.advance(1);
    const [running] = await list(client, ofRehearsal);
    expect(running).toMatchObject({
      type: "recording",
      status: "processing",
      startTime: "2025-06-18T10:37:00.000Z",
      feed: { tokenId: publishToken(sandbox, "rehearsal").id, streamName: "rehearsal", sourceId: "cam-1" },
    });
    expect(running.stopTime).toBeUndefined();
    sandbox.clock.advance(50_000);
    sandbox.stopFeed(feedId);
    expect(await list(client, ofRehearsal)).toMatchObject([
      { status: "processing", stopTime: "2025-06-18T10:38:00.000Z" },
    ]);
    sandbox.clock.advance(11_000);
    expect(await read(client, running.id)).toMatchObject({
      status: "complete",
      metadata: { format: "mp4", duration: 60, sizes: { mp4: 60_000_000 } },
      download: {
        downloadUrl: expect.stringContaining(running.id),
        downloadExpiresOn: "2025-06-18T11:38:11.000Z",
      },
    });
    expect((await list(client, ofRehearsal))[0].download).toBeUndefined();
  });

  it("needs ten seconds and a token that records", async () => {
    await using sandbox = await sandboxAtStart();
    const feedId = await onAir(sandbox, { record: true });
    sandbox.clock.advance(9_000);
    sandbox.stopFeed(feedId);
    const plain = await onAir(sandbox, { record: false });
    sandbox.clock.advance(HOUR);
    sandbox.stopFeed(plain);
    sandbox.clock.advance(HOUR);
    expect(await list(clientOf(sandbox), ofRehearsal)).toEqual([]);
  });

  it("continues in a new asset after 24 hours", async () => {
    await using sandbox = await sandboxAtStart();
    await onAir(sandbox, { record: true });
    sandbox.clock.advance(DAY + HOUR);
    const parts = await list(clientOf(sandbox), ofRehearsal);
    expect(parts.map(({ startTime, stopTime, status }) => [startTime, stopTime, status])).toEqual([
      ["2025-06-18T10:37:00.000Z", "2025-06-19T10:37:00.000Z", "complete"],
      ["2025-06-19T10:37:00.000Z", undefined, "processing"],
    ]);
  });

  it("exists for the seed's broadcasts of the last month", async () => {
    await using sandbox = await sandboxAtStart();
    const recordings = await list(clientOf(sandbox), { streamName: "opera-night", limit: 100 });
    expect(recordings.length).toBeGreaterThan(8);
    for (const recording of recordings) expect(recording).toMatchObject({ status: "complete", type: "recording" });
  });

  it("can be read by its deprecated paths under an integer id", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { id, token } = publishToken(sandbox, "opera-night");
    const page = { page: 1, itemsOnPage: 3, isDescending: true };
    const files = (await client.get("/api/record_files/list", page)).body.data;
    expect(files).toHaveLength(3);
    expect(files[0]).toMatchObject({ tokenId: id, token, streamName: "opera-night", status: "Complete" });
    const same = (path: string, query: object) => client.get(`/api/record_files/${path}`, { ...page, ...query });
    expect((await same("list_by_token", { token })).body.data).toEqual(files);
    expect((await same("list_by_stream", { streamname: "opera-night" })).body.data).toEqual(files);
    expect((await same("list_by_stream", { streamname: "rehearsal" })).body.data).toEqual([]);
    const file = (await client.get(`/api/record_files/${files[0].id}`)).body.data;
    expect(file).toMatchObject({ ...files[0], download: { downloadUrl: expect.any(String) } });
    expect((await client.get("/api/record_files/1")).status).toBe(400);
    await onAir(sandbox, { record: true }, { seconds: 60 });
    const status = async () => (await same("list_by_stream", { streamname: "rehearsal" })).body.data[0].status;
    sandbox.clock.advance(30_000);
    expect(await status()).toBe("Started");
    sandbox.clock.advance(30_000);
    expect(await status()).toBe("Transcode");
    sandbox.clock.advance(MINUTE);
    expect(await status()).toBe("Complete");
  });
});

describe("sandbox clip", () => {
  async function clippable(sandbox: Sandbox) {
    const feedId = await onAir(sandbox, { clip: true });
    sandbox.clock.advance(HOUR);
    const client = clientOf(sandbox);
    const ago = agoOf(sandbox);
    const clip = (input: object, headers: Record<string, string> = {}) =>
      client.post(ASSETS, { streamName: "rehearsal", startTime: ago(10 * MINUTE), ...input }, headers);
    return { client, ago, clip, feedId };
  }

  it("is cut out of a live stream, and is complete some time later", async () => {
    await using sandbox = await sandboxAtStart();
    const { client, ago, clip } = await clippable(sandbox);
    const reply = await clip({ stopTime: ago(4 * MINUTE), name: "goal" });
    expect(reply.body.data).toMatchObject([
      {
        type: "clip",
        status: "processing",
        name: "goal",
        startTime: ago(10 * MINUTE),
        stopTime: ago(4 * MINUTE),
        created: ago(0),
      },
    ]);
    const [{ id }] = reply.body.data;
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    sandbox.clock.advance(15_999);
    expect(await read(client, id)).toMatchObject({ status: "processing" });
    sandbox.clock.advance(1);
    expect(await read(client, id)).toMatchObject({
      status: "complete",
      metadata: { duration: 360, sizes: { mp4: 360_000_000 } },
      download: { downloadUrl: expect.any(String) },
    });
  });

  it("is named after its id if the order names none", async () => {
    await using sandbox = await sandboxAtStart();
    const { clip } = await clippable(sandbox);
    const [{ id, name }] = (await clip({})).body.data;
    expect(name).toBe(id);
  });

  it("is created once for an Idempotency-Key, however often it is ordered", async () => {
    await using sandbox = await sandboxAtStart();
    const { client, ago, clip } = await clippable(sandbox);
    const [startTime, stopTime] = [ago(10 * MINUTE), ago(MINUTE)];
    const order = (name: string, key: string) => clip({ startTime, stopTime, name }, { "idempotency-key": key });
    const first = await order("a", "key-1");
    sandbox.clock.advance(HOUR);
    const again = await order("a", "key-1");
    expect(again.body.data).toMatchObject([{ id: first.body.data[0].id, status: "complete" }]);
    expect((await order("b", "key-1")).status).toBe(400);
    expect((await order("b", "key-2")).body.data[0].id).not.toBe(first.body.data[0].id);
    expect(await list(client, ofRehearsal)).toHaveLength(2);
    expect((await clip({ startTime, stopTime })).status).toBe(200);
    expect((await clip({ startTime, stopTime })).status).toBe(200);
    expect(await list(client, ofRehearsal)).toHaveLength(4);
  });

  it("is created once if the response is lost and the order is repeated under its key", async () => {
    await using sandbox = await sandboxAtStart();
    const { client, ago, clip } = await clippable(sandbox);
    const order = () => clip({ stopTime: ago(MINUTE) }, { "idempotency-key": "key-1" });
    sandbox.fault({ method: "POST", path: ASSETS, drop: "after", times: 1 });
    await expect(order()).rejects.toThrow();
    const [{ id }] = (await order()).body.data;
    expect((await list(client, ofRehearsal)).map((asset) => asset.id)).toEqual([id]);
  });

  it("is one of each stretch if the stream restarted, and one of each simulcast layer", async () => {
    await using sandbox = await sandboxAtStart();
    const { clip, feedId, ago } = await clippable(sandbox);
    sandbox.stopFeed(feedId);
    sandbox.clock.advance(5 * MINUTE);
    await onAir(sandbox, {}, { simulcastId: "" });
    await onAir(sandbox, {}, { simulcastId: "low", bitsPerSecond: 1_000_000 });
    sandbox.clock.advance(10 * MINUTE);
    const startTime = ago(20 * MINUTE);
    expect(
      (await clip({ startTime })).body.data.map(({ feed, startTime, stopTime }: Wire) => [
        feed.simulcastId,
        startTime,
        stopTime,
      ]),
    ).toEqual([
      [undefined, ago(20 * MINUTE), ago(15 * MINUTE)],
      ["", ago(10 * MINUTE), ago(0)],
      ["low", ago(10 * MINUTE), ago(0)],
    ]);
    expect((await clip({ startTime, simulcastId: "low" })).body.data).toHaveLength(1);
    expect((await clip({ startTime, simulcastId: "" })).body.data).toHaveLength(1);
    expect((await clip({ startTime, simulcastId: null })).body.data).toHaveLength(1);
    expect((await clip({ startTime, customPath: "one/for/three" })).status).toBe(400);
  });

  it("is cut from the source with the highest priority unless the order names one", async () => {
    await using sandbox = await sandboxAtStart();
    const { clip, ago } = await clippable(sandbox);
    await onAir(sandbox, {}, { sourceId: "backup", priority: 5 });
    sandbox.clock.advance(MINUTE);
    const startTime = ago(MINUTE);
    expect((await clip({ startTime })).body.data).toMatchObject([{ feed: { sourceId: "backup", priority: 5 } }]);
    expect((await clip({ startTime, sourceId: "none" })).status).toBe(400);
    const byToken = { streamName: null, tokenId: publishToken(sandbox, "rehearsal").id };
    expect((await clip({ startTime, ...byToken })).status).toBe(200);
  });

  it.each([
    ["one second short of ten", () => ({ from: 10 * MINUTE, to: 10 * MINUTE - 9_000 }), "StopTime"],
    ["a second over eight hours", () => ({ from: 9 * HOUR, to: HOUR - 1_000 }), "StopTime"],
    ["from the future", () => ({ from: -MINUTE, to: -2 * MINUTE }), "StartTime"],
    ["into the future", () => ({ from: MINUTE, to: -MINUTE }), "StopTime"],
  ])("is rejected %s", async (_, spanOf, field) => {
    await using sandbox = await sandboxAtStart();
    const { clip, ago } = await clippable(sandbox);
    const { from, to } = spanOf();
    const reply = await clip({ startTime: ago(from), stopTime: ago(to) });
    expect(reply).toMatchObject({ status: 400, body: { data: { message: "Validation errors" } } });
    expect(Object.keys(reply.body.data.errors)).toEqual([field]);
  });

  it("must have a name without a colon and the like", async () => {
    await using sandbox = await sandboxAtStart();
    const { clip } = await clippable(sandbox);
    expect((await clip({ name: "10:37" })).body).toEqual({
      status: "fail",
      data: { errors: { Name: ["Name may not contain character(s) (:)"] }, message: "Validation errors" },
    });
  });

  it("is rejected if nothing of it is in the cache", async () => {
    await using sandbox = await sandboxAtStart();
    const { client, clip, ago } = await clippable(sandbox);
    const none = { status: 400, body: { data: { message: expect.stringMatching(/^No timelines found/) } } };
    expect(await clip({ streamName: "derby-final" })).toMatchObject(none);
    expect(await clip({ streamName: "nobody" })).toMatchObject(none);
    expect(await clip({ startTime: ago(3 * HOUR), stopTime: ago(2 * HOUR) })).toMatchObject(none);
    sandbox.clock.advance(DAY);
    expect(await clip({ startTime: ago(DAY + 1000), stopTime: ago(DAY - HOUR) })).toMatchObject(none);
    expect((await clip({ startTime: ago(DAY), stopTime: ago(DAY - HOUR) })).status).toBe(200);
    await client.put("/api/v3/account/media/expiration", { timelines: { days: 2 } });
    expect((await clip({ startTime: ago(DAY + MINUTE), stopTime: ago(DAY) })).status).toBe(200);
  });

  it("can only be cut if the setting was on before the broadcast began", async () => {
    await using sandbox = await sandboxAtStart();
    await onAir(sandbox, {});
    const client = clientOf(sandbox);
    await client.put(`/api/v2/publish_token/${publishToken(sandbox, "rehearsal").id}`, { clip: true });
    sandbox.clock.advance(MINUTE);
    const order = { streamName: "rehearsal", startTime: agoOf(sandbox)(30_000) };
    expect((await client.post(ASSETS, order)).status).toBe(400);
  });

  it("expires by its own expiry or by the account's rule", async () => {
    await using sandbox = await sandboxAtStart();
    const { client, clip, ago } = await clippable(sandbox);
    const [kept] = (await clip({})).body.data;
    await client.put("/api/v3/account/media/expiration", { clips: { days: 3 } });
    const [ruled] = (await clip({})).body.data;
    const [own] = (await clip({ expiration: ago(-HOUR) })).body.data;
    expect(kept.expiration).toBeUndefined();
    expect([ruled.expiration, own.expiration]).toEqual([ago(-3 * DAY), ago(-HOUR)]);
    expect((await clip({ expiration: ago(1) })).status).toBe(400);
    sandbox.clock.advance(HOUR);
    expect(await read(client, own.id)).toMatchObject({ status: "deleted", removed: own.expiration });
    expect((await list(client, { ...ofRehearsal, type: "clip" })).map(({ id }) => id).sort()).toEqual(
      [kept.id, ruled.id].sort(),
    );
  });

  it("is stored in a bucket of the account, and fails if that cannot be written", async () => {
    await using sandbox = await sandboxAtStart();
    const { client, clip } = await clippable(sandbox);
    const bucket = (bucketName: string) => ({ type: "gcs", options: { bucketName, objectPrefix: "clips" } });
    const [good] = (await clip({ name: "goal", storage: bucket("archive") })).body.data;
    expect(good.storage).toEqual({ type: "gcs", path: "gs://archive/clips/goal.mp4" });
    const [bad] = (await clip({ storage: bucket("unreachable-archive") })).body.data;
    expect((await clip({ storage: { type: "awsS3", options: { bucketName: "no-region" } } })).status).toBe(400);
    sandbox.clock.advance(HOUR);
    const finished = await read(client, good.id);
    expect(finished.status).toBe("complete");
    expect(finished.download).toBeUndefined();
    expect(await read(client, bad.id)).toMatchObject({ status: "error", error: expect.stringContaining("denied") });
    expect((await list(client, { ...ofRehearsal, status: "error" })).map(({ id }) => id)).toEqual([bad.id]);
  });
});

describe("sandbox media assets", () => {
  it("are listed by stream, kind, status and time, in pages", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const newest = await list(client, { desc: true, limit: 2 });
    const next = await list(client, { desc: true, limit: 2, page: 2 });
    const times = [...newest, ...next].map(({ startTime }) => startTime);
    expect(times).toEqual([...times].sort().reverse());
    expect(new Set(times).size).toBe(4);
    expect((await list(client, { type: "timeline", streamName: "harbor-news-24" })).length).toBeGreaterThan(1);
    expect(await list(client, { type: ["clip", "storageValidation"] })).toEqual([]);
    expect((await client.get(ASSETS, { status: "Complete" })).status).toBe(400);
    expect((await client.get(ASSETS, { limit: 101 })).status).toBe(400);
    expect((await client.get(`${ASSETS}/none`)).body.data).toEqual({ mediaAssetId: "No media asset with id: none" });
  });

  it("are deleted by id, a hundred at a time, and only if complete or failed", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const [first, second] = await list(client, { streamName: "opera-night" });
    await onAir(sandbox, { record: true });
    sandbox.clock.advance(MINUTE);
    const [running] = await list(client, ofRehearsal);
    const remove = async (...ids: string[]) => client.delete(`${ASSETS}?${ids.map((id) => `id=${id}`).join("&")}`);
    expect((await remove(first.id, running.id, "none")).body.data).toEqual({
      itemsDeleted: 1,
      errors: [
        { id: running.id, error: expect.stringContaining("processing") },
        { id: "none", error: "No media asset with id: none" },
      ],
    });
    expect(await read(client, first.id)).toMatchObject({ status: "deleting" });
    expect((await list(client, { status: "deleting" })).map(({ id }) => id)).toEqual([first.id]);
    sandbox.clock.advance(10_000);
    expect(await read(client, first.id)).toMatchObject({ status: "deleted", removed: "2025-06-18T10:38:00.000Z" });
    expect(await list(client, { status: "deleted" })).toEqual([]);
    expect((await remove(...Array.from({ length: 101 }, (_, index) => `${index}`))).status).toBe(400);
    expect((await client.delete(ASSETS)).status).toBe(400);
    expect(await read(client, second.id)).toMatchObject({ status: "complete" });
    const all = (await client.delete(`${ASSETS}/all/recording`)).body.data;
    expect(all.errors).toEqual([{ id: running.id, error: expect.stringContaining("processing") }]);
    expect(all.itemsDeleted).toBeGreaterThan(5);
  });

  it("are retained for the days of the account's rule, recordings by the rule at their start", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const rules = (body: object) => client.put("/api/v3/account/media/expiration", body);
    expect((await client.get("/api/v3/account/media/expiration")).body.data).toEqual({});
    expect((await rules({ recordings: { days: 1 } })).body.data).toEqual({ recordings: { days: 1 } });
    const feedId = await onAir(sandbox, { record: true });
    sandbox.clock.advance(HOUR);
    expect((await rules({ recordings: {} })).body.data).toEqual({});
    sandbox.stopFeed(feedId);
    expect(await list(client, ofRehearsal)).toMatchObject([{ expiration: "2025-06-19T11:37:00.000Z" }]);
    sandbox.clock.advance(DAY);
    expect(await list(client, ofRehearsal)).toEqual([]);
    expect((await list(client, { streamName: "opera-night" })).length).toBeGreaterThan(8);
    const timelines = async () => (await list(client, { type: "timeline", status: "complete" })).length;
    const before = await timelines();
    await rules({ timelines: { days: 365 } });
    sandbox.clock.advance(DAY);
    expect(await timelines()).toBe(before + 2);
    await rules({ timelines: { days: 1 } });
    expect(await timelines()).toBe(before);
    expect((await rules({ clips: { days: 0 } })).status).toBe(400);
  });

  it("can be given a distribution and a custom path", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { id } = (await client.post("/api/v3/media/distributions", { name: "public" })).body.data;
    const [first, second] = await list(client, { streamName: "opera-night" });
    expect((await read(client, first.id)).download.url).toBeUndefined();
    const patch = (asset: Wire, body: object) => client.patch(`${ASSETS}/${asset.id}`, body);
    const changed = await patch(first, { mediaDistributionId: id, customPath: "shows/opera" });
    expect(changed.body.data).toMatchObject({
      mediaDistributionId: id,
      customPath: "shows/opera",
      download: { url: expect.stringContaining("https://cdn.optiview.dolby.com/vod/SYN4DX/shows/opera/") },
    });
    expect((await patch(second, { customPath: "shows/opera" })).status).toBe(400);
    expect((await patch(second, { mediaDistributionId: "none" })).status).toBe(400);
  });
});

describe("sandbox media distribution", () => {
  const path = "/api/v3/media/distributions";
  const key = "k".repeat(32);

  it("has at most two keys, whose secrets are never shown", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const made = await client.post(path, { name: "members", security: { keys: [{ name: "first", key }] } });
    const { id, security } = made.body.data;
    expect(security.keys).toEqual([{ id: expect.any(String), name: "first" }]);
    const keys = `${path}/${id}/security/keys`;
    expect((await client.post(keys, { key: "short" })).status).toBe(400);
    const second = (await client.post(keys, { key })).body.data;
    expect((await client.post(keys, { key })).status).toBe(400);
    expect((await client.delete(`${keys}/${security.keys[0].id}`)).status).toBe(204);
    expect((await client.get(keys)).body.data).toEqual([second]);
    expect((await client.delete(`${keys}/${security.keys[0].id}`)).status).toBe(400);
    expect((await client.get(`${path}/${id}`)).text).not.toContain(key);
  });

  it("replaces the former default for later assets if it becomes the default", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const make = async (name: string) => (await client.post(path, { name, default: true })).body.data;
    const first = await make("first");
    const feedId = await onAir(sandbox, { record: true });
    sandbox.clock.advance(MINUTE);
    const second = await make("second");
    sandbox.stopFeed(feedId);
    expect((await client.get(`${path}/${first.id}`)).body.data.default).toBe(false);
    expect(await list(client, ofRehearsal)).toMatchObject([{ mediaDistributionId: first.id }]);
    expect((await client.get(path, { default: true })).body.data.data).toEqual([second]);
    expect((await client.patch(`${path}/${second.id}`, { name: "renamed", default: false })).body.data).toMatchObject({
      name: "renamed",
      default: false,
    });
    expect((await client.delete(`${path}/${second.id}`)).status).toBe(204);
    expect((await client.get(`${path}/${second.id}`)).status).toBe(400);
    expect((await client.post(path, { name: "a*" })).status).toBe(400);
  });

  it("is listed by cursor", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    for (const name of ["c", "a", "b"]) await client.post(path, { name });
    const first = (await client.get(path, { sort: "name", limit: 2 })).body.data;
    expect(first.data.map(({ name }: Wire) => name)).toEqual(["a", "b"]);
    expect(first.pagination.hasMore).toBe(true);
    const rest = (await client.get(path, { sort: "name", limit: 2, cursor: first.pagination.cursor })).body.data;
    expect(rest).toMatchObject({ data: [{ name: "c" }], pagination: { hasMore: false } });
    expect((await client.get(path, { cursor: "none" })).status).toBe(400);
  });
});

describe("sandbox storage profile", () => {
  const path = "/api/v3/account/media/storage";
  const gcs = (name: string, more: object = {}) => ({ name, type: "gcs", options: { bucketName: name }, ...more });

  it("that is the default takes clips that name no storage", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const first = (await client.post(path, gcs("first", { default: true }))).body.data;
    const second = (await client.post(path, gcs("second", { default: true }))).body.data;
    expect((await client.get(path)).body.data).toMatchObject([{ default: false }, { default: true }]);
    expect((await client.get(path, { default: true })).body.data).toEqual([second]);
    await onAir(sandbox, { clip: true });
    sandbox.clock.advance(MINUTE);
    const order = { streamName: "rehearsal", startTime: agoOf(sandbox)(30_000), name: "x" };
    const storageOf = async (input: object) => (await client.post(ASSETS, { ...order, ...input })).body.data[0].storage;
    expect(await storageOf({})).toEqual({ type: "gcs", path: "gs://second/x.mp4" });
    expect(await storageOf({ storage: { profileId: first.id } })).toEqual({ type: "gcs", path: "gs://first/x.mp4" });
    expect(await storageOf({ storage: { type: "dolbyStorage" } })).toEqual({ type: "dolbyStorage" });
    expect((await client.delete(`${path}/${first.id}`)).body.data).toBe(true);
    expect((await client.post(ASSETS, { ...order, storage: { profileId: first.id } })).status).toBe(400);
  });

  it("needs a bucket, and a region in S3", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { id } = (await client.post(path, gcs("archive"))).body.data;
    expect((await client.put(`${path}/${id}`, { type: "awsS3" })).status).toBe(400);
    const changed = await client.put(`${path}/${id}`, { type: "awsS3", options: { bucketRegion: "eu-west-1" } });
    expect(changed.body.data).toMatchObject({
      type: "awsS3",
      options: { bucketName: "archive", bucketRegion: "eu-west-1" },
    });
    expect((await client.get(`${path}/none`)).status).toBe(400);
    expect((await client.post(path, { name: "x", type: "gcs", options: {} })).status).toBe(400);
  });

  it("can be checked: the check is an asset of its own, for an hour", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const validate = async (bucketName: string) =>
      (await client.post(`${path}/validate`, { type: "gcs", options: { bucketName } })).body.data.id;
    const [good, bad] = [await validate("archive"), await validate("unreachable")];
    expect(await read(client, good)).toMatchObject({ type: "storageValidation", status: "processing" });
    sandbox.clock.advance(5_000);
    expect(await read(client, good)).toMatchObject({ status: "complete" });
    expect(await read(client, bad)).toMatchObject({ status: "error" });
    sandbox.clock.advance(HOUR);
    expect(await read(client, good)).toMatchObject({ status: "deleted" });
  });
});
