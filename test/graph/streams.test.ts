import { describe, expect, it } from "vitest";
import { createTestGateway, range } from "../support/gateway.ts";

const names = (data: { streams: { nodes: { name: string }[] } }) => data.streams.nodes.map(({ name }) => name);
type Streams = {
  streams: { totalCount: number; nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
};

describe("Query.streams", () => {
  it("lists the streams that tokens name, that are live, and that were seen in traffic", async () => {
    await using gateway = await createTestGateway();
    // Known by name through a token; live under a pattern; and seen in traffic under a pattern.
    const before = await gateway.ask<Streams>("{ streams(first: 100) { nodes { name } } }");
    expect(names(before.data)).toEqual(expect.arrayContaining(["rehearsal", "popup-kiosk"]));
    expect(names(before.data)).not.toContain("popup-expo");
    await gateway.gateway.start();
    const after = await gateway.ask<Streams>("{ streams(first: 100) { totalCount nodes { name } } }");
    expect(names(after.data)).toContain("popup-expo");
    expect(names(after.data)).toEqual(names(after.data).toSorted());
    expect(after.data.streams.totalCount).toBe(24);
  });

  it("filters by being live, by name and by partner", async () => {
    await using gateway = await createTestGateway();
    const filtered = async (filter: string) =>
      names((await gateway.ask<Streams>(`{ streams(first: 100, filter: ${filter}) { nodes { name } } }`)).data);
    expect(await filtered("{ isLive: true }")).toEqual([
      "arena-main",
      "city-council",
      "derby-final",
      "harbor-news-24",
      "popup-kiosk",
      "world-feed",
    ]);
    expect(await filtered('{ nameContains: "ARENA", isLive: false }')).toEqual([]);
    expect(await filtered('{ partner: { trackingId: "northwind-tv" } }')).toEqual([
      "arena-main",
      "derby-final",
      "world-feed",
    ]);
    expect(await filtered('{ partner: { trackingId: "orchid-stream" }, isLive: true }')).toEqual(["popup-kiosk"]);
  });

  it("pages without skipping or repeating a stream, forwards and backwards", async () => {
    await using gateway = await createTestGateway();
    const all = names((await gateway.ask<Streams>("{ streams(first: 100) { nodes { name } } }")).data);
    const forwards: string[] = [];
    let after = "";
    for (let hasNext = true; hasNext; ) {
      const { data } = await gateway.ask<Streams>(
        `{ streams(first: 7 ${after}) { nodes { name } pageInfo { hasNextPage endCursor } } }`,
      );
      forwards.push(...names(data));
      hasNext = data.streams.pageInfo.hasNextPage;
      after = `after: "${data.streams.pageInfo.endCursor}"`;
    }
    expect(forwards).toEqual(all);
    const { data } = await gateway.ask<Streams>("{ streams(last: 3) { nodes { name } } }");
    expect(names(data)).toEqual(all.slice(-3));
  });

  it("still lists streams when monitoring is down, without those that only monitoring reports", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "/api/monitoring/*", status: 503 });
    const { data, errors } = await gateway.ask<Streams>("{ streams(first: 100) { nodes { name } } }");
    expect(errors).toEqual([]);
    expect(names(data)).toContain("derby-final");
    const live = await gateway.ask("{ streams(filter: { isLive: true }) { nodes { name } } clusters { clusterId } }");
    expect(live.data).toMatchObject({ streams: null, clusters: [{}, {}, {}, {}, {}, {}, {}, {}, {}] });
    expect(live.errors[0]?.extensions.code).toBe("UPSTREAM_UNAVAILABLE");
  });
});

describe("StreamPlayback.hostedPlayerUrl", () => {
  it("contains the given options, and rejects what the player does not support", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask<{ stream: { playback: Record<string, string> } }>(
      `{ stream(by: { name: "derby-final" }) { playback {
           plain: hostedPlayerUrl
           told: hostedPlayerUrl(options: { isMuted: true, strategy: QUALITY })
           framed: embedHtml(options: { isMuted: true })
           impossible: hostedPlayerUrl(options: { isGrid: true }) } } }`,
    );
    const { plain, told, framed } = data.stream.playback;
    expect(told).toBe(`${plain}&mute=true&abrStrategy=quality`);
    expect(framed).toContain(`${plain}&amp;mute=true`);
    expect(errors).toMatchObject([{ extensions: { code: "INVALID_INPUT", argument: "options.isGrid" } }]);
  });
});

