import fc from "fast-check";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PublishToken, SubscribeToken } from "../../src/sandbox/sandbox.ts";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

/** Number of viewer tokens; the drill `inspection` runs more. */
const RUNS = Number(process.env["VIEWER_TOKENS"] ?? 300);

const LIVE = "grand-prix";
const [OFFLINE, ELSEWHERE, NEAREST] = ["grand-finale", "grand-tour", "grand-roam"];

interface Claims {
  streaming: Record<string, unknown>;
  [claim: string]: unknown;
}

/** A viewer token to be, as somebody signs it who knows the parent's secret and not the rules. */
interface Token {
  parent: SubscribeToken;
  header: Record<string, unknown>;
  claims: Claims;
  key: Uint8Array | null;
  /** Replaces the last part, where it is not signed. */
  signature: string | null;
  /** Stands in the place of `streaming`; null for what the claims say. */
  instead: { readonly value: unknown } | null;
}

/** Breaks one rule of a good token. */
type Breaker = (token: Token, world: World) => void;

interface World {
  readonly gateway: TestGateway;
  readonly parents: Readonly<Record<"plain" | "tracked" | "auto" | "any" | "patterns", SubscribeToken>>;
  readonly broken: Readonly<Record<"inactive" | "expired" | "rotated", SubscribeToken>>;
  readonly publisher: PublishToken;
  /** Of `rotated`, before its secret was rotated. */
  readonly formerSecret: string;
  readonly now: number;
}

const key = (secret: string) => new TextEncoder().encode(secret);
const streaming = (name: string, value: unknown): Breaker =>
  function set(token) {
    token.claims.streaming[name] = value;
  };
const claim = (name: string, value: (now: number) => unknown): Breaker =>
  function set(token, { now }) {
    token.claims[name] = value(now);
  };
const under = (parent: SubscribeToken, token: Token) => {
  token.parent = parent;
  token.claims.streaming["tokenId"] = parent.id;
  token.key = key(parent.token);
  token.claims.streaming["tracking"] = parent.trackingId === null ? null : { trackingId: parent.trackingId };
};

