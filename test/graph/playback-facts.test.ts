import { describe, expect, it } from "vitest";
import { createTestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

/** Asks the Director as an SDK does. */
async function askDirector(
  credentials: { directorUrl: string; streamName: string; streamAccountId: string },
  token: string | null,
): Promise<number> {
  const { directorUrl, streamName, streamAccountId } = credentials;
  const response = await fetch(directorUrl, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== null && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ streamName, streamAccountId }),
  });
  return response.status;
}

describe("Query.protocolInfo", () => {
  it("lists protocols for broadcasting, watching and re-streaming, without a call", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ protocolInfo: { protocol: string; use: string; latency: string }[] }>(
      "{ protocolInfo { protocol use latency } }",
    );
    expect(data.protocolInfo.map(({ protocol, use, latency }) => `${use} ${protocol} ${latency}`)).toEqual([
      "INGEST WEBRTC REAL_TIME",
      "INGEST WHIP REAL_TIME",
      "INGEST RTMP LOW",
      "INGEST RTMPS LOW",
      "INGEST SRT LOW",
      "PLAYBACK WEBRTC REAL_TIME",
      "PLAYBACK WHEP REAL_TIME",
      "RESTREAM RTMP DELAYED",
      "RESTREAM RTMPS DELAYED",
      "RESTREAM SRT DELAYED",
    ]);
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("has the codecs of each, and what sound is transcoded to", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      "{ protocolInfo(use: INGEST) { protocol videoCodecs audioCodecs audioDeliveredAs isEncrypted hasSimulcast ports } }",
    );
    const webrtc = {
      videoCodecs: ["H264", "H265", "VP8", "VP9", "AV1"],
      audioCodecs: ["OPUS"],
      audioDeliveredAs: "OPUS",
      isEncrypted: true,
      hasSimulcast: true,
      ports: "443/TCP, 49152-65535/UDP",
    };
    const encoder = { videoCodecs: ["H264"], audioCodecs: ["AAC"], audioDeliveredAs: "OPUS", hasSimulcast: false };
    expect(data).toEqual({
      protocolInfo: [
        { protocol: "WEBRTC", ...webrtc },
        { protocol: "WHIP", ...webrtc },
        { protocol: "RTMP", ...encoder, isEncrypted: false, ports: "1935/TCP" },
        { protocol: "RTMPS", ...encoder, isEncrypted: true, ports: "443/TCP" },
        { protocol: "SRT", ...encoder, videoCodecs: ["H264", "H265"], isEncrypted: null, ports: "10000/UDP" },
      ],
    });
  });
});

describe("Stream.sdkCredentials", () => {
  const fields = "role directorUrl streamName streamAccountId publishToken { label } publishingToken";
  type Answer = {
    stream: {
      sdkCredentials: {
        directorUrl: string;
        streamName: string;
        streamAccountId: string;
        publishingToken: string | null;
      } | null;
    };
  };

  it("for playing hold no secret, and open a secured stream with a signed token", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<Answer>(
      `{ stream(by: { name: "derby-final" }) { sdkCredentials(role: SUBSCRIBE) { ${fields} } } }`,
    );
    const credentials = data.stream.sdkCredentials;
    expect(credentials).toEqual({
      role: "SUBSCRIBE",
      directorUrl: `${gateway.sandbox.origin}/api/director/subscribe`,
      streamName: "derby-final",
      streamAccountId: "SYN4DX",
      publishToken: null,
      publishingToken: null,
    });
    const { data: signed } = await gateway.ask<{ signViewerToken: { viewerToken: { jwt: string } } }>(
      `mutation { signViewerToken(input: { token: { tokenId: 5001 }, streamName: "derby-final", trackingId: "northwind-tv", expiresInSeconds: 60 }) { viewerToken { jwt } userErrors { code message } } }`,
    );
    if (!credentials) throw new Error("there are no credentials");
    expect(await askDirector(credentials, signed.signViewerToken.viewerToken.jwt)).toBe(200);
    expect(await askDirector(credentials, null)).toBe(401);
  });

  it("for playing are visible to a partner, of its own streams", async () => {
    await using gateway = await createTestGateway();
    const { key } = await onboard(gateway, "meadow-tv", ["derby-final"]);
    const ask = (name: string) =>
      gateway
        .as(key)
        .ask<Answer>(
          `{ stream(by: { name: "${name}" }) { sdkCredentials(role: SUBSCRIBE) { role streamName streamAccountId } } }`,
        );
    expect((await ask("derby-final")).data.stream.sdkCredentials).toMatchObject({ streamAccountId: "SYN4DX" });
    expect((await ask("arena-main")).errors[0]?.extensions.code).toBe("NOT_FOUND");
    const { data, errors } = await gateway
      .as(key)
      .ask<Answer>('{ stream(by: { name: "derby-final" }) { name sdkCredentials(role: PUBLISH) { streamName } } }');
    expect(data).toEqual({ stream: { name: "derby-final", sdkCredentials: null } });
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", scope: "token:reveal" } }]);
  });

  it("for broadcasting hold the publish token, are audited, and are accepted by the Director", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<Answer>(
      `{ stream(by: { name: "rehearsal" }) { sdkCredentials(role: PUBLISH) { ${fields} } } }`,
    );
    const credentials = data.stream.sdkCredentials;
    expect(credentials).toMatchObject({
      role: "PUBLISH",
      directorUrl: `${gateway.sandbox.origin}/api/director/publish`,
      publishToken: { label: "rehearsal" },
    });
    if (!credentials) throw new Error("there are no credentials");
    expect(await askDirector(credentials, credentials.publishingToken)).toBe(200);
    const log = await gateway.ask('{ auditLog(first: 1, filter: { operation: "reveal" }) { nodes { detail } } }');
    expect(log.data).toEqual({ auditLog: { nodes: [{ detail: '{"field":"sdkCredentials"}' }] } });
    expect(gateway.logged()).not.toContain(credentials.publishingToken);
  });

  it("for broadcasting are rejected if no usable token publishes the stream", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(
      "mutation { disablePublishTokens(input: { tokens: [{ tokenId: 1002 }] }) { userErrors { code } } }",
    );
    const { errors } = await gateway.ask(
      '{ stream(by: { name: "arena-main" }) { sdkCredentials(role: PUBLISH) { role } } }',
    );
    expect(errors).toMatchObject([{ extensions: { code: "CONFLICT", argument: "publishToken" } }]);
  });
});

