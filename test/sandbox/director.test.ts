import { decodeJwt, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import type { Sandbox, SubscribeToken } from "../../src/sandbox/sandbox.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import {
  admitted,
  clientOf,
  publishToken,
  START,
  subscribeToken,
  type ViewerJwtOptions,
  viewerJwt,
} from "../support/sandbox.ts";

const sandboxAtStart = () => createConformantSandbox({ startAt: START, frozen: true });

interface Ask {
  readonly streamName?: string;
  readonly streamAccountId?: string;
  readonly headers?: Record<string, string>;
}

/** What the Director says to a viewer: `ok`, or its status and message. */
async function subscribe(
  sandbox: Sandbox,
  token: string | null,
  { streamName = "derby-final", streamAccountId, headers = {} }: Ask = {},
) {
  const body = { streamName, ...(streamAccountId === undefined ? {} : { streamAccountId }) };
  const reply = await clientOf(sandbox, token).post("/api/director/subscribe", body, headers);
  return reply.status === 200 ? "ok" : `${reply.status} ${reply.body.data.message}`;
}

async function publish(
  sandbox: Sandbox,
  token: string | null,
  streamName: string,
  headers: Record<string, string> = {},
) {
  const reply = await clientOf(sandbox, token).post("/api/director/publish", { streamName }, headers);
  return reply.status === 200 ? "ok" : `${reply.status} ${reply.body.data.message}`;
}

async function update(sandbox: Sandbox, noun: "publish" | "subscribe", id: number, changes: unknown) {
  expect(await clientOf(sandbox).put(`/api/v2/${noun}_token/${id}`, changes)).toMatchObject({ status: 200 });
}

async function newSubscribeToken(sandbox: Sandbox, settings: Record<string, unknown>): Promise<SubscribeToken> {
  const { data } = (
    await clientOf(sandbox).post("/api/subscribe_token", {
      label: "test",
      streams: [{ streamName: "derby-final" }],
      ...settings,
    })
  ).body;
  return subscribeToken(sandbox, data.label);
}

describe("Director check of a plain subscribe token", () => {
  it("admits a viewer to the streams that the token grants, and returns a session as JWT", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = subscribeToken(sandbox, "northwind-tv-derby-final");
    const { body } = await clientOf(sandbox, token).post("/api/director/subscribe", { streamName: "derby-final" });
    expect(body.data).toMatchObject({ urls: [expect.stringMatching(/^wss:/)], streamAccountId: "SYN4DX" });
    expect(body.data.iceServers[0].urls).toEqual([expect.any(String)]);
    expect(decodeJwt(body.data.jwt)).toMatchObject({ millicast: { streamName: "derby-final", record: false } });
  });

  it.each([
    ["an unknown one", () => "0".repeat(64), "401 Unauthorized: Invalid token"],
    [
      "a publish token",
      (sandbox: Sandbox) => publishToken(sandbox, "derby-final").token,
      "401 Unauthorized: Invalid token",
    ],
    [
      "a disabled one",
      (sandbox: Sandbox) => subscribeToken(sandbox, "lumen-play-old").token,
      "401 Unauthorized: Token is not active",
    ],
    [
      "an expired one",
      (sandbox: Sandbox) => subscribeToken(sandbox, "kestrel-media-trial").token,
      "401 Unauthorized: Token expired",
    ],
    [
      "one for another stream",
      (sandbox: Sandbox) => subscribeToken(sandbox, "northwind-tv-arena-main").token,
      "401 Unauthorized: StreamName is not valid for token",
    ],
    ["the wildcard", (sandbox: Sandbox) => subscribeToken(sandbox, "qa-wildcard").token, "ok"],
  ])("decides as documented on %s", async (_, tokenOf, outcome) => {
    await using sandbox = await sandboxAtStart();
    expect(await subscribe(sandbox, tokenOf(sandbox))).toBe(outcome);
  });

  it("refuses a token from the second of its expiry on", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = await newSubscribeToken(sandbox, { expires: 60 });
    sandbox.clock.advance(59_999);
    expect(await subscribe(sandbox, token)).toBe("ok");
    sandbox.clock.advance(1);
    expect(await subscribe(sandbox, token)).toBe("401 Unauthorized: Token expired");
  });

  it("refuses a token once it is refreshed, disabled or deleted", async () => {
    await using sandbox = await sandboxAtStart();
    const parent = subscribeToken(sandbox, "open-parent");
    await update(sandbox, "subscribe", parent.id, { refreshToken: true });
    expect(await subscribe(sandbox, parent.token)).toBe("401 Unauthorized: Invalid token");
    const { token } = subscribeToken(sandbox, "open-parent");
    expect(await subscribe(sandbox, token)).toBe("ok");
    await update(sandbox, "subscribe", parent.id, { isActive: false });
    expect(await subscribe(sandbox, token)).toBe("401 Unauthorized: Token is not active");
    await clientOf(sandbox).delete(`/api/subscribe_token/${parent.id}`);
    expect(await subscribe(sandbox, token)).toBe("401 Unauthorized: Invalid token");
  });

  it("matches patterns against the whole name, with its case", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = subscribeToken(sandbox, "polar-sports-arena-cams");
    const encoder = publishToken(sandbox, "arena-cams").token;
    for (const streamName of ["arena-cam7", "arena-cam77"])
      await admitted(sandbox.startFeed({ token: encoder, streamName }));
    expect(await subscribe(sandbox, token, { streamName: "arena-cam7" })).toBe("ok");
    expect(await subscribe(sandbox, token, { streamName: "arena-cam77" })).toBe("ok");
    for (const streamName of ["arena-cam", "Arena-cam7", "my-arena-cam7", "arena-cam7-b"]) {
      expect(await subscribe(sandbox, token, { streamName })).toBe(
        "401 Unauthorized: StreamName is not valid for token",
      );
    }
  });

  it("takes metacharacters in a plain name literally", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = await newSubscribeToken(sandbox, { streams: [{ streamName: "derby.final" }] });
    expect(await subscribe(sandbox, token)).toBe("401 Unauthorized: StreamName is not valid for token");
  });
});

