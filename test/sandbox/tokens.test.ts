import { describe, expect, it } from "vitest";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { admitted, clientOf, publishToken, START, subscribeToken } from "../support/sandbox.ts";

const sandboxAtStart = () => createConformantSandbox({ startAt: START, frozen: true });
const streams = [{ streamName: "news" }];

describe.each(["publish", "subscribe"] as const)("sandbox %s token", (noun) => {
  const path = `/api/${noun}_token`;

  it("is created with the platform's defaults, and read back with whole seconds", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const made = (await client.post(path, { label: "studio", streams, expires: 60 })).body.data;
    expect(made).toMatchObject({
      label: "studio",
      name: "studio",
      token: expect.stringMatching(/^[0-9a-f]{64}$/),
      addedOn: expect.stringMatching(/^2025-06-18T10:37:00\.000\d{3}Z$/),
      expiresOn: "2025-06-18T10:38:00Z",
      isActive: true,
      streams: [{ streamName: "news", isRegex: false }],
      allowedOrigins: [],
      allowedIpAddresses: [],
      allowedCountries: [],
      deniedCountries: [],
      originCluster: "",
      effectiveSettings: { originCluster: "phx-1", allowedCountries: [], deniedCountries: [] },
    });
    const read = (await client.get(`${path}/${made.id}`)).body.data;
    expect(read).toEqual({ ...made, addedOn: "2025-06-18T10:37:00Z" });
  });

  it("is created anew by each call, however alike", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const [first, second] = [
      await client.post(path, { label: "x", streams }),
      await client.post(path, { label: "x", streams }),
    ];
    expect(second.body.data.id).toBe(first.body.data.id + 1);
    expect(second.body.data.token).not.toBe(first.body.data.token);
  });

  it.each([
    ["no label", { streams }, "label"],
    ["an empty label", { label: "", streams }, "label"],
    ["a label of 129 characters", { label: "x".repeat(129), streams }, "label"],
    ["no streams", { label: "x" }, "streams"],
    ["an empty stream list", { label: "x", streams: [] }, "streams"],
    ["an empty stream name", { label: "x", streams: [{ streamName: "" }] }, "streams[0].streamName"],
    [
      "a stream name of 129 characters",
      { label: "x", streams: [{ streamName: "x".repeat(129) }] },
      "streams[0].streamName",
    ],
    [
      "a pattern that does not compile",
      { label: "x", streams: [{ streamName: "a(", isRegex: true }] },
      "streams[0].streamName",
    ],
    ["look-ahead", { label: "x", streams: [{ streamName: "(?=a)", isRegex: true }] }, "streams[0].streamName"],
    ["a lifetime of no seconds", { label: "x", streams, expires: 0 }, "expires"],
    ["a lifetime past int32", { label: "x", streams, expires: 2_147_483_648 }, "expires"],
    ["a lifetime with a fraction", { label: "x", streams, expires: 1.5 }, "expires"],
    ["an unknown cluster", { label: "x", streams, originCluster: "ams-1" }, "originCluster"],
    ["an address range", { label: "x", streams, allowedIpAddresses: ["1.2.3.4-1.2.3.9"] }, "allowedIpAddresses[0]"],
    ["an address wildcard", { label: "x", streams, allowedIpAddresses: ["1.2.3.*"] }, "allowedIpAddresses[0]"],
    ["IPv6", { label: "x", streams, allowedIpAddresses: ["::1"] }, "allowedIpAddresses[0]"],
    ["a block of 33 bits", { label: "x", streams, allowedIpAddresses: ["1.2.3.4/33"] }, "allowedIpAddresses[0]"],
    [
      "addresses and binding",
      { label: "x", streams, allowedIpAddresses: ["1.2.3.4"], bindIpsOnUsage: 1 },
      "bindIpsOnUsage",
    ],
    [
      "allowed and denied countries",
      { label: "x", streams, allowedCountries: ["US"], deniedCountries: ["BR"] },
      "deniedCountries",
    ],
    ["a country that is no code", { label: "x", streams, allowedCountries: ["usa"] }, "allowedCountries[0]"],
  ])("is not created with %s", async (_, body, field) => {
    await using sandbox = await sandboxAtStart();
    const { status, body: answer } = await clientOf(sandbox).post(path, body);
    expect(status).toBe(400);
    expect(answer).toEqual({
      status: "fail",
      data: { message: "Validation errors", errors: { [field]: [expect.any(String)] } },
    });
  });

  it.each([
    ["metacharacters in a plain name", { streams: [{ streamName: "Cooked or Cooking??" }] }],
    ["a block and an address", { streams, allowedIpAddresses: ["10.0.0.0/8", "192.0.2.1"] }],
    ["binding turned off", { streams, allowedIpAddresses: ["192.0.2.1"], bindIpsOnUsage: 0 }],
    ["nulls for what is not set", { streams, expires: null, allowedOrigins: null, originCluster: null }],
  ])("is created with %s", async (_, body) => {
    await using sandbox = await sandboxAtStart();
    expect((await clientOf(sandbox).post(path, { label: "x", ...body })).status).toBe(200);
  });

  it("of an unknown id is a 400 that names it", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const unknown = { status: "fail", data: { tokenId: `No ${noun} token with id: 99` } };
    for (const reply of [
      await client.get(`${path}/99`),
      await client.put(`${path}/99`, { label: "x" }),
      await client.put(`/api/v2/${noun}_token/99`, { label: "x" }),
      await client.delete(`${path}/99`),
    ]) {
      expect(reply).toMatchObject({ status: 400, body: unknown });
    }
    expect((await client.get(`${path}/first`)).body.data.errors).toHaveProperty("tokenId");
  });

  it("is updated by v2 under plain names, and ignores the names of v1", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { id, token } = (await client.post(path, { label: "x", streams })).body.data;
    const { data } = (
      await client.put(`/api/v2/${noun}_token/${id}`, {
        label: "y",
        allowedOrigins: ["demo.com"],
        originCluster: "lon-1",
        bindIpsOnUsage: 4_294_967_295,
        addTokenStreams: [{ streamName: "cam.+", isRegex: true }],
        removeTokenStreams: ["news"],
        isActive: false,
      })
    ).body;
    expect(data).toMatchObject({
      id,
      token,
      label: "y",
      isActive: false,
      allowedOrigins: ["demo.com"],
      originCluster: "lon-1",
      bindIpsOnUsage: 4_294_967_295,
      streams: [{ streamName: "cam.+", isRegex: true }],
      effectiveSettings: { originCluster: "lon-1" },
    });
    expect(data).not.toHaveProperty("name");
  });

  it("is updated by v1 under prefixed names, and ignores plain ones", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { id } = (await client.post(path, { label: "x", streams })).body.data;
    const { data } = (
      await client.put(`${path}/${id}`, { updateAllowedOrigins: ["demo.com"], updateAllowedCountries: ["GB"] })
    ).body;
    expect(data).toMatchObject({ name: "x", allowedOrigins: ["demo.com"], allowedCountries: ["GB"] });
    const { status, body } = await client.put(`${path}/${id}`, { updateAllowedIpAddresses: ["::1"] });
    expect(status).toBe(400);
    expect(Object.keys(body.data.errors)).toEqual(["updateAllowedIpAddresses[0]"]);
    expect((await client.put(`${path}/${id}`, { updateBindIpsOnUsage: 2 ** 31 })).status).toBe(400);
  });

  it.each([
    ["nothing", {}],
    ["nulls", { label: null, isActive: null, allowedOrigins: null }],
    ["no refresh", { refreshToken: false }],
  ])("is not updated with %s", async (_, body) => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { id } = (await client.post(path, { label: "x", streams })).body.data;
    for (const update of [`${path}/${id}`, `/api/v2/${noun}_token/${id}`]) {
      const reply = await client.put(update, body);
      expect(reply).toMatchObject({
        status: 400,
        body: { status: "fail", data: { token: "No properties specified to update." } },
      });
    }
  });

  it("cannot break its rules by single updates", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { id } = (await client.post(path, { label: "x", streams, allowedCountries: ["US"], bindIpsOnUsage: 3 })).body
      .data;
    const update = (body: unknown) => client.put(`/api/v2/${noun}_token/${id}`, body);
    expect((await update({ deniedCountries: ["BR"] })).status).toBe(400);
    expect((await update({ allowedIpAddresses: ["192.0.2.1"] })).status).toBe(400);
    expect((await update({ removeTokenStreams: ["news"] })).status).toBe(400);
    expect((await update({ label: "" })).status).toBe(400);
    expect((await update({ allowedCountries: [], deniedCountries: ["BR"] })).status).toBe(200);
    expect((await update({ allowedIpAddresses: ["192.0.2.1"], bindIpsOnUsage: 0 })).status).toBe(200);
  });

  it("gets another secret under its id by a refresh", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { id, token } = (await client.post(path, { label: "x", streams })).body.data;
    const { data } = (await client.put(`/api/v2/${noun}_token/${id}`, { refreshToken: true })).body;
    expect(data).toMatchObject({ id, token: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(data.token).not.toBe(token);
  });

  it("can be deleted once", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { id } = (await client.post(path, { label: "x", streams })).body.data;
    expect((await client.delete(`${path}/${id}`)).body).toEqual({ status: "success", data: true });
    expect((await client.delete(`${path}/${id}`)).status).toBe(400);
  });
});

