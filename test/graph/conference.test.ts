import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

const CONFERENCE = "7e9c0a52-6a4e-4c8e-9f3f-0a1b2c3d4e5f";

interface Answered {
  readonly userErrors: readonly { readonly code: string; readonly message: string; readonly path: string[] | null }[];
}
interface Started extends Answered {
  readonly target: string | null;
  readonly stream: { readonly name: string } | null;
  readonly streamAccountId: string | null;
  readonly subscribeToken: string | null;
  readonly hostedPlayerUrl: string | null;
}

async function start(gateway: TestGateway, fields = "", conferenceId = CONFERENCE): Promise<Started> {
  const { data, errors } = await gateway.ask<{ startConferenceStream: Started }>(
    `mutation { startConferenceStream(input: { conferenceId: "${conferenceId}" ${fields} }) {
       target stream { name } streamAccountId subscribeToken hostedPlayerUrl userErrors { code message path } } }`,
  );
  expect(errors).toEqual([]);
  return data.startConferenceStream;
}

async function stop(gateway: TestGateway, target: string, conferenceId = CONFERENCE): Promise<Answered> {
  const { data } = await gateway.ask<{ stopConferenceStream: Answered }>(
    `mutation { stopConferenceStream(input: { conferenceId: "${conferenceId}", target: ${target} }) { conferenceId target userErrors { code message path } } }`,
  );
  return data.stopConferenceStream;
}

async function isLive(gateway: TestGateway, name: string): Promise<boolean> {
  gateway.sandbox.clock.advance(60_000);
  const { data } = await gateway.ask<{ streams: { nodes: { name: string }[] } }>(
    "{ streams(first: 100, filter: { isLive: true }) { nodes { name } } }",
  );
  return data.streams.nodes.some((stream) => stream.name === name);
}

const conferenceCalls = (gateway: TestGateway) =>
  gateway.sandbox
    .calls()
    .filter(({ path }) => path.includes("/conferences/") || path === "/v1/auth/token")
    .map(({ operationId }) => operationId);