describe("Director check of a self-signed token", () => {
  const signed = async (label: string, options: ViewerJwtOptions = {}, ask: Ask = {}) => {
    await using sandbox = await sandboxAtStart();
    const jwt = await viewerJwt(sandbox, subscribeToken(sandbox, label), ask.streamName ?? "derby-final", options);
    return await subscribe(sandbox, jwt, ask);
  };
  const MASTER = "northwind-tv-derby-final";

  it.each(["HS256", "HS384", "HS512"])(
    "accepts a signature by %s with the characters of the parent's token",
    async (alg) => {
      expect(await signed(MASTER, { alg })).toBe("ok");
    },
  );

  it("refuses any other algorithm, and none", async () => {
    await using sandbox = await sandboxAtStart();
    const parent = subscribeToken(sandbox, MASTER);
    const claims = { streaming: { tokenId: parent.id, tokenType: "Subscribe", streamName: "derby-final" } };
    const none = new UnsecuredJWT(claims).setExpirationTime(sandbox.clock.now() / 1000 + 60).encode();
    expect(await subscribe(sandbox, none)).toBe("401 Unauthorized: Invalid token");
    const [, payload, signature] = (await viewerJwt(sandbox, parent, "derby-final")).split(".");
    const header = Buffer.from('{"alg":"RS256","typ":"JWT"}').toString("base64url");
    expect(await subscribe(sandbox, `${header}.${payload}.${signature}`)).toBe("401 Unauthorized: Invalid token");
  });

  it.each([
    ["of another key", MASTER, { key: "f".repeat(64) }, "401 Unauthorized: Invalid token"],
    ["of an unknown parent", MASTER, { streaming: { tokenId: 99 } }, "401 Unauthorized: Invalid token"],
    ["of a publish token as parent", MASTER, { streaming: { tokenId: 1001 } }, "401 Unauthorized: Invalid token"],
    ["without a parent", MASTER, { streaming: { tokenId: undefined } }, "401 Unauthorized: Invalid token"],
    ["of a parent's id as text", MASTER, { streaming: { tokenId: "5001" } }, "401 Unauthorized: Invalid token"],
    ["under a disabled parent", "lumen-play-old", {}, "401 Unauthorized: Token is not active"],
    ["under an expired parent", "kestrel-media-trial", {}, "401 Unauthorized: Token expired"],
    ["without exp", MASTER, { expiresIn: null }, "401 Unauthorized: The exp claim is required"],
    ["that expires now", MASTER, { expiresIn: 0 }, "401 Unauthorized: Token expired"],
    [
      "of the type 'subscribe'",
      MASTER,
      { streaming: { tokenType: "subscribe" } },
      "401 Unauthorized: tokenType must be Subscribe",
    ],
    [
      "without a type",
      MASTER,
      { streaming: { tokenType: undefined } },
      "401 Unauthorized: tokenType must be Subscribe",
    ],
    [
      "for another stream of the parent's",
      "qa-wildcard",
      { streaming: { streamName: "arena-main" } },
      "401 Unauthorized: StreamName is not valid for token",
    ],
    [
      "for a pattern",
      "qa-wildcard",
      { streaming: { streamName: ".*" } },
      "401 Unauthorized: StreamName is not valid for token",
    ],
    [
      "for a list",
      "qa-wildcard",
      { streaming: { streamName: ["derby-final"] } },
      "401 Unauthorized: streamName must be one stream name",
    ],
    [
      "for an empty name",
      "qa-wildcard",
      { streaming: { streamName: "" } },
      "401 Unauthorized: streamName must be one stream name",
    ],
    [
      "for a stream its parent does not grant",
      "northwind-tv-arena-main",
      {},
      "401 Unauthorized: StreamName is not valid for token",
    ],
    ["that repeats the tracking id", MASTER, { streaming: { tracking: { trackingId: "northwind-tv" } } }, "ok"],
    [
      "that leaves the tracking id out",
      MASTER,
      { streaming: { tracking: undefined } },
      "401 Unauthorized: Tracking id must repeat the parent token's",
    ],
    [
      "with tracking null",
      MASTER,
      { streaming: { tracking: null } },
      "401 Unauthorized: Tracking id must repeat the parent token's",
    ],
    [
      "with another tracking id",
      MASTER,
      { streaming: { tracking: { trackingId: "kestrel-media" } } },
      "401 Unauthorized: Tracking id must repeat the parent token's",
    ],
    ["without a tracking id under an open parent", "open-parent", {}, "ok"],
    [
      "with any tracking id under an open parent",
      "open-parent",
      { streaming: { tracking: { trackingId: "freelance-desk" } } },
      "ok",
    ],
    [
      "with a tracking id of 129 characters",
      "open-parent",
      { streaming: { tracking: { trackingId: "x".repeat(129) } } },
      "401 Unauthorized: trackingId is longer than 128 characters",
    ],
    ["with its parent's cluster", MASTER, { streaming: { originCluster: "phx-1" } }, "ok"],
    [
      "with another cluster",
      MASTER,
      { streaming: { originCluster: "lon-1" } },
      "401 Unauthorized: Origin cluster must equal the parent token's",
    ],
    [
      "with auto where its parent is not",
      MASTER,
      { streaming: { originCluster: "auto" } },
      "401 Unauthorized: Origin cluster must equal the parent token's",
    ],
    ["with 1024 characters of viewer data", MASTER, { streaming: { customViewerData: "x".repeat(1024) } }, "ok"],
    [
      "with 1025 characters of viewer data",
      MASTER,
      { streaming: { customViewerData: "x".repeat(1025) } },
      "401 Unauthorized: customViewerData is longer than 1024 characters",
    ],
    [
      "that lists IPv6",
      MASTER,
      { streaming: { allowedIpAddresses: ["::1"] } },
      "401 Unauthorized: allowedIpAddresses takes IPv4 addresses and CIDR blocks",
    ],
    [
      "with claims that no rule knows",
      MASTER,
      { streaming: { allowedCountries: ["JP"], bindIpsOnUsage: 1, expires_in: 1 } },
      "ok",
    ],
  ] as [string, string, ViewerJwtOptions, string][])(
    "decides as documented: %s",
    async (_, label, options, outcome) => {
      expect(await signed(label, options)).toBe(outcome);
    },
  );

  it("refuses a token from the second of its expiry on, and from its parent's", async () => {
    await using sandbox = await sandboxAtStart();
    const short = await newSubscribeToken(sandbox, { expires: 30 });
    const jwt = await viewerJwt(sandbox, short, "derby-final", { expiresIn: 60 });
    const other = await viewerJwt(sandbox, subscribeToken(sandbox, MASTER), "derby-final", { expiresIn: 60 });
    sandbox.clock.advance(29_999);
    expect(await subscribe(sandbox, jwt)).toBe("ok");
    sandbox.clock.advance(1);
    expect(await subscribe(sandbox, jwt)).toBe("401 Unauthorized: Token expired");
    sandbox.clock.advance(29_999);
    expect(await subscribe(sandbox, other)).toBe("ok");
    sandbox.clock.advance(1);
    expect(await subscribe(sandbox, other)).toBe("401 Unauthorized: Token expired");
  });

  it("refuses a token before its nbf", async () => {
    await using sandbox = await sandboxAtStart();
    const parent = subscribeToken(sandbox, MASTER);
    const { SignJWT } = await import("jose");
    const now = sandbox.clock.now() / 1000;
    const claims = {
      streaming: {
        tokenId: parent.id,
        tokenType: "Subscribe",
        streamName: "derby-final",
        tracking: { trackingId: "northwind-tv" },
      },
    };
    const jwt = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256" })
      .setNotBefore(now + 10)
      .setExpirationTime(now + 60)
      .sign(new TextEncoder().encode(parent.token));
    expect(await subscribe(sandbox, jwt)).toBe("401 Unauthorized: Invalid token");
    sandbox.clock.advance(10_000);
    expect(await subscribe(sandbox, jwt)).toBe("ok");
  });

  it("refuses a token once its parent is refreshed", async () => {
    await using sandbox = await sandboxAtStart();
    const parent = subscribeToken(sandbox, MASTER);
    const jwt = await viewerJwt(sandbox, parent, "derby-final");
    await update(sandbox, "subscribe", parent.id, { refreshToken: true });
    expect(await subscribe(sandbox, jwt)).toBe("401 Unauthorized: Invalid token");
  });

  it("matches any entry of the parent", async () => {
    await using sandbox = await sandboxAtStart();
    const parent = await newSubscribeToken(sandbox, {
      streams: [{ streamName: "arena-main" }, { streamName: "derby-.+", isRegex: true }],
    });
    for (const [streamName, outcome] of [
      ["arena-main", "ok"],
      ["derby-final", "ok"],
      ["world-feed", "401 Unauthorized: StreamName is not valid for token"],
    ] as const) {
      expect(await subscribe(sandbox, await viewerJwt(sandbox, parent, streamName), { streamName })).toBe(outcome);
    }
  });

  it("accepts the stream's cluster under an auto parent, and no unknown one", async () => {
    await using sandbox = await sandboxAtStart();
    const parent = subscribeToken(sandbox, "harbor-news-roaming-reporter");
    await admitted(
      sandbox.startFeed({ token: publishToken(sandbox, "roaming-reporter").token, streamName: "roaming-reporter" }),
    );
    const ask = async (originCluster?: string) => {
      const streaming = originCluster === undefined ? {} : { originCluster };
      const jwt = await viewerJwt(sandbox, parent, "roaming-reporter", { streaming });
      return subscribe(sandbox, jwt, { streamName: "roaming-reporter" });
    };
    expect(await ask()).toBe("ok");
    expect(await ask("auto")).toBe("ok");
    expect(await ask("lon-1")).toBe("401 Unauthorized: Token is for cluster lon-1, the stream is published to auto");
    expect(await ask("ams-1")).toBe("401 Unauthorized: Unknown cluster ams-1");
    await update(sandbox, "publish", publishToken(sandbox, "roaming-reporter").id, { originCluster: "lon-1" });
    expect(await ask("lon-1")).toBe("ok");
  });

  it.each(["", ".", "a.b", "a.b.c", "..", "eyJhbGciOiJIUzI1NiJ9.e30.x"])("refuses '%s' as no token", async (text) => {
    await using sandbox = await sandboxAtStart();
    if (text === "")
      expect(await subscribe(sandbox, null)).toBe("400 streamAccountId is required without a subscribe token");
    else expect(await subscribe(sandbox, text)).toBe("401 Unauthorized: Invalid token");
  });
});