/** Each rule of viewer tokens, by what breaks it and nothing else: rows of the rule table, and the types of claims. */
const breakers: Readonly<Record<string, readonly Breaker[]>> = {
  "no parent": [
    streaming("tokenId", 987_654),
    (token, { publisher }) => {
      token.claims.streaming["tokenId"] = publisher.id;
    },
    streaming("tokenId", "5001"),
    streaming("tokenId", 5001.5),
    streaming("tokenId", -1),
    streaming("tokenId", null),
    (token) => {
      delete token.claims.streaming["tokenId"];
    },
  ],
  "parent inactive": [(token, { broken }) => under(broken.inactive, token)],
  "parent expired": [(token, { broken }) => under(broken.expired, token)],
  "secret rotated": [
    (token, { broken, formerSecret }) => {
      under(broken.rotated, token);
      token.key = key(formerSecret);
    },
  ],
  "no expiry": [
    (token) => {
      delete token.claims["exp"];
    },
    claim("exp", () => null),
    claim("exp", (now) => String(now + 60)),
    claim("exp", () => true),
  ],
  expired: [
    claim("exp", (now) => now),
    claim("exp", (now) => now - 0.5),
    claim("exp", (now) => now - 3_600),
    claim("exp", () => -1e300),
    claim("exp", () => 0),
  ],
  "not yet valid": [
    claim("nbf", (now) => now + 1),
    claim("nbf", (now) => now + 0.5),
    claim("nbf", (now) => now * 1000),
    claim("nbf", () => 1e300),
  ],
  "a time of a wrong type": [
    claim("nbf", (now) => String(now - 1)),
    claim("nbf", () => null),
    claim("iat", (now) => String(now)),
    claim("iat", () => null),
  ],
  algorithm: [
    (token) => {
      token.header["alg"] = "none";
      token.signature = "";
    },
    (token) => {
      token.header["alg"] = "RS256";
      token.signature = "AAAA";
    },
    (token) => {
      token.header["alg"] = "hs256";
      token.signature = "AAAA";
    },
    (token) => {
      delete token.header["alg"];
      token.signature = "AAAA";
    },
  ],
  signature: [
    (token) => {
      token.key = key("somebody else's key, which is long enough");
    },
    (token) => {
      token.key = Buffer.from(token.parent.token, "hex");
    },
    (token) => {
      token.key = key(token.parent.token.toUpperCase());
    },
    (token) => {
      token.signature = "AAAA";
    },
    (token) => {
      token.header["crit"] = ["odd"];
      token.header["odd"] = 1;
    },
  ],
  "token type": [
    streaming("tokenType", "subscribe"),
    streaming("tokenType", "Publish"),
    streaming("tokenType", 1),
    streaming("tokenType", null),
    (token) => {
      delete token.claims.streaming["tokenType"];
    },
  ],
  "stream not covered": [
    (token, { parents }) => {
      under(parents.plain, token);
      token.claims.streaming["streamName"] = "grand-slam";
    },
    streaming("streamName", "Grand-Prix"),
    (token, { parents }) => {
      under(parents.patterns, token);
      token.claims.streaming["streamName"] = "grand-";
    },
  ],
  "stream not concrete": [
    ...["", ".*", "grand-[a-z]+", "x".repeat(129), [LIVE], 7, null, { name: LIVE }, "grand-\ud800"].map((name) =>
      streaming("streamName", name),
    ),
    (token) => {
      delete token.claims.streaming["streamName"];
    },
  ],
  "stream off the air": [
    (token, { parents }) => {
      under(parents.any, token);
      token.claims.streaming["streamName"] = OFFLINE;
    },
    (token, { parents }) => {
      under(parents.any, token);
      token.claims.streaming["streamName"] = "nobody-knows";
    },
  ],
  "tracking id not repeated": [
    ...[null, {}, { trackingId: null }, { trackingId: "" }].map(
      (tracking): Breaker =>
        (token, { parents }) => {
          under(parents.tracked, token);
          token.claims.streaming["tracking"] = tracking;
        },
    ),
  ],
  "a foreign tracking id": [
    (token, { parents }) => {
      under(parents.tracked, token);
      token.claims.streaming["tracking"] = { trackingId: "Racer" };
    },
    (token, { parents }) => {
      under(parents.plain, token);
      token.claims.streaming["tracking"] = { trackingId: "x".repeat(129) };
    },
  ],
  "tracking of a wrong type": [
    ...["racer", 5, [], true, { trackingId: 77 }, { trackingId: ["racer"] }].map(
      (tracking): Breaker =>
        (token, { parents }) => {
          under(parents.plain, token);
          token.claims.streaming["tracking"] = tracking;
        },
    ),
  ],
  cluster: [
    ...["syd-1", "auto", "ams-1", "PHX-1"].map((id) => streaming("originCluster", id)),
    (token, { parents }) => {
      under(parents.auto, token);
      token.claims.streaming["originCluster"] = "ams-1";
    },
  ],
  "the cluster of the stream": [
    (token, { parents }) => {
      under(parents.any, token);
      token.claims.streaming["streamName"] = ELSEWHERE;
    },
    (token, { parents }) => {
      under(parents.auto, token);
      token.claims.streaming["streamName"] = NEAREST;
      token.claims.streaming["originCluster"] = "fra-1";
    },
    (token, { parents }) => {
      under(parents.auto, token);
      token.claims.streaming["streamName"] = LIVE;
    },
  ],
  "cluster of a wrong type": [5, ["phx-1"], {}, true].map((value) => streaming("originCluster", value)),
  "form of an address": [
    ...[
      "192.0.2.1-192.0.2.9",
      "2001:db8::1",
      "192.0.2.*",
      "192.0.2.0/33",
      "",
      "192.0.2",
      "0.0.0.0/00",
      "192.0.2.10/008",
      "192.0.2.007",
    ].map((address) => streaming("allowedIpAddresses", ["192.0.2.0/24", address])),
  ],
  "addresses of a wrong type": ["192.0.2.7", 5, {}, [5], ["192.0.2.0/24", null]].map((value) =>
    streaming("allowedIpAddresses", value),
  ),
  "origins of a wrong type": ["evil.example", 5, {}, [5], ["demo.com", null]].map((value) =>
    streaming("allowedOrigins", value),
  ),
  "viewer data": [
    ...["x".repeat(1025), 5, 12_345, { user: 1 }, ["a"], false, "\udc00"].map((value) =>
      streaming("customViewerData", value),
    ),
  ],
  "no viewer token at all": [undefined, null, "odd", []].map(
    (value): Breaker =>
      (token) => {
        token.instead = { value };
      },
  ),
};

