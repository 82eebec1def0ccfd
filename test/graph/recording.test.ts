import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

interface Changed {
  readonly stream: { readonly name: string } | null;
  readonly publishTokens: readonly Record<string, unknown>[];
  readonly awaitingNextBroadcast: readonly { readonly label: string }[];
  readonly userErrors: readonly {
    readonly code: string;
    readonly message: string;
    readonly path: readonly string[] | null;
  }[];
}

const changed =
  "stream { name } publishTokens { label isRecording isClipping } awaitingNextBroadcast { label } userErrors { code message path }";

async function setRecording(gateway: TestGateway, input: string): Promise<Changed> {
  const { data, errors } = await gateway.ask<{ setRecording: Changed }>(
    `mutation { setRecording(input: { ${input} }) { ${changed} } }`,
  );
  expect(errors).toEqual([]);
  return data.setRecording;
}

async function updateFeatures(gateway: TestGateway, input: string, fields = "label"): Promise<Changed> {
  const { data, errors } = await gateway.ask<{ updateStreamFeatures: Changed }>(
    `mutation { updateStreamFeatures(input: { ${input} }) {
       publishTokens { ${fields} } awaitingNextBroadcast { label } userErrors { code message path } } }`,
  );
  expect(errors).toEqual([]);
  return data.updateStreamFeatures;
}

const tokenOf = (gateway: TestGateway, label: string) => {
  const token = gateway.sandbox.tokens.publish().find((candidate) => candidate.label === label);
  if (!token) throw new Error(`the seed has no publish token ${label}`);
  return token;
};

const writes = (gateway: TestGateway) =>
  gateway.sandbox.calls().filter(({ method, path }) => method !== "GET" && !path.startsWith("/sandbox"));