describe("Director check of clusters", () => {
  it("requires the token's effective cluster to be the stream's", async () => {
    await using sandbox = await sandboxAtStart();
    const encoder = publishToken(sandbox, "sydney-regatta").token;
    await admitted(sandbox.startFeed({ token: encoder, streamName: "sydney-regatta" }));
    const { token } = subscribeToken(sandbox, "quayside-sydney-regatta");
    expect(await subscribe(sandbox, token, { streamName: "sydney-regatta" })).toBe("ok");
    const wildcard = subscribeToken(sandbox, "qa-wildcard").token;
    expect(await subscribe(sandbox, wildcard, { streamName: "sydney-regatta" })).toBe(
      "401 Unauthorized: Token is for cluster phx-1, the stream is published to syd-1",
    );
  });
});

describe("Director check of origins", () => {
  const from = (origin: string) => ({ headers: { origin } });

  it.each([
    ["https://demo.com", "ok"],
    ["http://demo.com:8080", "ok"],
    ["https://player.live.example", "ok"],
    ["https://a.b.live.example", "ok"],
    ["https://live.example", "401 Unauthorized: Origin not allowed"],
    ["https://notlive.example", "401 Unauthorized: Origin not allowed"],
    ["https://demo.com.evil.example", "401 Unauthorized: Origin not allowed"],
    ["null", "401 Unauthorized: Origin not allowed"],
  ])("with demo.com and *.live.example allowed decides on %s", async (origin, outcome) => {
    await using sandbox = await sandboxAtStart();
    const { token } = await newSubscribeToken(sandbox, { allowedOrigins: ["demo.com", "*.live.example"] });
    expect(await subscribe(sandbox, token, from(origin))).toBe(outcome);
  });

  it("refuses a caller without an origin if origins are restricted", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = await newSubscribeToken(sandbox, { allowedOrigins: ["demo.com"] });
    expect(await subscribe(sandbox, token)).toBe("401 Unauthorized: Origin not allowed");
  });

  it("lets a JWT narrow its parent's origins and never widen them", async () => {
    await using sandbox = await sandboxAtStart();
    const parent = await newSubscribeToken(sandbox, { allowedOrigins: ["a.example", "b.example"] });
    const jwt = await viewerJwt(sandbox, parent, "derby-final", {
      streaming: { allowedOrigins: ["b.example", "c.example"] },
    });
    expect(await subscribe(sandbox, jwt, from("https://a.example"))).toBe("401 Unauthorized: Origin not allowed");
    expect(await subscribe(sandbox, jwt, from("https://b.example"))).toBe("ok");
    expect(await subscribe(sandbox, jwt, from("https://c.example"))).toBe("401 Unauthorized: Origin not allowed");
  });
});