describe("sandbox publish token settings", () => {
  it.each([
    ["record and clip at once", { record: true, clip: true }],
    ["an empty cascade that is enabled", { geoCascade: { isEnabled: true, clusters: [] } }],
    ["a cascade to an unknown cluster", { geoCascade: { isEnabled: true, clusters: ["ams-1"] } }],
    ["eleven restreams", { restream: Array.from({ length: 11 }, () => ({ url: "rtmp://x.example/a", key: "12345" })) }],
    ["a restream key of 4 characters", { restream: [{ url: "rtmp://x.example/a", key: "1234" }] }],
    ["a restream without a URL", { restream: [{ key: "12345" }] }],
    ["a priority past int32", { priority: 2 ** 31 }],
  ])("are rejected with %s", async (_, settings) => {
    await using sandbox = await sandboxAtStart();
    const { status, body } = await clientOf(sandbox).post("/api/publish_token", { label: "x", streams, ...settings });
    expect({ status, envelope: body.status }).toEqual({ status: 400, envelope: "fail" });
  });

  it("need clusters for a cascade, in the platform's words", async () => {
    await using sandbox = await sandboxAtStart();
    const geoCascade = { isEnabled: true, clusters: [] };
    const { body } = await clientOf(sandbox).post("/api/publish_token", { label: "x", streams, geoCascade });
    expect(body).toEqual({ status: "fail", data: { message: "Geo cascade Clusters list cannot be empty" } });
  });

  it("default to the account's", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { id } = (await client.post("/api/publish_token", { label: "x", streams })).body.data;
    await client.put("/api/v3/account/distribution", { geoCascade: { isEnabled: true, clusters: ["lon-1"] } });
    await client.put("/api/v3/account/security", { updateAllowedCountries: ["GB"] });
    const { effectiveSettings } = (await client.get(`/api/publish_token/${id}`)).body.data;
    expect(effectiveSettings).toEqual({
      originCluster: "phx-1",
      allowedCountries: ["GB"],
      deniedCountries: [],
      geoCascade: { isEnabled: true, clusters: ["lon-1"] },
      enableUTCInsertion: false,
    });
    const own = { isEnabled: true, clusters: ["syd-1"] };
    const { data } = (await client.put(`/api/v2/publish_token/${id}`, { geoCascade: own, deniedCountries: ["BR"] }))
      .body;
    expect(data).toMatchObject({
      geoCascade: own,
      effectiveSettings: { geoCascade: own, allowedCountries: [], deniedCountries: ["BR"] },
    });
    const back = (await client.put(`/api/v2/publish_token/${id}`, { geoCascade: { isEnabled: null } })).body.data;
    expect(back.effectiveSettings.geoCascade).toEqual({ isEnabled: true, clusters: ["lon-1"] });
  });

  it("keep the default cluster of the token's creation", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    await client.put("/api/cluster", { defaultCluster: "lon-1" });
    const { data } = (await client.post("/api/publish_token", { label: "x", streams })).body;
    expect(data).toMatchObject({ originCluster: "", effectiveSettings: { originCluster: "lon-1" } });
    const old = (await client.get("/api/publish_token/1001")).body.data;
    expect(old).toMatchObject({ originCluster: "", effectiveSettings: { originCluster: "phx-1" } });
  });

  it("have a passphrase only if encryption is requested", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    expect((await client.get("/api/publish_token/1001")).body.data).not.toHaveProperty("srtPassphrase");
    const { data } = (await client.put("/api/v2/publish_token/1001", { displaySrtPassphrase: true })).body;
    expect(data.srtPassphrase).toEqual(expect.any(String));
  });

  it("are cleared by null where the document says so", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { data } = (await client.put("/api/v2/publish_token/1001", { priority: 5, enableUTCInsertion: true })).body;
    expect(data).toMatchObject({ priority: 5, enableUTCInsertion: true });
    const cleared = (await client.put("/api/v2/publish_token/1001", { priority: null, enableUTCInsertion: null })).body
      .data;
    expect(cleared).not.toHaveProperty("priority");
    expect(cleared).not.toHaveProperty("enableUTCInsertion");
  });

  it("let v2 name a re-stream by its key alone once v1 has given its URL", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const [url, key] = ["rtmp://x.example/app", "stream-key"];
    await client.put("/api/publish_token/1002", { updateRestream: [{ url, key, label: "X" }] });
    const { data } = (await client.put("/api/v2/publish_token/1002", { restream: [{ key, enabled: false }] })).body;
    expect(data.restream).toMatchObject([{ url, key, enabled: false }]);
  });

  it("cannot change recording while live", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const live = publishToken(sandbox, "arena-main");
    expect((await client.put(`/api/v2/publish_token/${live.id}`, { record: true })).status).toBe(400);
    expect((await client.put(`/api/v2/publish_token/${live.id}`, { record: false })).status).toBe(200);
    const idle = publishToken(sandbox, "rehearsal");
    expect((await client.put(`/api/v2/publish_token/${idle.id}`, { record: true })).status).toBe(200);
  });
});