describe("StreamPlayback.embedHtml", () => {
  it("takes a viewer token and options together, and no token of another stream, nor a subscribe token", async () => {
    await using gateway = await createTestGateway();
    const sign = `mutation { signViewerToken(input: {
      token: { tokenId: 5001 }, streamName: "derby-final", trackingId: "northwind-tv", expiresInSeconds: 60
    }) { viewerToken { jwt playerUrl(options: { isMuted: true }) embedHtml(options: { isMuted: true }) } } }`;
    const { data: signed } = await gateway.ask<{
      signViewerToken: { viewerToken: { jwt: string; playerUrl: string; embedHtml: string } };
    }>(sign);
    const { jwt, playerUrl, embedHtml } = signed.signViewerToken.viewerToken;
    expect(playerUrl).toBe(`https://viewer.millicast.com?streamId=SYN4DX/derby-final&token=${jwt}&mute=true`);
    expect(embedHtml).toContain(`<iframe src="${playerUrl.replaceAll("&", "&amp;")}"`);
    const playback = (stream: string, viewerToken: string) =>
      gateway.ask<{ stream: { playback: Record<string, string | null> } }>(
        `query ($stream: String!, $viewerToken: String) { stream(by: { name: $stream }) { playback {
           hostedPlayerUrl(options: { isMuted: true }, viewerToken: $viewerToken)
           embedHtml(options: { isMuted: true }, viewerToken: $viewerToken) } } }`,
        { stream, viewerToken },
      );
    expect(await playback("derby-final", jwt)).toMatchObject({
      data: { stream: { playback: { hostedPlayerUrl: playerUrl, embedHtml } } },
      errors: [],
    });
    const master = gateway.sandbox.tokens.subscribe().find(({ id }) => id === 5001)?.token ?? "";
    for (const [stream, token] of [
      ["arena-main", jwt],
      ["derby-final", master],
      ["derby-final", ""],
      ["derby-final", `${jwt}"><script>`],
      ["derby-final", `${jwt}&token=x`],
      ["derby-final", "eyJ.bm90IGpzb24.c2ln"],
      ["derby-final", `eyJ.${Buffer.from("null").toString("base64url")}.c2ln`],
    ] as const) {
      const { data, errors } = await playback(stream, token);
      expect(data).toEqual({ stream: { playback: { hostedPlayerUrl: null, embedHtml: null } } });
      expect(errors).toHaveLength(2);
      expect(errors).toMatchObject([{ extensions: { code: "INVALID_INPUT", argument: "viewerToken" } }, {}]);
      if (token) expect(JSON.stringify(errors)).not.toContain(token);
    }
  });
});

describe("a stream with a slash in its name", () => {
  it("has no address of the hosted player, which would look for another stream, and has those of WHEP and the SDKs", async () => {
    await using gateway = await createTestGateway();
    const name = "arena/cam 1";
    const created = await gateway.ask<{ createSubscribeToken: { subscribeToken: { tokenId: number } } }>(
      `mutation { createSubscribeToken(input: { idempotencyKey: "slash", label: "slash", streams: [{ pattern: "${name}" }] }) {
         subscribeToken { tokenId } userErrors { message } } }`,
    );
    expect(created.data).toMatchObject({ createSubscribeToken: { userErrors: [] } });
    const { subscribeToken } = created.data.createSubscribeToken;
    const { data, errors } = await gateway.ask(
      `{ stream(by: { name: "${name}" }) { playback { hostedPlayerUrl embedHtml multiView { hostedPlayerUrl } whepUrl streamName } } }`,
    );
    expect(data).toEqual({
      stream: {
        playback: {
          hostedPlayerUrl: null,
          embedHtml: null,
          multiView: { hostedPlayerUrl: null },
          whepUrl: `${gateway.sandbox.origin}/api/whep/SYN4DX/arena%2Fcam%201`,
          streamName: name,
        },
      },
    });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(Array(3).fill("NOT_PLAYABLE"));
    const signed = await gateway.ask(
      `mutation { signViewerToken(input: { token: { tokenId: ${subscribeToken.tokenId} }, streamName: "${name}", expiresInSeconds: 60 }) {
         viewerToken { jwt playerUrl } userErrors { message } } }`,
    );
    expect(signed.data).toMatchObject({
      signViewerToken: { viewerToken: { jwt: expect.any(String), playerUrl: null } },
    });
    expect(signed.errors[0]).toMatchObject({
      message: expect.stringContaining(name),
      extensions: { code: "NOT_PLAYABLE" },
    });
  });
});