describe("Director check of addresses", () => {
  const from = (ip: string) => ({ headers: { "x-forwarded-for": ip } });

  it.each([
    ["192.0.2.1", "ok"],
    ["192.0.2.2", "401 Unauthorized: IP Address not allowed"],
    ["10.255.0.1", "ok"],
    ["11.0.0.1", "401 Unauthorized: IP Address not allowed"],
    ["2001:db8::1", "401 Unauthorized: IP Address not allowed"],
    ["10.1.2.3, 192.0.2.99", "ok"],
  ])("with 192.0.2.1 and 10.0.0.0/8 allowed decides on %s", async (ip, outcome) => {
    await using sandbox = await sandboxAtStart();
    const { token } = await newSubscribeToken(sandbox, { allowedIpAddresses: ["192.0.2.1", "10.0.0.0/8"] });
    expect(await subscribe(sandbox, token, from(ip))).toBe(outcome);
  });

  it("reads the socket's address if no header gives another", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = await newSubscribeToken(sandbox, { allowedIpAddresses: ["127.0.0.1"] });
    expect(await subscribe(sandbox, token)).toBe("ok");
  });

  it("lets a JWT narrow its parent's addresses and never widen them", async () => {
    await using sandbox = await sandboxAtStart();
    const parent = await newSubscribeToken(sandbox, { allowedIpAddresses: ["10.0.0.0/8"] });
    const jwt = await viewerJwt(sandbox, parent, "derby-final", {
      streaming: { allowedIpAddresses: ["10.1.0.0/16", "192.0.2.1"] },
    });
    expect(await subscribe(sandbox, jwt, from("10.1.9.9"))).toBe("ok");
    expect(await subscribe(sandbox, jwt, from("10.2.0.1"))).toBe("401 Unauthorized: IP Address not allowed");
    expect(await subscribe(sandbox, jwt, from("192.0.2.1"))).toBe("401 Unauthorized: IP Address not allowed");
  });
});