/** What may differ between tokens that break no rule. */
const harmless: readonly Breaker[] = [
  () => undefined,
  claim("exp", (now) => now + 0.5),
  claim("exp", () => 9_999_999_999_999),
  claim("exp", () => 8_640_000_000_001),
  claim("exp", (now) => now * 1000),
  claim("exp", (now) => now * 1e6),
  claim("exp", () => 1e300),
  claim("nbf", (now) => now),
  claim("nbf", () => -5),
  claim("iat", (now) => now * 1000),
  claim("aud", () => ["anybody"]),
  streaming("originCluster", ""),
  streaming("originCluster", null),
  streaming("originCluster", "phx-1"),
  streaming("allowedOrigins", null),
  streaming("allowedOrigins", []),
  streaming("allowedOrigins", ["demo.com", "*.example"]),
  streaming("allowedIpAddresses", null),
  streaming("allowedIpAddresses", ["192.0.2.0/24"]),
  streaming("customViewerData", null),
  streaming("customViewerData", ""),
  streaming("customViewerData", "x".repeat(1024)),
  streaming("allowedCountries", ["GB"]),
  streaming("expires_in", 60),
  (token) => {
    delete token.header["typ"];
  },
  (token, { parents }) => {
    under(parents.plain, token);
    token.claims.streaming["tracking"] = { trackingId: "" };
  },
  (token, { parents }) => {
    under(parents.plain, token);
    token.claims.streaming["tracking"] = { trackingId: "x".repeat(128) };
  },
  (token, { parents }) => {
    under(parents.auto, token);
    token.claims.streaming["originCluster"] = "phx-1";
  },
  (token, { parents }) => {
    under(parents.auto, token);
    token.claims.streaming["streamName"] = NEAREST;
  },
  (token, { parents }) => under(parents.any, token),
  (token, { parents }) => under(parents.patterns, token),
];

let world: World;
const rules = Object.keys(breakers);

beforeAll(async () => {
  const gateway = await createTestGateway();
  const create = async (kind: "Publish" | "Subscribe", label: string, input: object) => {
    const { data } = await gateway.ask<{ made: { userErrors: unknown[] } }>(
      `mutation ($input: Create${kind}TokenInput!) { made: create${kind}Token(input: $input) { userErrors { code message } } }`,
      { input: { idempotencyKey: label, label, ...input } },
    );
    expect(data.made.userErrors).toEqual([]);
    const tokens = gateway.sandbox.tokens;
    const all: readonly (PublishToken | SubscribeToken)[] = kind === "Publish" ? tokens.publish() : tokens.subscribe();
    const token = all.find((each) => each.label === label);
    if (!token) throw new Error(`there is no token ${label}`);
    return token;
  };
  const publish = (label: string, originCluster: string) =>
    create("Publish", label, { streams: [{ pattern: label }], isSecured: true, isMultisource: false, originCluster });
  const subscribe = async (label: string, streams: object[], input: object = {}) =>
    (await create("Subscribe", label, { streams, originCluster: "phx-1", ...input })) as SubscribeToken;
  const named = [{ pattern: LIVE }, { pattern: OFFLINE }, { pattern: NEAREST }];
  const publishers = [
    await publish(LIVE, "phx-1"),
    await publish(OFFLINE, "phx-1"),
    await publish(ELSEWHERE, "syd-1"),
    await publish(NEAREST, "auto"),
  ];
  const parents = {
    plain: await subscribe("plain", named),
    tracked: await subscribe("tracked", named, { trackingId: "racer" }),
    auto: await subscribe("auto", named, { originCluster: "auto" }),
    any: await subscribe("any", [{ pattern: ".*", isRegex: true }]),
    patterns: await subscribe("patterns", [{ pattern: "final" }, { pattern: "grand-[a-z]+", isRegex: true }]),
  };
  const inactive = await subscribe("inactive", named);
  const expired = await subscribe("expired", named, { expiresInSeconds: 5 });
  const rotatedLater = await subscribe("rotated", named);
  await gateway.ask(
    `mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: ${inactive.id} }] }) { userErrors { code } }
       rotateSubscribeToken(input: { idempotencyKey: "r", token: { tokenId: ${rotatedLater.id} } }) { userErrors { code } } }`,
  );
  gateway.sandbox.clock.advance(10_000);
  for (const { token, label } of publishers) {
    if (label !== OFFLINE) expect(gateway.sandbox.startFeed({ token, streamName: label }).ok).toBe(true);
  }
  const [publisher] = publishers;
  const rotated = gateway.sandbox.tokens.subscribe().find(({ id }) => id === rotatedLater.id) ?? rotatedLater;
  world = {
    gateway,
    parents,
    broken: { inactive, expired, rotated },
    publisher: publisher as PublishToken,
    formerSecret: rotatedLater.token,
    now: Math.floor(gateway.sandbox.clock.now() / 1000),
  };
  // What the tests look at has been read once the clock has moved on.
  gateway.sandbox.clock.advance(1_000);
  world = { ...world, now: Math.floor(gateway.sandbox.clock.now() / 1000) };
});
afterAll(async () => {
  await world.gateway[Symbol.asyncDispose]();
});

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