describe("sandbox subscribe token", () => {
  it("accepts a tracking id at creation only", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { data } = (
      await client.post("/api/subscribe_token", { label: "x", streams, tracking: { trackingId: "acme" } })
    ).body;
    expect(data.tracking).toEqual({ trackingId: "acme" });
    const update = await client.put(`/api/v2/subscribe_token/${data.id}`, { tracking: { trackingId: "other" } });
    expect(update.status).toBe(400);
    const tooLong = { label: "x", streams, tracking: { trackingId: "x".repeat(129) } };
    expect((await client.post("/api/subscribe_token", tooLong)).status).toBe(400);
  });

  it("has an id that no publish token has", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true, bulk: 5000 });
    const ids = [...sandbox.tokens.publish(), ...sandbox.tokens.subscribe()].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(publishToken(sandbox, "derby-final").id).toBe(1001);
    expect(subscribeToken(sandbox, "northwind-tv-derby-final").id).toBe(5001);
  });
});

describe("sandbox token list", () => {
  const everyLabel = async (sandbox: Sandbox, path: string, query: Record<string, string | number | boolean>) => {
    const labels: string[] = [];
    for (let page = 1; ; page++) {
      const { data } = (await clientOf(sandbox).get(path, { page, ...query })).body;
      if (data.length === 0) return labels;
      labels.push(...data.map(({ label }: { label: string }) => label));
    }
  };

  it("pages through every token once, and ends with an empty page", async () => {
    await using sandbox = await sandboxAtStart();
    const labels = await everyLabel(sandbox, "/api/subscribe_token/list", { itemsOnPage: 7 });
    expect(labels).toEqual(
      sandbox.tokens
        .subscribe()
        .map(({ label }) => label)
        .sort(),
    );
  });

  it("sorts by name or by age, in both directions", async () => {
    await using sandbox = await sandboxAtStart();
    const byAge = sandbox.tokens.publish().map(({ label }) => label);
    const list = (query: Record<string, string | boolean>) =>
      everyLabel(sandbox, "/api/publish_token/list", { itemsOnPage: 100, ...query });
    expect(await list({ sortBy: "AddedOn" })).toEqual(byAge);
    expect(await list({ sortBy: "AddedOn", isDescending: true })).toEqual(byAge.toReversed());
    expect(await list({ isDescending: true })).toEqual(byAge.toSorted().reverse());
  });

  it.each([
    [{ itemsOnPage: 10 }, "page"],
    [{ page: 1 }, "itemsOnPage"],
    [{ page: 0, itemsOnPage: 10 }, "page"],
    [{ page: 1, itemsOnPage: 101 }, "itemsOnPage"],
    [{ page: 1, itemsOnPage: 10, sortBy: "Size" }, "sortBy"],
    [{ page: 1, itemsOnPage: 10, isDescending: "perhaps" }, "isDescending"],
  ])("with %j is rejected and names the bad field", async (query, field) => {
    await using sandbox = await sandboxAtStart();
    const { status, body } = await clientOf(sandbox).get("/api/publish_token/list", query);
    expect(status).toBe(400);
    expect(Object.keys(body.data.errors)).toEqual([field]);
  });

  it("by name finds labels and streams, without wildcard tokens", async () => {
    await using sandbox = await sandboxAtStart();
    const list = (query: Record<string, string>) =>
      everyLabel(sandbox, "/api/subscribe_token/list_by_name", { itemsOnPage: 100, ...query });
    expect(await list({ name: "open-parent" })).toEqual(["open-parent"]);
    expect(await list({ name: "derby-final", filterBy: "StreamName" })).toHaveLength(6);
    expect(await list({ name: "derby-final", filterBy: "TokenName" })).toHaveLength(3);
    expect(await list({ name: "qa-wildcard" })).toEqual([]);
    expect(await list({ name: "arena-cam" })).toEqual([]);
    expect(await list({ name: "", filterBy: "None" })).toHaveLength(29);
  });

  it("by cluster returns tokens whose streams go there, and its errors as a flat map", async () => {
    await using sandbox = await sandboxAtStart();
    const path = "/api/publish_token/list_by_cluster";
    expect(await everyLabel(sandbox, path, { itemsOnPage: 100, cluster: "syd-1" })).toEqual(["sydney-regatta"]);
    const { body } = await clientOf(sandbox).get(path, { itemsOnPage: 100, cluster: "syd-1" });
    expect(body).toEqual({ status: "fail", data: { page: expect.any(String) } });
  });
});