describe("Mutation.startConferenceStream", () => {
  it("answers FEATURE_DISABLED before any call unless the gateway is configured for it", async () => {
    await using gateway = await createTestGateway();
    const off = [{ code: "FEATURE_DISABLED", message: expect.stringContaining("CONFERENCE_STREAMING"), path: null }];
    expect(await start(gateway)).toEqual({
      target: null,
      stream: null,
      streamAccountId: null,
      subscribeToken: null,
      hostedPlayerUrl: null,
      userErrors: off,
    });
    expect((await stop(gateway, "OWN_STREAM")).userErrors).toEqual(off);
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("streams to a stream of the account, with its publish token, until it is stopped", async () => {
    await using gateway = await createTestGateway({ conference: true });
    const started = await start(gateway, ', stream: { name: "rehearsal" }, layoutUrl: "default"');
    expect(started).toEqual({
      target: "OWN_STREAM",
      stream: { name: "rehearsal" },
      streamAccountId: null,
      subscribeToken: null,
      hostedPlayerUrl: null,
      userErrors: [],
    });
    expect(await isLive(gateway, "rehearsal")).toBe(true);
    expect(await stop(gateway, "OWN_STREAM")).toEqual({
      conferenceId: CONFERENCE,
      target: "OWN_STREAM",
      userErrors: [],
    });
    expect(await isLive(gateway, "rehearsal")).toBe(false);
    const log = await gateway.ask('{ auditLog(first: 1, filter: { operation: "reveal" }) { nodes { detail } } }');
    expect(log.data).toEqual({ auditLog: { nodes: [{ detail: '{"field":"startConferenceStream"}' }] } });
  });

  it("streams to a stream of the platform, whose token is shown once and never logged", async () => {
    await using gateway = await createTestGateway({ conference: true });
    const started = await start(gateway, ', width: 1280, height: 720, mixId: "stage"');
    expect(started).toMatchObject({
      target: "PLATFORM_STREAM",
      stream: { name: CONFERENCE },
      streamAccountId: "SYN4DX",
      userErrors: [],
    });
    expect(started.hostedPlayerUrl).toBe(
      `https://viewer.millicast.com?streamId=SYN4DX/${CONFERENCE}&token=${started.subscribeToken}`,
    );
    const viewers = { token: started.subscribeToken, streamName: CONFERENCE };
    expect((await gateway.sandbox.attachViewers(viewers)).ok).toBe(true);
    expect(gateway.logged()).not.toContain(started.subscribeToken);
    expect((await stop(gateway, "PLATFORM_STREAM")).userErrors).toEqual([]);
    expect(await isLive(gateway, CONFERENCE)).toBe(false);
  });

  it("uses one token of the app for all calls, and the next one after its expiry", async () => {
    await using gateway = await createTestGateway({ conference: true });
    const others = [1, 2, 3].map((digit) => CONFERENCE.replace("7e", `${digit}e`));
    await Promise.all(others.map((id) => start(gateway, "", id)));
    await start(gateway);
    expect(conferenceCalls(gateway).filter((operation) => operation === "get-api-token")).toHaveLength(1);
    gateway.sandbox.clearCalls();
    gateway.sandbox.clock.advance(1_800_000);
    expect((await stop(gateway, "PLATFORM_STREAM")).userErrors).toEqual([]);
    expect(conferenceCalls(gateway)).toEqual(["stop-rts", "get-api-token", "stop-rts"]);
    expect(gateway.logged()).not.toMatch(/sandbox-app-secret|eyJ/);
  });

  it("passes on errors of the platform: streamed already, or nothing to stop", async () => {
    await using gateway = await createTestGateway({ conference: true });
    await start(gateway);
    expect((await start(gateway)).userErrors).toMatchObject([
      { code: "UPSTREAM_REJECTED", message: "The platform refused: The conference is being streamed already." },
    ]);
    expect((await stop(gateway, "OWN_STREAM")).userErrors).toMatchObject([
      { code: "UPSTREAM_REJECTED", message: "The platform refused: The conference is not being streamed." },
    ]);
  });

  it.each([
    ["an alias for an id", "", "my-alias", "INVALID_INPUT", "conferenceId"],
    ["a stream that nobody may publish", ', stream: { name: "nobodys" }', CONFERENCE, "CONFLICT", "publishToken"],
    [
      "a token of another stream",
      ', stream: { name: "rehearsal" }, publishToken: { tokenId: 1001 }',
      CONFERENCE,
      "INVALID_INPUT",
      "publishToken",
    ],
    ["a token without a stream", ", publishToken: { tokenId: 1001 }", CONFERENCE, "INVALID_INPUT", "publishToken"],
    ["a picture too small", ", width: 200", CONFERENCE, "INVALID_INPUT", "width"],
    [
      "a size of one's own stream",
      ', stream: { name: "rehearsal" }, width: 1280',
      CONFERENCE,
      "INVALID_INPUT",
      "width",
    ],
    ["a layout that is no address", ', layoutUrl: "javascript:alert(1)"', CONFERENCE, "INVALID_INPUT", "layoutUrl"],
    ["a mix without a name", ', mixId: " "', CONFERENCE, "INVALID_INPUT", "mixId"],
  ])("is rejected before any call for %s", async (_, fields, conferenceId, code, argument) => {
    await using gateway = await createTestGateway({ conference: true });
    const { userErrors } = await start(gateway, fields, conferenceId);
    expect(userErrors).toMatchObject([{ code, path: ["input", argument] }]);
    expect(conferenceCalls(gateway)).toEqual([]);
  });

  it("fails with a code when the conference platform is down, and nothing else does", async () => {
    await using gateway = await createTestGateway({ conference: true });
    gateway.sandbox.fault({ path: "/v1/auth/token", status: 503 });
    expect((await start(gateway)).userErrors).toMatchObject([{ code: "UPSTREAM_UNAVAILABLE" }]);
    gateway.sandbox.clearFaults();
    gateway.sandbox.fault({ path: "/v3/conferences/*", status: 502 });
    expect((await start(gateway)).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    const { errors } = await gateway.ask('{ stream(by: { name: "derby-final" }) { isLive } }');
    expect(errors).toEqual([]);
  });

  it("rejects partners", async () => {
    await using gateway = await createTestGateway({ conference: true });
    const { key } = await onboard(gateway, "meadow-tv", ["derby-final"]);
    const { errors } = await gateway
      .as(key)
      .ask(`mutation { startConferenceStream(input: { conferenceId: "${CONFERENCE}" }) { target } }`);
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", scope: "stream:control" } }]);
  });
});