describe("Director check of bound addresses", () => {
  const from = (ip: string) => ({ streamName: "quay-cam", headers: { "x-forwarded-for": ip } });

  it("admits the first two addresses, over the token and all JWTs under it, again and again", async () => {
    await using sandbox = await sandboxAtStart();
    await admitted(sandbox.startFeed({ token: publishToken(sandbox, "quay-cam").token, streamName: "quay-cam" }));
    const parent = subscribeToken(sandbox, "quayside-kiosk");
    const jwt = await viewerJwt(sandbox, parent, "quay-cam");
    expect(await subscribe(sandbox, parent.token, from("192.0.2.1"))).toBe("ok");
    expect(await subscribe(sandbox, jwt, from("192.0.2.2"))).toBe("ok");
    expect(await subscribe(sandbox, jwt, from("192.0.2.3"))).toBe("401 Unauthorized: IP Address not allowed");
    expect(await subscribe(sandbox, parent.token, from("192.0.2.3"))).toBe("401 Unauthorized: IP Address not allowed");
    expect(await subscribe(sandbox, jwt, from("192.0.2.1"))).toBe("ok");
    await update(sandbox, "subscribe", parent.id, { refreshToken: true });
    const { token } = subscribeToken(sandbox, "quayside-kiosk");
    expect(await subscribe(sandbox, token, from("192.0.2.3"))).toBe("ok");
  });

  it("binds no address of a caller that was refused for another reason", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = subscribeToken(sandbox, "quayside-kiosk");
    for (const ip of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) {
      expect(await subscribe(sandbox, token, from(ip))).toBe("400 stream not being published");
    }
    await admitted(sandbox.startFeed({ token: publishToken(sandbox, "quay-cam").token, streamName: "quay-cam" }));
    expect(await subscribe(sandbox, token, from("192.0.2.9"))).toBe("ok");
  });
});