async function encoded({ header, claims: said, key: secret, signature, instead }: Token): Promise<string> {
  const claims = instead ? { ...said, streaming: instead.value } : said;
  if (signature !== null || !secret) return `${base64url(header)}.${base64url(claims)}.${signature ?? ""}`;
  const { alg, ...rest } = header;
  return new SignJWT(claims).setProtectedHeader({ alg: String(alg), ...rest }).sign(secret, { crit: { odd: true } });
}

interface Reason {
  readonly refusal: string;
  readonly path: readonly string[];
}

async function inspect(jwt: string, streamName?: string) {
  const { data, errors } = await world.gateway.ask<{
    inspectViewerToken: {
      inspection: {
        isAdmitted: boolean;
        effectiveExpiresAt: string | null;
        reasons: Reason[];
        claims: { expiresAt: string | null };
      };
    };
  }>(
    `mutation ($jwt: String!, $streamName: String) { inspectViewerToken(input: { jwt: $jwt, streamName: $streamName }) { inspection { isAdmitted effectiveExpiresAt
       reasons { path ... on SigningRefusedError { refusal } } warnings { code } claims { expiresAt notBefore } } } }`,
    { jwt, streamName },
  );
  expect(errors).toEqual([]);
  return data.inspectViewerToken.inspection;
}

/** A viewer at a place that no token keeps out. */
const visitor = { ip: "192.0.2.7", origin: "https://demo.com", country: "US" };

async function director(jwt: string, streamName: unknown) {
  const name = typeof streamName === "string" && streamName.length >= 1 && streamName.length <= 128 ? streamName : LIVE;
  const admission = await world.gateway.sandbox.attachViewers({ token: jwt, streamName: name, ...visitor });
  if (admission.ok) for (const clientId of admission.clientIds) world.gateway.sandbox.detachViewer(clientId);
  return admission.ok ? "admitted" : `${admission.status}`;
}

/** The same token as signViewerToken is asked for it; null where it can't be asked for. */
function askable({ parent, header, claims, key: secret, signature, instead }: Token): object | null {
  const { streaming: fields, exp, iat, ...others } = claims;
  if (instead) return null;
  const {
    tokenId,
    tokenType,
    streamName,
    originCluster,
    allowedOrigins,
    allowedIpAddresses,
    tracking,
    customViewerData,
    ...rest
  } = fields;
  const isText = (value: unknown) => value == null || (typeof value === "string" && !/\p{Surrogate}/u.test(value));
  const isTexts = (value: unknown) =>
    value == null || (Array.isArray(value) && value.every((each) => typeof each === "string"));
  const trackingId =
    tracking && typeof tracking === "object" && "trackingId" in tracking ? tracking.trackingId : tracking;
  const isAskable =
    Object.keys({ ...others, ...rest }).length === 0 &&
    signature === null &&
    header["alg"] === "HS256" &&
    !header["crit"] &&
    Buffer.compare(Buffer.from(secret ?? []), Buffer.from(parent.token)) === 0 &&
    tokenType === "Subscribe" &&
    tokenId === parent.id &&
    typeof streamName === "string" &&
    [streamName, originCluster, trackingId, customViewerData].every(isText) &&
    isTexts(allowedOrigins) &&
    isTexts(allowedIpAddresses) &&
    Array.isArray(tracking) === false &&
    (tracking == null || typeof tracking === "object") &&
    typeof iat === "number" &&
    typeof exp === "number" &&
    exp >= 0 &&
    exp < 253_402_300_799;
  if (!isAskable) return null;
  const expiresAt = new Date(Math.ceil(exp) * 1000).toISOString();
  return {
    token: { tokenId },
    streamName,
    originCluster,
    allowedOrigins,
    allowedIpAddresses,
    trackingId,
    customViewerData,
    expiresAt,
  };
}