describe("sandbox active tokens", () => {
  it("are those with a live feed", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const seeded = [1001, 1002, 1004, 1005, 1009, 1013];
    const active = async (query?: { streamId: string }) =>
      (await client.get(`/api/publish_token/active${query ? "" : "/all"}`, query ?? {})).body.data.tokenIds;
    expect(await active()).toEqual(seeded);
    expect(await active({ streamId: "SYN4DX/popup-kiosk" })).toEqual([1009]);
    expect(await active({ streamId: "SYN4DX/rehearsal" })).toEqual([]);
    const { token } = publishToken(sandbox, "rehearsal");
    await admitted(sandbox.startFeed({ token, streamName: "rehearsal", seconds: 60 }));
    expect(await active({ streamId: "SYN4DX/rehearsal" })).toEqual([1008]);
    sandbox.clock.advance(60_000);
    expect(await active()).toEqual(seeded);
  });

  it("can be disabled in bulk, some with success and some without", async () => {
    await using sandbox = await sandboxAtStart();
    const { body } = await clientOf(sandbox).patch("/api/publish_token/disable", { tokenIds: [1001, 99, 1002] });
    expect(body).toEqual({
      status: "success",
      data: {
        successfulTokens: [1001, 1002],
        failedTokens: [{ tokenId: 99, errorMessage: "No publish token with id: 99" }],
      },
    });
    expect(publishToken(sandbox, "derby-final").isActive).toBe(false);
    expect((await clientOf(sandbox).patch("/api/publish_token/disable", { tokenIds: [] })).status).toBe(400);
  });
});
