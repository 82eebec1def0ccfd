import { describe, expect, it } from "vitest";
import { createConformantSandbox } from "../support/conformance.ts";
import { clientOf, START, type Wire } from "../support/sandbox.ts";

const sandboxAtStart = () => createConformantSandbox({ startAt: START, frozen: true });
const path = "/api/transcoders";
const page = { page: 1, itemsOnPage: 100 };
const input = { name: "studio", cluster: "lon-1", height: 1080, frameRate: 29.97 };

describe("sandbox transcoder", () => {
  it("is queued, provisioned and active if it starts at once", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { data } = (await client.post(path, { ...input, dnsPrefix: "studio", startNow: true })).body;
    expect(data).toMatchObject({
      name: "studio",
      cluster: "lon-1",
      dnsName: "studio-syn4dx.transcoder.millicast.com",
      status: "Queued",
      profile: { profileId: "1080p29.97", height: 1080, layers: expect.any(Array) },
      instance: { status: "Queued" },
      publishUrls: { rtmp: "rtmp://studio-syn4dx.transcoder.millicast.com:1935/v2/pub" },
    });
    const status = async () => (await client.get(`${path}/${data.transcoderId}`)).body.data.status;
    sandbox.clock.advance(5_000);
    expect(await status()).toBe("Provisioning");
    sandbox.clock.advance(60_000);
    expect(await status()).toBe("Active");
  });

  it("is otherwise shut down, and then its cluster and prefix can change", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { transcoderId, status, instance } = (await client.post(path, input)).body.data;
    expect([status, instance]).toEqual(["Shutdown", undefined]);
    const put = (body: object) => client.put(`${path}/${transcoderId}`, body);
    expect((await put({ cluster: "fra-1", dnsPrefix: "moved", height: 720 })).body.data).toMatchObject({
      cluster: "fra-1",
      dnsName: "moved-syn4dx.transcoder.millicast.com",
      profile: { profileId: "720p29.97" },
    });
    expect((await put({ dnsPrefix: "arena-main" })).status).toBe(400);
    const [running] = (await client.get(path, { ...page, transcoderName: "arena" })).body.data;
    expect((await client.put(`${path}/${running.transcoderId}`, { cluster: "fra-1" })).status).toBe(400);
    expect((await client.put(`${path}/${running.transcoderId}`, { name: "arena" })).body.data.name).toBe("arena");
  });

  it.each([
    ["a cluster that does not transcode", { cluster: "sgp-1" }],
    ["no cluster", { cluster: "nowhere-1" }],
    ["a frame rate of its own", { frameRate: 31 }],
    ["neither a profile nor a height", { height: null }],
    ["a profile that there is not", { profile: "8000p30" }],
    ["an underscore in its prefix", { dnsPrefix: "a_b" }],
    ["another's prefix", { dnsPrefix: "arena-main" }],
  ])("is not created with %s", async (_, bad) => {
    await using sandbox = await sandboxAtStart();
    expect((await clientOf(sandbox).post(path, { ...input, ...bad })).status).toBe(400);
  });

  it("prefers its profile to its height", async () => {
    await using sandbox = await sandboxAtStart();
    const { data } = (await clientOf(sandbox).post(path, { ...input, profile: "720p60" })).body;
    expect(data.profile).toMatchObject({ height: 720, frameRate: 60 });
  });

  it("is listed by name, status and cluster, and if deleted only on request", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const names = async (query: object = {}) =>
      (await client.get(path, { ...page, ...query })).body.data.map(({ name }: Wire) => name);
    expect(await names()).toEqual(["arena-main", "marathon"]);
    expect(await names({ sortBy: "TranscoderName", isDescending: true })).toEqual(["marathon", "arena-main"]);
    expect(await names({ status: "Active" })).toEqual(["arena-main"]);
    expect(await names({ cluster: ["iad-1", "lon-1"] })).toEqual(["marathon"]);
    const [{ transcoderId }] = (await client.get(path, page)).body.data;
    expect((await client.delete(`${path}/${transcoderId}`)).body.data).toBe(true);
    expect(await names({ status: "Deleting" })).toEqual(["arena-main"]);
    sandbox.clock.advance(15_000);
    expect(await names()).toEqual(["marathon"]);
    expect(await names({ status: "Deleted" })).toEqual(["arena-main"]);
    expect((await client.delete(`${path}/${transcoderId}`)).status).toBe(400);
    expect((await client.get(`${path}/none`)).status).toBe(400);
    expect((await client.get(path)).status).toBe(400);
  });
});