describe("Mutation.setRecording", () => {
  it("sets the stream's publish token by one call", async () => {
    await using gateway = await createTestGateway();
    expect(await setRecording(gateway, 'stream: { name: "rehearsal" }, isRecording: true')).toEqual({
      stream: { name: "rehearsal" },
      // The disabled token of the stream is left alone.
      publishTokens: [{ label: "rehearsal", isRecording: true, isClipping: false }],
      awaitingNextBroadcast: [],
      userErrors: [],
    });
    expect(writes(gateway).map(({ method, path }) => `${method} ${path}`)).toEqual([
      `PUT /api/v2/publish_token/${tokenOf(gateway, "rehearsal").id}`,
    ]);
    expect(tokenOf(gateway, "rehearsal").record).toBe(true);
    expect(tokenOf(gateway, "retired-encoder").record).toBe(false);
    const { data } = await gateway.ask(
      '{ stream(by: { name: "rehearsal" }) { publishTokens { nodes { label isRecording } } } }',
    );
    expect(data).toEqual({
      stream: {
        publishTokens: {
          nodes: [
            { label: "rehearsal", isRecording: true },
            { label: "retired-encoder", isRecording: false },
          ],
        },
      },
    });
  });

  it.each([
    ["together with clipping", "rehearsal", "isRecording: true, isClipping: true", "INVALID_INPUT", "isClipping"],
    ["of a stream that can be clipped", "fan-zone", "isRecording: true", "INVALID_INPUT", "isRecording"],
    ["while it is live", "derby-final", "isRecording: true", "CONFLICT", "isRecording"],
    ["of what shares its token", "arena-cam1", "isRecording: true", "CONFLICT", "publishToken"],
    ["of what nobody knows", "nobody-knows", "isRecording: true", "NOT_FOUND", "stream"],
  ])("rejects %s before anything is changed", async (_what, name, settings, code, argument) => {
    await using gateway = await createTestGateway();
    const { publishTokens, userErrors } = await setRecording(gateway, `stream: { name: "${name}" }, ${settings}`);
    expect(publishTokens).toEqual([]);
    expect(userErrors).toMatchObject([{ code, path: ["input", argument] }]);
    expect(writes(gateway)).toEqual([]);
  });

  it("switches from clipping to recording in one change", async () => {
    await using gateway = await createTestGateway();
    const { publishTokens } = await setRecording(
      gateway,
      'stream: { name: "fan-zone" }, isRecording: true, isClipping: false',
    );
    expect(publishTokens).toEqual([{ label: "fan-zone", isRecording: true, isClipping: false }]);
  });

  it("accepts a live stream that is recorded already, since nothing changes", async () => {
    await using gateway = await createTestGateway();
    const { token } = tokenOf(gateway, "opera-night");
    await gateway.sandbox.startFeed({ token, streamName: "opera-night", bitsPerSecond: 1_000_000 });
    const on = await setRecording(gateway, 'stream: { name: "opera-night" }, isRecording: true');
    expect(on).toMatchObject({ userErrors: [], awaitingNextBroadcast: [{ label: "opera-night" }] });
    const off = await setRecording(gateway, 'stream: { name: "opera-night" }, isRecording: false');
    expect(off.userErrors).toMatchObject([
      { code: "CONFLICT", message: expect.stringContaining("can be switched once the broadcast has ended") },
    ]);
  });

  it("changes a token of several streams only if it is named and publishes the stream", async () => {
    await using gateway = await createTestGateway();
    const named = (label: string) =>
      setRecording(
        gateway,
        `stream: { name: "arena-cam1" }, publishToken: { tokenId: ${tokenOf(gateway, label).id} }, isRecording: false, isClipping: true`,
      );
    expect(await named("arena-cams")).toMatchObject({ publishTokens: [{ label: "arena-cams" }], userErrors: [] });
    expect(await named("marathon")).toMatchObject({
      publishTokens: [],
      userErrors: [{ code: "CONFLICT", path: ["input", "publishToken"] }],
    });
  });

  it("needs the scope media:write, and is audited", async () => {
    await using gateway = await createTestGateway({ scopes: ["media:write", "audit:read", "stream:read"] });
    await gateway.ask(
      'mutation { setRecording(input: { stream: { name: "rehearsal" }, isRecording: true }) { userErrors { code } } }',
    );
    const { data } = await gateway.ask("{ auditLog(first: 1) { nodes { operation outcome } } }");
    expect(data).toEqual({ auditLog: { nodes: [{ operation: "setRecording", outcome: "DONE" }] } });
    await using without = await createTestGateway({ scopes: ["token:write", "stream:read"] });
    const { errors } = await without.ask(
      'mutation { setRecording(input: { stream: { name: "rehearsal" }, isRecording: true }) { userErrors { code } } }',
    );
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  });
});