describe("Director check of countries", () => {
  const from = (country: string, ask: Ask = {}) => ({ ...ask, headers: { "x-sandbox-country": country } });
  const refused = "401 Unauthorized: Country not allowed";

  it("applies the subscribe token's rules, otherwise the publish token's, otherwise the account's, never two of them", async () => {
    await using sandbox = await sandboxAtStart();
    const viewer = await newSubscribeToken(sandbox, {});
    const encoder = publishToken(sandbox, "derby-final");
    const account = (changes: unknown) => clientOf(sandbox).put("/api/v3/account/security", changes);
    const ask = (country: string) => subscribe(sandbox, viewer.token, from(country));

    expect(await ask("US")).toBe("ok");
    await account({ updateDeniedCountries: ["US"] });
    expect([await ask("US"), await ask("BR")]).toEqual([refused, "ok"]);
    await update(sandbox, "publish", encoder.id, { allowedCountries: ["US"] });
    expect([await ask("US"), await ask("BR")]).toEqual(["ok", refused]);
    await update(sandbox, "subscribe", viewer.id, { deniedCountries: ["GB"] });
    expect([await ask("US"), await ask("BR"), await ask("GB")]).toEqual(["ok", "ok", refused]);
  });

  it("applies the parent's rules to a JWT", async () => {
    await using sandbox = await sandboxAtStart();
    const parent = await newSubscribeToken(sandbox, { allowedCountries: ["IN"] });
    const jwt = await viewerJwt(sandbox, parent, "derby-final");
    expect([await subscribe(sandbox, jwt, from("IN")), await subscribe(sandbox, jwt, from("US"))]).toEqual([
      "ok",
      refused,
    ]);
  });

  it("applies rules to unsecured streams too, and never to broadcasters", async () => {
    await using sandbox = await sandboxAtStart();
    const encoder = publishToken(sandbox, "city-council");
    await update(sandbox, "publish", encoder.id, { allowedCountries: ["DE"] });
    const ask = { streamName: "city-council", streamAccountId: "SYN4DX" };
    expect(await subscribe(sandbox, null, from("DE", ask))).toBe("ok");
    expect(await subscribe(sandbox, null, from("FR", ask))).toBe(refused);
    expect(await publish(sandbox, encoder.token, "city-council", { "x-sandbox-country": "FR" })).toBe("ok");
  });

  it("takes the United States as country if no header gives another", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = await newSubscribeToken(sandbox, { allowedCountries: ["US"] });
    expect(await subscribe(sandbox, token)).toBe("ok");
  });
});