async function signs(input: object): Promise<boolean> {
  const { data, errors } = await world.gateway.ask<{ signViewerToken: { viewerToken: { jwt: string } | null } }>(
    "mutation ($input: SignViewerTokenInput!) { signViewerToken(input: $input) { viewerToken { jwt } } }",
    { input },
  );
  expect(errors).toEqual([]);
  return data.signViewerToken.viewerToken !== null;
}

function goodToken(): Token {
  const parent = world.parents.tracked;
  return {
    parent,
    header: { alg: "HS256", typ: "JWT" },
    claims: {
      streaming: {
        tokenId: parent.id,
        tokenType: "Subscribe",
        streamName: LIVE,
        tracking: { trackingId: "racer" },
      },
      iat: world.now,
      exp: world.now + 60,
    },
    key: key(parent.token),
    signature: null,
    instead: null,
  };
}

const counts = { alone: new Map<string, number>(), admitted: 0, refused: 0, signed: 0, notSigned: 0 };

/** Inspection, Director and signing of one token, held against each other. */
async function agree(apply: readonly Breaker[], expected: "admitted" | "refused" | null) {
  const token = goodToken();
  for (const breaker of apply) breaker(token, world);
  const jwt = await encoded(token);
  const told = await director(jwt, token.claims.streaming?.["streamName"]);
  const { isAdmitted, reasons, effectiveExpiresAt } = await inspect(jwt);
  const shown = JSON.stringify({ header: token.header, claims: token.claims, told, reasons });
  expect(isAdmitted, shown).toBe(told === "admitted");
  expect(reasons.length === 0, shown).toBe(isAdmitted);
  if (expected !== null) expect(told === "admitted", shown).toBe(expected === "admitted");
  if (told === "400") expect(reasons[0]?.refusal, shown).toBe("STREAM_OFFLINE");
  if (effectiveExpiresAt !== null) expect(effectiveExpiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  counts[isAdmitted ? "admitted" : "refused"] += 1;
  const input = askable(token);
  if (!input) return;
  const isSigned = await signs(input);
  // Signing ahead of a broadcast is meant: the token opens the stream once it is on air.
  expect(isSigned, shown).toBe(reasons.every(({ refusal }) => refusal === "STREAM_OFFLINE"));
  counts[isSigned ? "signed" : "notSigned"] += 1;
}

const anyOf = (list: readonly Breaker[]) =>
  fc.nat({ max: list.length - 1 }).map((index) => list[index] ?? (() => undefined));

describe("inspection, signing and the Director", () => {
  it.each(rules)("agree on every token that breaks this rule alone: %s", async (rule) => {
    for (const breaker of breakers[rule] ?? []) await agree([breaker], "refused");
  });

  it("agree on every token that breaks no rule", async () => {
    for (const breaker of harmless) await agree([breaker], "admitted");
  });

  it(`agree on ${RUNS} random tokens, more than a third of which break one rule each`, async () => {
    const alone = fc.nat({ max: rules.length - 1 }).chain((index) => {
      const rule = rules[index] ?? "";
      return anyOf(breakers[rule] ?? []).map((breaker) => ({ rule, apply: [breaker], expected: "refused" as const }));
    });
    const well = anyOf(harmless).map((breaker) => ({ rule: null, apply: [breaker], expected: "admitted" as const }));
    const mixed = fc
      .array(anyOf([...Object.values(breakers).flat(), ...harmless]), { minLength: 2, maxLength: 4 })
      .map((apply) => ({ rule: null, apply, expected: null }));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 5, arbitrary: alone }, { weight: 3, arbitrary: well }, { weight: 3, arbitrary: mixed }),
        async ({ rule, apply, expected }) => {
          if (rule !== null) counts.alone.set(rule, (counts.alone.get(rule) ?? 0) + 1);
          await agree(apply, expected);
        },
      ),
      { numRuns: RUNS, ...(process.env["VIEWER_TOKENS"] === undefined && { seed: 12 }) },
    );
    const total = [...counts.alone.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(RUNS / 3);
    expect(counts.admitted).toBeGreaterThan(RUNS / 10);
    expect(Math.min(counts.signed, counts.notSigned)).toBeGreaterThan(RUNS / 20);
  }, 900_000);
});