describe("StreamPlayback.multiView and audioMultiplexing", () => {
  const hints = `stream(by: { name: "rehearsal" }) { playback {
    multiView { isPossible liveSourceIds hostedPlayerUrl maxBitsPerSecond sdkOptions { name } }
    audioMultiplexing { isPossible minAudioTracks sdkOptions { name } } } }`;

  it("have the sources of the stream and the SDKs' options", async () => {
    await using gateway = await createTestGateway();
    const token = gateway.sandbox.tokens.publish().find(({ label }) => label === "rehearsal")?.token ?? "";
    gateway.sandbox.startFeed({ token, streamName: "rehearsal" });
    gateway.sandbox.startFeed({ token, streamName: "rehearsal", sourceId: "crowd" });
    const { data } = await gateway.ask(`{ ${hints} }`);
    expect(data).toEqual({
      stream: {
        playback: {
          multiView: {
            isPossible: true,
            liveSourceIds: [null, "crowd"],
            hostedPlayerUrl: "https://viewer.millicast.com?streamId=SYN4DX/rehearsal&multisource=true&layout=grid",
            maxBitsPerSecond: 12_000_000,
            sdkOptions: [{ name: "pinnedSourceId" }, { name: "excludedSourceIds" }],
          },
          audioMultiplexing: {
            isPossible: true,
            minAudioTracks: 2,
            sdkOptions: [
              { name: "multiplexedAudioTracks" },
              { name: "pinnedSourceId" },
              { name: "excludedSourceIds" },
              { name: "dtx" },
            ],
          },
        },
      },
    });
  });

  it("report a stream whose token allows one source", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      '{ stream(by: { name: "roaming-reporter" }) { playback { multiView { isPossible liveSourceIds } } } }',
    );
    expect(data).toEqual({ stream: { playback: { multiView: { isPossible: false, liveSourceIds: [] } } } });
  });

  it("are visible to a partner without the publishing details", async () => {
    await using gateway = await createTestGateway();
    const { key } = await onboard(gateway, "meadow-tv", ["rehearsal"]);
    const { data, errors } = await gateway.as(key).ask(`{ ${hints} }`);
    expect(data).toMatchObject({
      stream: { playback: { multiView: { isPossible: null, liveSourceIds: null, maxBitsPerSecond: 12_000_000 } } },
    });
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(["FORBIDDEN"]));
  });

  it("come with the events of the SDKs", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ stream: { playback: { sdkEvents: { name: string }[] } } }>(
      '{ stream(by: { name: "derby-final" }) { playback { sdkEvents { name description } } } }',
    );
    expect(data.stream.playback.sdkEvents.map(({ name }) => name)).toEqual([
      "active",
      "inactive",
      "updated",
      "layers",
      "vad",
      "viewercount",
      "stopped",
      "migrate",
    ]);
  });
});