describe("Director check of an unsecured stream", () => {
  const ask = { streamName: "city-council", streamAccountId: "SYN4DX" };

  it("admits viewers with the account's id and without a token", async () => {
    await using sandbox = await sandboxAtStart();
    expect(await subscribe(sandbox, null, ask)).toBe("ok");
    expect(await subscribe(sandbox, null, { streamName: "city-council" })).toBe(
      "400 streamAccountId is required without a subscribe token",
    );
    expect(await subscribe(sandbox, null, { ...ask, streamAccountId: "OTHER1" })).toBe("400 stream not found");
    const noAuth = await clientOf(sandbox, null).post("/api/director/subscribe", ask, { authorization: "NoAuth" });
    expect(noAuth.status).toBe(200);
  });

  it("checks a token that is presented nevertheless, and counts under its tracking id", async () => {
    await using sandbox = await sandboxAtStart();
    expect(await subscribe(sandbox, "0".repeat(64), ask)).toBe("401 Unauthorized: Invalid token");
    const { token } = await newSubscribeToken(sandbox, {
      streams: [{ streamName: "city-council" }],
      tracking: { trackingId: "acme" },
    });
    expect(await admitted(sandbox.attachViewers({ ...ask, token }))).toMatchObject({ trackingId: "acme" });
    expect(await admitted(sandbox.attachViewers(ask))).toMatchObject({ trackingId: null });
  });

  it("applies to a secured stream when any of its publishers is unsecured", async () => {
    await using sandbox = await sandboxAtStart();
    const open = { streamName: "derby-final", streamAccountId: "SYN4DX" };
    expect(await subscribe(sandbox, null, open)).toBe("401 Unauthorized: Subscribe token required");
    const { token } = (
      await clientOf(sandbox).post("/api/publish_token", { label: "leak", streams: [{ streamName: "derby-final" }] })
    ).body.data;
    expect(await subscribe(sandbox, null, open)).toBe("401 Unauthorized: Subscribe token required");
    await admitted(sandbox.startFeed({ token, streamName: "derby-final" }));
    expect(await subscribe(sandbox, null, open)).toBe("ok");
  });
});

describe("Director check of a stream that is not live", () => {
  it("answers that the stream is not being published if a publish token covers it, otherwise that it was not found", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = subscribeToken(sandbox, "qa-wildcard");
    const ask = (streamName: string) => clientOf(sandbox, token).post("/api/director/subscribe", { streamName });
    expect(await ask("rehearsal")).toMatchObject({
      status: 400,
      body: { status: "fail", data: { streamId: "SYN4DX/rehearsal", message: "stream not being published" } },
    });
    expect((await ask("popup-tomorrow")).body.data.message).toBe("stream not being published");
    expect((await ask("no-such-stream")).body.data.message).toBe("stream not found");
  });
});