describe("Stream", () => {
  it("returns whether it is live, since when, and how many viewers watch", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `{ live: stream(by: { name: "derby-final" }) { isLive startedAt endedAt viewerCount
           feeds { isActive publishToken { label } country } }
         idle: stream(by: { name: "rehearsal" }) { isLive startedAt viewerCount feeds { isActive } } }`,
    );
    expect(data).toMatchObject({
      live: {
        isLive: true,
        endedAt: null,
        feeds: [{ isActive: true, publishToken: { label: "derby-final" }, country: "GB" }],
      },
      idle: { isLive: false, startedAt: null, viewerCount: 0, feeds: [] },
    });
  });

  it("exists by traffic alone, and continues to", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask('{ stream(by: { name: "popup-expo" }) { name isLive } }');
    expect({ data, errors }).toEqual({ data: { stream: { name: "popup-expo", isLive: false } }, errors: [] });
    const listed = await gateway.ask<Streams>('{ streams(filter: { nameContains: "popup" }) { nodes { name } } }');
    expect(names(listed.data)).toEqual(["popup-expo", "popup-kiosk"]);
  });

  it("is NOT_FOUND if it is unknown, and the rest of the response is served", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      '{ nobody: stream(by: { name: "never-heard-of" }) { name } rehearsal: stream(by: { name: "rehearsal" }) { name } }',
    );
    expect(data).toEqual({ nobody: null, rehearsal: { name: "rehearsal" } });
    expect(errors).toMatchObject([
      {
        path: ["nobody"],
        extensions: { code: "NOT_FOUND", argument: "by" },
        message: "Nothing is found under this id or name.",
      },
    ]);
  });

  it("is secured only if every token that publishes it is", async () => {
    await using gateway = await createTestGateway();
    const secured = (name: string) => `${name.replace("-", "_")}: stream(by: { name: "${name}" }) { isSecured }`;
    const before = await gateway.ask(`{ ${secured("derby-final")} ${secured("city-council")} }`);
    expect(before.data).toEqual({ derby_final: { isSecured: true }, city_council: { isSecured: false } });
    await gateway.ask(
      `mutation { createPublishToken(input: { idempotencyKey: "b", label: "backdoor", isSecured: false,
           streams: [{ pattern: "derby-.*", isRegex: true }] }) { userErrors { code } } }`,
    );
    expect((await gateway.ask(`{ ${secured("derby-final")} }`)).data).toEqual({ derby_final: { isSecured: false } });
  });

  it("returns the subscribe tokens of another cluster than its publishers", async () => {
    await using gateway = await createTestGateway();
    const consistency =
      "clusterConsistency { isConsistent publishClusters subscribeClusters mismatchedTokens { label } }";
    const { data } = await gateway.ask(
      `{ stream(by: { name: "sydney-regatta" }) { ${consistency} } derby: stream(by: { name: "derby-final" }) { ${consistency} } }`,
    );
    expect(data).toEqual({
      stream: {
        clusterConsistency: {
          isConsistent: false,
          publishClusters: ["syd-1"],
          subscribeClusters: ["phx-1", "syd-1"],
          mismatchedTokens: [{ label: "qa-wildcard" }],
        },
      },
      derby: {
        clusterConsistency: {
          isConsistent: true,
          publishClusters: ["phx-1"],
          subscribeClusters: ["phx-1"],
          mismatchedTokens: [],
        },
      },
    });
  });

  it("lists tokens by name and by pattern, and the partners that hold them", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `{ stream(by: { name: "arena-cam2" }) { publishTokens { nodes { label grants { pattern isRegex } } }
           subscribeTokens { nodes { label trackingId } } partners { totalCount nodes { trackingId } } } }`,
    );
    expect(data).toEqual({
      stream: {
        publishTokens: { nodes: [{ label: "arena-cams", grants: [{ pattern: "arena-cam[0-9]+", isRegex: true }] }] },
        subscribeTokens: {
          nodes: [
            { label: "polar-sports-arena-cams", trackingId: "polar-sports" },
            { label: "qa-wildcard", trackingId: null },
          ],
        },
        partners: { totalCount: 1, nodes: [{ trackingId: "polar-sports" }] },
      },
    });
  });

  it("returns where to watch it, without a secret", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `{ stream(by: { name: "derby-final" }) { streamId playback { hostedPlayerUrl embedHtml whepUrl directorUrl streamAccountId streamName } } }`,
    );
    const { origin } = gateway.sandbox;
    expect(data).toEqual({
      stream: {
        streamId: "SYN4DX/derby-final",
        playback: {
          hostedPlayerUrl: "https://viewer.millicast.com?streamId=SYN4DX/derby-final",
          embedHtml:
            '<iframe src="https://viewer.millicast.com?streamId=SYN4DX/derby-final" allow="autoplay; fullscreen" allowfullscreen style="width: 100%; aspect-ratio: 16 / 9; border: 0"></iframe>',
          whepUrl: `${origin}/api/whep/SYN4DX/derby-final`,
          directorUrl: `${origin}/api/director/subscribe`,
          streamAccountId: "SYN4DX",
          streamName: "derby-final",
        },
      },
    });
  });

  it("returns where to broadcast it with each usable token", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ stream: { ingest: Record<string, unknown>[] } }>(
      `{ stream(by: { name: "sydney-regatta" }) { ingest { publishToken { label } whipUrl bearerToken srtUrl srtPassphrase
           rtmp { server streamKey url } rtmps { server } } } }`,
    );
    const token = gateway.sandbox.tokens.publish().find(({ label }) => label === "sydney-regatta")?.token ?? "";
    const short = Buffer.from(token, "hex").toString("base64url");
    expect(data.stream.ingest).toEqual([
      {
        publishToken: { label: "sydney-regatta" },
        whipUrl: `${gateway.sandbox.origin}/api/whip/sydney-regatta`,
        bearerToken: token,
        srtUrl: `srt://srt-syd-1.millicast.com:10000?streamid=sydney-regatta%3Ft%3D${short}`,
        srtPassphrase: null,
        rtmp: {
          server: "rtmp://rtmp-syd-1.millicast.com:1935/v2/pub",
          streamKey: `sydney-regatta?token=${token}`,
          url: `rtmp://rtmp-syd-1.millicast.com:1935/v2/pub/sydney-regatta?token=${token}`,
        },
        rtmps: { server: "rtmps://rtmp-syd-1.millicast.com:443/v2/pub" },
      },
    ]);
  });

  it("has encryption in its SRT address if the token requires it", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ createPublishToken: { publishToken: { srtPassphrase: string } } }>(
      `mutation { createPublishToken(input: { idempotencyKey: "s", label: "srt", streams: [{ pattern: "srt-cam" }], isSrtEncrypted: true }) {
         publishToken { isSrtEncrypted srtPassphrase } userErrors { code } } }`,
    );
    const { data: seen } = await gateway.ask<{ stream: { ingest: { srtUrl: string; srtPassphrase: string }[] } }>(
      '{ stream(by: { name: "srt-cam" }) { ingest { srtUrl srtPassphrase } } }',
    );
    expect(seen.stream.ingest[0]?.srtUrl).toMatch(/%26e$/);
    expect(seen.stream.ingest[0]?.srtPassphrase).toBe(data.createPublishToken.publishToken.srtPassphrase);
  });

  it("with a name that analytics reject reports so on its usage, and nowhere else", async () => {
    await using gateway = await createTestGateway();
    for (const name of ["studio/a", "take*two", "dash--dash"]) {
      await gateway.ask(
        `mutation { createPublishToken(input: { idempotencyKey: "${name}", label: "odd", streams: [{ pattern: "${name}" }] }) { userErrors { code } } }`,
      );
    }
    gateway.analyticsCalls();
    const window = range("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");
    const { data, errors } = await gateway.ask<{
      streams: { nodes: { name: string; bandwidth: { total: object | null } }[] };
    }>(
      `{ streams(first: 100) { nodes { name isLive bandwidth(window: ${window}) { window { from } total { bytesOut } series { points { state } } } } } }`,
    );
    const without = data.streams.nodes.filter(({ bandwidth }) => bandwidth.total === null).map(({ name }) => name);
    expect(without).toEqual(["dash--dash", "studio/a", "take*two"]);
    expect(errors.map(({ path, extensions }) => [path?.at(-1), extensions.code])).toEqual(
      expect.arrayContaining([
        ["total", "NOT_METERED"],
        ["series", "NOT_METERED"],
      ]),
    );
    for (const { query } of gateway.analyticsCalls())
      expect(decodeURIComponent(query)).not.toMatch(/studio\/a|take\*two|--dash/);
  });
});
