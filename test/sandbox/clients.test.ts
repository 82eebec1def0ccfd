import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ConformantSandbox, createConformantSandbox } from "../support/conformance.ts";
import { restClientOf } from "../support/rest-client.ts";
import { publishToken, START, subscribeToken, viewerJwt } from "../support/sandbox.ts";

/** The platform's own clients, as they are published, against the sandbox: it must say what they understand. */

let sandbox: ConformantSandbox;

beforeEach(async () => {
  sandbox = await createConformantSandbox({ startAt: START, frozen: true });
});

afterEach(() => sandbox.close());

describe("sandbox Director with the web SDK", () => {
  /** The SDK looks for a browser when it is loaded; the process will do. */
  async function director() {
    vi.stubGlobal("window", globalThis);
    vi.stubGlobal("self", globalThis);
    vi.stubGlobal("navigator", { userAgent: "vitest" });
    const { Director } = await import("@millicast/sdk");
    Director.setEndpoint(sandbox.origin);
    return Director;
  }

  afterEach(() => vi.unstubAllGlobals());

  /** What the SDK reads out of the session token before it connects. */
  const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8"));

  it("returns a publisher's connection details", async () => {
    const { token } = publishToken(sandbox, "rehearsal");
    const connection = await (await director()).getPublisher({ token, streamName: "rehearsal" });
    expect(connection).toMatchObject({ urls: [expect.stringMatching(/^wss:/)], streamAccountId: "SYN4DX" });
    expect(claimsOf(connection.jwt).millicast).toMatchObject({ streamName: "rehearsal", record: false });
  });

  it("returns a viewer's connection details for a plain token, a self-signed one, and none", async () => {
    const { getSubscriber } = await director();
    const streamAccountId = sandbox.accountId;
    const master = subscribeToken(sandbox, "northwind-tv-derby-final");
    for (const subscriberToken of [master.token, await viewerJwt(sandbox, master, "derby-final")]) {
      const connection = await getSubscriber({ streamName: "derby-final", streamAccountId, subscriberToken });
      expect(claimsOf(connection.jwt).millicast).toMatchObject({ streamName: "derby-final" });
    }
    const open = await getSubscriber({ streamName: "city-council", streamAccountId });
    expect(open.urls).toHaveLength(1);
  });

  it("refuses with a status and a message that the SDK reads", async () => {
    const { getPublisher, getSubscriber } = await director();
    await expect(getPublisher({ token: "wrong", streamName: "rehearsal" })).rejects.toMatchObject({
      message: "Unauthorized: Invalid token",
      status: 401,
    });
    const { token } = subscribeToken(sandbox, "qa-wildcard");
    const offline = { streamName: "rehearsal", streamAccountId: sandbox.accountId, subscriberToken: token };
    await expect(getSubscriber(offline)).rejects.toMatchObject({ message: "stream not being published", status: 400 });
  });

  it("puts the Director's origin before the paths of a protected stream", async () => {
    const { token } = publishToken(sandbox, "vista-concert");
    const connection = await (await director()).getPublisher({ token, streamName: "vista-concert" });
    expect(connection).toMatchObject({ drmObject: { widevineUrl: `${sandbox.origin}/api/drm/widevine` } });
  });
});

describe("sandbox with the REST client for Node", () => {
  const secret = "sandbox-secret";

  let streaming: ReturnType<typeof restClientOf>;
  beforeEach(() => {
    streaming = restClientOf(sandbox);
  });
  afterEach(() => vi.restoreAllMocks());

  it("the client can manage publish tokens", async () => {
    const { publishToken: api } = streaming;
    const made = await api.create(secret, {
      label: "studio",
      streams: [{ streamName: "studio" }],
      subscribeRequiresAuth: true,
    });
    const id = Number(made.id);
    expect(await api.read(secret, id)).toMatchObject({ label: "studio", subscribeRequiresAuth: true });
    expect(await api.update(secret, id, { updateAllowedOrigins: ["demo.com"] })).toMatchObject({
      allowedOrigins: ["demo.com"],
    });
    expect((await api.list(secret, "AddedOn", 1, 100, true))[0]).toMatchObject({ id });
    expect(await api.getAllActivePublishTokenId(secret)).toMatchObject({ tokenIds: expect.arrayContaining([1001]) });
    expect(await api.getActivePublishTokenId(secret, "SYN4DX/derby-final")).toEqual({ tokenIds: [1001] });
    expect(await api.disable(secret, [id])).toEqual({ successfulTokens: [id], failedTokens: [] });
    expect(await api.deleteToken(secret, id)).toBe(true);
    await expect(api.read(secret, id)).rejects.toMatch(`No publish token with id: ${id}`);
  });

  it("the client can manage subscribe tokens", async () => {
    const { subscribeToken: api } = streaming;
    const made = await api.create(secret, {
      label: "acme",
      streams: [{ streamName: "x" }],
      tracking: { trackingId: "acme" },
    });
    const id = Number(made.id);
    expect(await api.read(secret, id)).toMatchObject({ tracking: { trackingId: "acme" } });
    expect(await api.update(secret, id, { refreshToken: true })).not.toMatchObject({ token: made.token });
    expect(await api.list(secret, "Name", 1, 5)).toHaveLength(5);
    expect(await api.deleteToken(secret, id)).toBe(true);
    await expect(api.create("wrong", { label: "acme", streams: [] })).rejects.toMatch("401");
  });

  it("the client can read and set the account", async () => {
    expect((await streaming.cluster.read(secret)).availableClusters).toHaveLength(9);
    expect(await streaming.account.getGeoCascade(secret)).toEqual({ isEnabled: false, clusters: ["all"] });
    expect(await streaming.account.updateGeoRestrictions(secret, ["US"])).toEqual({
      allowedCountries: ["US"],
      deniedCountries: [],
    });
    expect(await streaming.account.readGeoRestrictions(secret)).toMatchObject({ allowedCountries: ["US"] });
  });

  it("two calls of the client have no content type and are rejected for it", async () => {
    const unsupported = '415 and description: {"status":"error","message":"Unsupported Media Type"}';
    await expect(streaming.cluster.update(secret, "lon-1")).rejects.toMatch(unsupported);
    await expect(streaming.account.updateGeoCascade(secret, { isEnabled: true })).rejects.toMatch(unsupported);
  });

  it("the client can stop streams and call the Director", async () => {
    const { token } = subscribeToken(sandbox, "northwind-tv-derby-final");
    expect(await streaming.director.subscribe("derby-final", undefined, token)).toMatchObject({
      streamAccountId: "SYN4DX",
    });
    expect(await streaming.director.subscribe("city-council", "SYN4DX")).toMatchObject({ streamAccountId: "SYN4DX" });
    const encoder = publishToken(sandbox, "rehearsal").token;
    expect(await streaming.director.publish(encoder, "rehearsal")).toMatchObject({ subscribeRequiresAuth: true });
    expect(await streaming.stream.stop(secret, "SYN4DX/derby-final")).toEqual({ stoppingLevel: "Stream" });
    expect(await streaming.stream.stopAll(secret)).toEqual({ stoppingLevel: "Account" });
  });
});