describe("Director check of a publisher", () => {
  it("admits a token that covers the stream, and returns whether it is secured", async () => {
    await using sandbox = await sandboxAtStart();
    const secured = await clientOf(sandbox, publishToken(sandbox, "rehearsal").token).post("/api/director/publish", {
      streamName: "rehearsal",
    });
    expect(secured.body.data).toMatchObject({ subscribeRequiresAuth: true, streamAccountId: "SYN4DX" });
    expect(decodeJwt(secured.body.data.jwt)).toMatchObject({ millicast: { streamName: "rehearsal" } });
    const drm = await clientOf(sandbox, publishToken(sandbox, "vista-concert").token).post("/api/director/publish", {
      streamName: "vista-concert",
    });
    expect(drm.body.data.drmObject.widevineUrl).toMatch(/^\//);
  });

  it.each([
    ["no token", () => null, "rehearsal", "401 Unauthorized: Invalid token"],
    ["an unknown token", () => "0".repeat(64), "rehearsal", "401 Unauthorized: Invalid token"],
    [
      "a subscribe token",
      (sandbox: Sandbox) => subscribeToken(sandbox, "qa-wildcard").token,
      "rehearsal",
      "401 Unauthorized: Invalid token",
    ],
    [
      "a disabled token",
      (sandbox: Sandbox) => publishToken(sandbox, "retired-encoder").token,
      "rehearsal",
      "401 Unauthorized: Token is not active",
    ],
    [
      "an expired token",
      (sandbox: Sandbox) => publishToken(sandbox, "guest-encoder").token,
      "roaming-reporter",
      "401 Unauthorized: Token expired",
    ],
    [
      "a name outside the token",
      (sandbox: Sandbox) => publishToken(sandbox, "rehearsal").token,
      "Rehearsal",
      "400 StreamName is not valid for token",
    ],
    ["a pattern that fits", (sandbox: Sandbox) => publishToken(sandbox, "popups").token, "popup-store", "ok"],
    [
      "a pattern that does not",
      (sandbox: Sandbox) => publishToken(sandbox, "popups").token,
      "popup-",
      "400 StreamName is not valid for token",
    ],
  ])("with %s decides as documented", async (_, tokenOf, streamName, outcome) => {
    await using sandbox = await sandboxAtStart();
    expect(await publish(sandbox, tokenOf(sandbox), streamName)).toBe(outcome);
  });

  it("applies the token's origins, addresses and binding", async () => {
    await using sandbox = await sandboxAtStart();
    const { id, token } = publishToken(sandbox, "rehearsal");
    await update(sandbox, "publish", id, { allowedOrigins: ["studio.example"], allowedIpAddresses: ["10.0.0.0/8"] });
    const ask = (origin: string, ip: string) => publish(sandbox, token, "rehearsal", { origin, "x-forwarded-for": ip });
    expect(await ask("https://studio.example", "10.0.0.1")).toBe("ok");
    expect(await ask("https://other.example", "10.0.0.1")).toBe("401 Unauthorized: Origin not allowed");
    expect(await ask("https://studio.example", "192.0.2.1")).toBe("401 Unauthorized: IP Address not allowed");
    await update(sandbox, "publish", id, { allowedIpAddresses: [], bindIpsOnUsage: 1 });
    expect(await ask("https://studio.example", "192.0.2.1")).toBe("ok");
    expect(await ask("https://studio.example", "192.0.2.2")).toBe("401 Unauthorized: IP Address not allowed");
  });
});

describe("sandbox WHIP and WHEP", () => {
  const post = async (
    sandbox: Sandbox,
    path: string,
    token: string | null,
    body = "v=0\r\n",
    type = "application/sdp",
  ) => {
    const { status, text, headers } = await clientOf(sandbox, token).post(path, body, { "content-type": type });
    return { status, text, type: headers.get("content-type"), location: headers.get("location") };
  };

  it("answer 201 with an SDP and the location of the session", async () => {
    await using sandbox = await sandboxAtStart();
    const whip = await post(sandbox, "/api/whip/rehearsal?codec=h264", publishToken(sandbox, "rehearsal").token);
    expect(whip).toMatchObject({ status: 201, type: "application/sdp", location: "/api/whip/rehearsal/session" });
    const oneLine = await post(sandbox, `/api/whip/rehearsal?auth=${publishToken(sandbox, "rehearsal").token}`, null);
    expect(oneLine.status).toBe(201);
    const { token } = subscribeToken(sandbox, "northwind-tv-derby-final");
    expect((await post(sandbox, "/api/whep/SYN4DX/derby-final?sourceId=main", token)).status).toBe(201);
    expect((await post(sandbox, "/api/whep/SYN4DX/city-council", null)).status).toBe(201);
  });

  it("refuse in plain text", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = subscribeToken(sandbox, "qa-wildcard");
    const plain = "text/plain; charset=utf-8";
    expect(await post(sandbox, "/api/whip/rehearsal", null)).toMatchObject({
      status: 401,
      text: "Unauthorized: Invalid token",
      type: plain,
    });
    expect(await post(sandbox, "/api/whip/other", publishToken(sandbox, "rehearsal").token)).toMatchObject({
      status: 400,
      type: plain,
    });
    expect(await post(sandbox, "/api/whip/rehearsal", token, "")).toMatchObject({ status: 400, type: plain });
    expect(await post(sandbox, "/api/whip/rehearsal", token, "{}", "application/json")).toMatchObject({
      status: 400,
      type: plain,
    });
    expect(await post(sandbox, "/api/whep/SYN4DX/derby-final", null)).toMatchObject({ status: 401, type: plain });
    expect(await post(sandbox, "/api/whep/SYN4DX/rehearsal", token)).toMatchObject({
      status: 409,
      text: "Stream not found",
      type: plain,
    });
    expect(await post(sandbox, "/api/whep/OTHER1/city-council", null)).toMatchObject({ status: 409, type: plain });
  });
});
