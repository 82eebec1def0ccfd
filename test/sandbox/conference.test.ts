import { describe, expect, it } from "vitest";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { clientOf, publishToken, START } from "../support/sandbox.ts";

const sandboxAtStart = () => createConformantSandbox({ startAt: START, frozen: true });
const CONFERENCE = "7e9c0a52-6a4e-4c8e-9f3f-0a1b2c3d4e5f";

async function tokenReply(sandbox: Sandbox, form: Record<string, string> = {}, secret = sandbox.conferenceApp.secret) {
  const response = await fetch(`${sandbox.origin}/v1/auth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${sandbox.conferenceApp.key}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", ...form }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function conferenceClient(sandbox: Sandbox, form: Record<string, string> = {}) {
  const { body } = await tokenReply(sandbox, form);
  const client = clientOf(sandbox, String(body["access_token"]));
  return (way: string, input: unknown = {}, conference = CONFERENCE) => {
    const [version, ...rest] = way.split("/");
    return client.post(`/${version}/conferences/mix/${conference}/${rest.join("/")}`, input);
  };
}

const liveNames = async (sandbox: Sandbox) => {
  const { data } = (await clientOf(sandbox, null).get("/sandbox/feeds")).body;
  return data.map(({ streamName }: { streamName: string }) => streamName);
};

describe("sandbox conference app token", () => {
  it("is issued for the app's key and secret, for half an hour by default", async () => {
    await using sandbox = await sandboxAtStart();
    expect(await tokenReply(sandbox)).toEqual({
      status: 200,
      body: { access_token: expect.any(String), expires_in: 1800, token_type: "Bearer" },
    });
    const scope = "comms:stream:write comms:unknown";
    expect((await tokenReply(sandbox, { expires_in: "60", scope })).body).toMatchObject({
      expires_in: 60,
      scope: "comms:stream:write",
    });
    expect((await tokenReply(sandbox, {}, "wrong")).status).toBe(401);
    const bad = [{ grant_type: "password" }, { expires_in: "86401" }, { scope: "comms:unknown" }];
    for (const form of bad) expect((await tokenReply(sandbox, form)).status).toBe(400);
  });

  it("permits streaming until it expires, and only with the scope if it has any", async () => {
    await using sandbox = await sandboxAtStart();
    const publishing = { streamName: "rehearsal", publishingToken: publishToken(sandbox, "rehearsal").token };
    const start = async (form: Record<string, string>) => conferenceClient(sandbox, form);
    expect((await (await start({ scope: "comms:conf:admin" }))("v2/rts/start", publishing)).status).toBe(403);
    const call = await start({ scope: "comms:*" });
    expect((await call("v2/rts/start", publishing)).status).toBe(200);
    sandbox.clock.advance(1_800_000);
    expect((await call("v2/rts/stop")).status).toBe(401);
    const secret = clientOf(sandbox);
    expect((await secret.post(`/v2/conferences/mix/${CONFERENCE}/rts/stop`, {})).status).toBe(401);
  });
});

describe("sandbox conference streaming", () => {
  it("streams a conference to an existing stream by its publish token, and stops it", async () => {
    await using sandbox = await sandboxAtStart();
    const call = await conferenceClient(sandbox);
    const publishing = { streamName: "rehearsal", publishingToken: publishToken(sandbox, "rehearsal").token };
    expect(await call("v2/rts/start", publishing)).toMatchObject({ status: 200, text: "" });
    expect(await liveNames(sandbox)).toContain("rehearsal");
    expect((await call("v2/rts/start", publishing)).status).toBe(409);
    expect((await call("v3/rts/start")).status).toBe(409);
    expect((await call("v2/rts/stop")).status).toBe(200);
    expect(await liveNames(sandbox)).not.toContain("rehearsal");
    expect((await call("v2/rts/stop")).status).toBe(404);
  });

  it("rejects a conference if the Director would refuse its feed", async () => {
    await using sandbox = await sandboxAtStart();
    const call = await conferenceClient(sandbox);
    const publishingToken = publishToken(sandbox, "rehearsal").token;
    expect((await call("v2/rts/start", { streamName: "derby-final", publishingToken })).status).toBe(400);
    expect((await call("v2/rts/start", { streamName: "rehearsal", publishingToken: "none" })).status).toBe(400);
    expect((await call("v2/rts/start", { streamName: "rehearsal" })).status).toBe(400);
    expect((await call("v2/rts/start", { streamName: "rehearsal", publishingToken }, "my-alias")).status).toBe(404);
    expect((await call("v3/rts/start", "")).status).toBe(400);
    expect((await call("v3/rts/start", { height: 200 })).status).toBe(400);
  });

  it("streams a conference to a new stream, secured and named after the conference", async () => {
    await using sandbox = await sandboxAtStart();
    const call = await conferenceClient(sandbox);
    const { body } = await call("v3/rts/start", { mixId: "default" });
    expect(body).toMatchObject({ streamName: CONFERENCE, streamAccountID: "SYN4DX", streamAccountId: "SYN4DX" });
    expect(body.viewerURL).toBe(
      `https://viewer.millicast.com?streamId=SYN4DX/${CONFERENCE}&token=${body.subscribeToken}`,
    );
    const watch = { streamName: CONFERENCE, token: body.subscribeToken };
    expect((await sandbox.attachViewers(watch)).ok).toBe(true);
    expect((await sandbox.attachViewers({ streamName: CONFERENCE, streamAccountId: "SYN4DX" })).ok).toBe(false);
    expect((await call("v3/rts/stop")).status).toBe(200);
    expect((await sandbox.attachViewers(watch)).ok).toBe(false);
    expect((await call("v3/rts/start")).status).toBe(200);
  });

  it("pushes a conference by RTMP to several targets, and those of the platform go live", async () => {
    await using sandbox = await sandboxAtStart();
    const call = await conferenceClient(sandbox);
    const { token } = publishToken(sandbox, "rehearsal");
    const uri = `rtmp://rtmp-auto.millicast.com:1935/v2/pub/rehearsal?token=${token}`;
    expect((await call("v2/rtmp/start", { uri: "rtmp://ingest.social.example/live/key" })).status).toBe(200);
    expect((await call("v2/rtmp/start", { uri })).status).toBe(200);
    expect((await call("v2/rtmp/start", { uri: uri.replace(token, "none") })).status).toBe(400);
    expect(await liveNames(sandbox)).toContain("rehearsal");
    expect((await call("v2/rtmp/stop")).status).toBe(200);
    expect(await liveNames(sandbox)).not.toContain("rehearsal");
    expect((await call("v2/rtmp/stop")).status).toBe(404);
  });
});