describe("Mutation.updateStreamFeatures", () => {
  it("changes any feature in one mutation, and returns tokens that wait for the next broadcast", async () => {
    await using gateway = await createTestGateway();
    const fields =
      "label isSecured hasThumbnails isLowLatencyRtmp isSrtEncrypted isUtcInserted isDrm priority geoCascade { isEnabled clusters }";
    const { publishTokens, awaitingNextBroadcast, userErrors } = await updateFeatures(
      gateway,
      `stream: { name: "arena-main" }, hasThumbnails: true, isLowLatencyRtmp: false, isSrtEncrypted: true, isUtcInserted: true,
       isDrm: true, priority: 3, geoCascade: { isEnabled: true, clusters: ["fra-1"] }`,
      fields,
    );
    expect(userErrors).toEqual([]);
    expect(publishTokens).toEqual([
      {
        label: "arena-main",
        isSecured: true,
        hasThumbnails: true,
        isLowLatencyRtmp: false,
        isSrtEncrypted: true,
        isUtcInserted: true,
        isDrm: true,
        priority: 3,
        geoCascade: { isEnabled: true, clusters: ["fra-1"] },
      },
    ]);
    expect(awaitingNextBroadcast).toEqual([{ label: "arena-main" }]);
    expect(tokenOf(gateway, "arena-main")).toMatchObject({
      enableThumbnails: true,
      enableUTCInsertion: true,
      drm: true,
    });
  });

  it("clears a priority, and leaves UTC insertion to the account, by null", async () => {
    await using gateway = await createTestGateway();
    await updateFeatures(gateway, 'stream: { name: "marathon" }, priority: 3, isUtcInserted: false');
    const { publishTokens } = await updateFeatures(
      gateway,
      'stream: { name: "marathon" }, priority: null, isUtcInserted: null',
      "priority isUtcInserted",
    );
    expect(publishTokens).toEqual([{ priority: null, isUtcInserted: null }]);
  });

  it.each([
    ["nothing", "", "input"],
    ["DRM of an open stream", "isDrm: true, isSecured: false", "input.isDrm"],
    ["no cluster while relaying", "geoCascade: { isEnabled: true, clusters: [] }", "input.geoCascade.clusters"],
    ["recording and clipping", "isRecording: true, isClipping: true", "input.isClipping"],
  ])("rejects %s before any call", async (_what, settings, argument) => {
    await using gateway = await createTestGateway();
    gateway.sandbox.clearCalls();
    const { userErrors } = await updateFeatures(gateway, `stream: { name: "marathon" }, ${settings}`);
    expect(userErrors).toMatchObject([{ code: "INVALID_INPUT", path: argument.split(".") }]);
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it.each([
    ["several sources where the cluster is auto", "roaming-reporter", "isMultisource: true", "isMultisource"],
    ["DRM where viewers need no token", "city-council", "isDrm: true", "isDrm"],
    ["an open stream where there is DRM", "vista-concert", "isSecured: false", "isSecured"],
    ["clipping where it is recorded", "opera-night", "isClipping: true", "isClipping"],
  ])("rejects %s before anything is changed", async (_what, name, settings, argument) => {
    await using gateway = await createTestGateway();
    const { userErrors } = await updateFeatures(gateway, `stream: { name: "${name}" }, ${settings}`);
    expect(userErrors).toMatchObject([{ code: "INVALID_INPUT", path: ["input", argument] }]);
    expect(writes(gateway)).toEqual([]);
  });

  it("changes every usable publish token alike, and reports one that the platform rejects", async () => {
    await using gateway = await createTestGateway();
    const created = await gateway.ask<{ createPublishToken: { publishToken: { tokenId: number } } }>(
      `mutation { createPublishToken(input: { idempotencyKey: "b", label: "backup", streams: [{ pattern: "marathon" }] }) {
         publishToken { tokenId } } }`,
    );
    const backupId = created.data.createPublishToken.publishToken.tokenId;
    gateway.sandbox.fault({ method: "PUT", path: `/api/v2/publish_token/${backupId}`, status: 400, times: 1 });
    const partly = await updateFeatures(gateway, 'stream: { name: "marathon" }, hasThumbnails: true');
    expect(partly).toMatchObject({
      publishTokens: [{ label: "marathon" }],
      userErrors: [{ code: "UPSTREAM_REJECTED" }],
    });
    const again = await updateFeatures(gateway, 'stream: { name: "marathon" }, hasThumbnails: true');
    expect(again).toMatchObject({ publishTokens: [{ label: "marathon" }, { label: "backup" }], userErrors: [] });
  });
});

describe("Mutation.updatePublishToken", () => {
  it("rejects clipping for a token that records", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `mutation { updatePublishToken(input: { token: { tokenId: ${tokenOf(gateway, "opera-night").id} }, isClipping: true }) {
         publishToken { label } userErrors { code path } } }`,
    );
    expect(data).toEqual({
      updatePublishToken: {
        publishToken: null,
        userErrors: [{ code: "INVALID_INPUT", path: ["input", "isClipping"] }],
      },
    });
    expect(writes(gateway)).toEqual([]);
  });
});
