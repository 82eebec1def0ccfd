import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeViewerToken, isSignedBy, signViewerToken } from "../../../src/auth/viewer-token.ts";
import { Secret } from "../../../src/model/secret.ts";
import type { SubscribeTokenRecord } from "../../../src/model/token/token.ts";
import {
  type DecodedViewerToken,
  explainViewerToken,
  planViewerToken,
  refusalCodes,
  type SigningAlgorithm,
  type SigningFacts,
  signingAlgorithms,
  type ViewerTokenClaims,
  type ViewerTokenRequest,
  warningCodes,
} from "../../../src/model/token/viewer-token.ts";
import { grants, inCluster, publishToken, subscribeToken, tokenString } from "../../support/records.ts";
import { at } from "../../support/time.ts";

const NOW = at("2026-03-18T10:20:00.250Z");
const nobodyPublishes: SigningFacts = { now: NOW, clusterIds: ["auto", "phx-1", "fra-1"], publishTokens: [] };

const requestOf = (fields: Partial<ViewerTokenRequest> = {}): ViewerTokenRequest => ({
  streamName: "derby",
  expiresAt: NOW + 60_000,
  trackingId: null,
  originCluster: null,
  allowedOrigins: [],
  allowedIpAddresses: [],
  customViewerData: null,
  algorithm: "HS256",
  unsupported: [],
  ...fields,
});

const foreign = (fields: Partial<DecodedViewerToken> = {}): DecodedViewerToken => {
  const { unsupported: _, ...request } = requestOf();
  return { ...request, tokenType: "Subscribe", signatureIsValid: true, ignoredClaims: [], ...fields };
};

/** What is refused, as code and argument; empty when the token would be signed. */
function refusalsOf(
  parent: SubscribeTokenRecord | null,
  request: Partial<ViewerTokenRequest> = {},
  facts: Partial<SigningFacts> = {},
) {
  const plan = planViewerToken(parent, requestOf(request), { ...nobodyPublishes, ...facts });
  return "refusals" in plan ? plan.refusals.map(({ code, argument }) => `${code} ${argument}`) : [];
}

function signed(
  parent: SubscribeTokenRecord,
  request: Partial<ViewerTokenRequest> = {},
  facts: Partial<SigningFacts> = {},
) {
  const plan = planViewerToken(parent, requestOf(request), { ...nobodyPublishes, ...facts });
  if ("refusals" in plan) throw new Error(`refused: ${plan.refusals.map(({ code }) => code).join(", ")}`);
  return { ...plan, warnings: plan.warnings.map(({ code }) => code) };
}

function verdictOf(
  parent: SubscribeTokenRecord | null,
  token: Partial<DecodedViewerToken> = {},
  facts: Partial<SigningFacts> = {},
) {
  const { refusals, warnings, effectiveExpiry } = explainViewerToken(parent, foreign(token), {
    ...nobodyPublishes,
    ...facts,
  });
  return {
    refusals: refusals.map(({ code }) => code),
    warnings: warnings.map(({ code }) => code),
    effectiveExpiry,
  };
}

describe("planViewerToken", () => {
  it("puts only requested claims into the token", () => {
    expect(signed(subscribeToken({ id: 12_345 })).claims).toEqual({
      streaming: { tokenId: 12_345, tokenType: "Subscribe", streamName: "derby" },
      iat: at("2026-03-18T10:20:00Z") / 1000,
      exp: at("2026-03-18T10:21:00Z") / 1000,
    });
  });

  it("writes claims in the order and spelling of the vendor's reference", () => {
    const { claims } = signed(subscribeToken({ id: 7, trackingId: "acme" }), {
      trackingId: "acme",
      originCluster: "phx-1",
      allowedOrigins: ["demo.com"],
      allowedIpAddresses: ["192.0.2.0/24"],
      customViewerData: "seat 1",
    });
    expect(JSON.stringify(claims.streaming)).toBe(
      '{"tokenId":7,"tokenType":"Subscribe","streamName":"derby","originCluster":"phx-1","allowedOrigins":["demo.com"],' +
        '"allowedIpAddresses":["192.0.2.0/24"],"tracking":{"trackingId":"acme"},"customViewerData":"seat 1"}',
    );
  });

  it("ends the token with its parent if that is earlier, and warns", () => {
    const { claims, warnings } = signed(subscribeToken({ expiresAt: NOW + 5_000, trackingId: "a" }), {
      trackingId: "a",
    });
    expect(claims.exp).toBe(at("2026-03-18T10:20:05Z") / 1000);
    expect(warnings).toEqual(["EXPIRY_CLAMPED"]);
  });

  it("ends the token on a full second, never later than requested", () => {
    expect(signed(subscribeToken(), { expiresAt: NOW + 1_999 }).claims.exp).toBe(at("2026-03-18T10:20:02Z") / 1000);
  });

  it("refuses a token that would expire within this second, by its own expiry or its parent's", () => {
    const endOfSecond = at("2026-03-18T10:20:00.999Z");
    expect(refusalsOf(subscribeToken(), { expiresAt: endOfSecond })).toEqual(["EXPIRY_PASSED expiresAt"]);
    expect(refusalsOf(subscribeToken({ expiresAt: endOfSecond }))).toEqual(["PARENT_EXPIRED token"]);
    expect(refusalsOf(subscribeToken(), { expiresAt: endOfSecond + 1 })).toEqual([]);
    expect(refusalsOf(subscribeToken({ expiresAt: endOfSecond + 1 }))).toEqual([]);
  });

  it.each<[string, Partial<SubscribeTokenRecord> | null, Partial<ViewerTokenRequest>, string]>([
    ["without a parent", null, {}, "PARENT_NOT_FOUND token"],
    ["under a disabled parent", { isActive: false }, {}, "PARENT_INACTIVE token"],
    ["under a parent that expires now", { expiresAt: NOW }, {}, "PARENT_EXPIRED token"],
    ["without an expiry", {}, { expiresAt: null }, "EXPIRY_MISSING expiresAt"],
    ["with an expiry in the past", {}, { expiresAt: NOW - 1 }, "EXPIRY_PASSED expiresAt"],
    ["without a signature", {}, { algorithm: "none" }, "ALGORITHM_NOT_ALLOWED algorithm"],
    ["signed with a key pair", {}, { algorithm: "RS256" }, "ALGORITHM_NOT_ALLOWED algorithm"],
    ["signed in small letters", {}, { algorithm: "hs256" }, "ALGORITHM_NOT_ALLOWED algorithm"],
    ["for a stream that is not granted", {}, { streamName: "final" }, "STREAM_NOT_COVERED streamName"],
    ["for a stream in other case", {}, { streamName: "Derby" }, "STREAM_NOT_COVERED streamName"],
    [
      "for a part of a pattern",
      { streams: grants("/cam[0-9]+/") },
      { streamName: "cam" },
      "STREAM_NOT_COVERED streamName",
    ],
    [
      "for a pattern that a wildcard would match",
      { streams: grants("/.*/") },
      { streamName: ".*" },
      "STREAM_NOT_CONCRETE streamName",
    ],
    ["for no stream", { streams: grants("/.*/") }, { streamName: "" }, "STREAM_NOT_CONCRETE streamName"],
    [
      "for a name of 129 characters",
      { streams: grants("/.*/") },
      { streamName: "x".repeat(129) },
      "STREAM_NOT_CONCRETE streamName",
    ],
    ["for half a character", { streams: grants("/.*/") }, { streamName: "\ud800" }, "STREAM_NOT_CONCRETE streamName"],
    ["with half a character of a tracking id", {}, { trackingId: "a\ud800" }, "TRACKING_ID_INVALID trackingId"],
    ["without the parent's tracking id", { trackingId: "acme" }, {}, "TRACKING_ID_REQUIRED trackingId"],
    ["with a foreign tracking id", { trackingId: "acme" }, { trackingId: "Acme" }, "TRACKING_ID_MISMATCH trackingId"],
    [
      "with an empty tracking id under a parent with one",
      { trackingId: "acme" },
      { trackingId: "" },
      "TRACKING_ID_REQUIRED trackingId",
    ],
    ["with a tracking id of 129 characters", {}, { trackingId: "x".repeat(129) }, "TRACKING_ID_INVALID trackingId"],
    [
      "in another cluster than its parent",
      inCluster("phx-1"),
      { originCluster: "fra-1" },
      "CLUSTER_MISMATCH originCluster",
    ],
    [
      "of cluster auto under a parent of one cluster",
      inCluster("phx-1"),
      { originCluster: "auto" },
      "CLUSTER_MISMATCH originCluster",
    ],
    ["in a cluster that the account does not have", {}, { originCluster: "ams-1" }, "CLUSTER_UNKNOWN originCluster"],
    ["for a URL as origin", {}, { allowedOrigins: ["a.com", "https://b.com"] }, "ORIGIN_INVALID allowedOrigins.1"],
    [
      "for an origin beyond its parent's",
      { allowedOrigins: ["a.com"] },
      { allowedOrigins: ["b.com"] },
      "ORIGIN_OUTSIDE_PARENT allowedOrigins.0",
    ],
    ["for an IPv6 address", {}, { allowedIpAddresses: ["::1"] }, "IP_FORM_UNSUPPORTED allowedIpAddresses.0"],
    [
      "for a block wider than its parent's",
      { allowedIpAddresses: ["192.0.2.0/25"] },
      { allowedIpAddresses: ["192.0.2.0/24"] },
      "IP_OUTSIDE_PARENT allowedIpAddresses.0",
    ],
    ["with countries", {}, { unsupported: ["allowedCountries"] }, "UNSUPPORTED_RESTRICTION allowedCountries"],
    [
      "with 1025 characters of viewer data",
      {},
      { customViewerData: "x".repeat(1025) },
      "CUSTOM_VIEWER_DATA_TOO_LONG customViewerData",
    ],
  ])("refuses a token %s", (_what, parent, request, refusal) => {
    expect(refusalsOf(parent && subscribeToken(parent), request)).toEqual([refusal]);
  });

  it.each<[string, Partial<SubscribeTokenRecord>, Partial<ViewerTokenRequest>]>([
    ["for a stream by a pattern", { streams: grants("/cam[0-9]+/") }, { streamName: "cam7" }],
    ["for a stream by one of several grants", { streams: grants("final", "/cam[0-9]+/") }, { streamName: "cam7" }],
    [
      "for a name that looks like a pattern when the grant spells it out",
      { streams: grants("Cooking??") },
      { streamName: "Cooking??" },
    ],
    ["for a name of 128 characters", { streams: grants("/.*/") }, { streamName: "x".repeat(128) }],
    ["with any tracking id under a parent without one", {}, { trackingId: "x".repeat(128) }],
    ["in any cluster of the account under a parent of cluster auto", {}, { originCluster: "fra-1" }],
    ["in its parent's cluster", inCluster("phx-1"), { originCluster: "phx-1" }],
    [
      "for a part of what its parent allows",
      { allowedOrigins: ["*.a.com"], allowedIpAddresses: ["192.0.2.0/24"] },
      { allowedOrigins: ["b.a.com"], allowedIpAddresses: ["192.0.2.9"] },
    ],
    ["with 1024 characters of viewer data", {}, { customViewerData: "x".repeat(1024) }],
    ["with HS512", {}, { algorithm: "HS512" }],
  ])("signs a token %s", (_what, parent, request) => {
    expect(refusalsOf(subscribeToken(parent), request)).toEqual([]);
  });

  it("reads an empty text as not set", () => {
    const { claims, warnings } = signed(subscribeToken(), { trackingId: "", originCluster: "" });
    expect(claims.streaming).toEqual({ tokenId: 1, tokenType: "Subscribe", streamName: "derby" });
    expect(warnings).toEqual(["USAGE_UNTRACKED"]);
  });

  it("returns every rule that the token would break at once", () => {
    const parent = subscribeToken({ isActive: false, expiresAt: NOW - 1, trackingId: "acme" });
    const request = {
      streamName: "final",
      algorithm: "none",
      expiresAt: null,
      unsupported: ["bindIpsOnUsage", "record"],
    };
    expect(refusalsOf(parent, request).map((refusal) => refusal.split(" ")[0])).toEqual([
      "PARENT_INACTIVE",
      "PARENT_EXPIRED",
      "EXPIRY_MISSING",
      "ALGORITHM_NOT_ALLOWED",
      "STREAM_NOT_COVERED",
      "TRACKING_ID_REQUIRED",
      "UNSUPPORTED_RESTRICTION",
      "UNSUPPORTED_RESTRICTION",
    ]);
  });

  it("accepts any cluster when the account's clusters could not be read", () => {
    expect(refusalsOf(subscribeToken(), { originCluster: "ams-1" }, { clusterIds: null })).toEqual([]);
  });
});

describe("a viewer and the publisher of its stream", () => {
  const inPhoenix = publishToken(inCluster("phx-1"));
  const inFrankfurt = publishToken(inCluster("fra-1"));
  const anywhere = publishToken(inCluster("auto"));
  const outcome = (
    parentCluster: string,
    originCluster: string | null,
    publishTokens: SigningFacts["publishTokens"],
  ) => {
    const plan = planViewerToken(subscribeToken(inCluster(parentCluster)), requestOf({ originCluster }), {
      ...nobodyPublishes,
      publishTokens,
    });
    const found = "refusals" in plan ? plan.refusals : plan.warnings;
    return found.map(({ code }) => code).filter((code) => code.startsWith("STREAM_CLUSTER"));
  };

  it("meet in one cluster, or if both leave it open", () => {
    expect(outcome("phx-1", null, [inPhoenix])).toEqual([]);
    expect(outcome("auto", null, [anywhere])).toEqual([]);
    expect(outcome("auto", "phx-1", [inPhoenix])).toEqual([]);
    expect(outcome("auto", "auto", [anywhere])).toEqual([]);
  });

  it("do not meet when they are apart, or only one of them leaves it open", () => {
    expect(outcome("phx-1", null, [inFrankfurt])).toEqual(["STREAM_CLUSTER_MISMATCH"]);
    expect(outcome("auto", null, [inPhoenix])).toEqual(["STREAM_CLUSTER_MISMATCH"]);
    expect(outcome("phx-1", null, [anywhere])).toEqual(["STREAM_CLUSTER_MISMATCH"]);
    expect(outcome("auto", "phx-1", [anywhere])).toEqual(["STREAM_CLUSTER_MISMATCH"]);
    expect(outcome("auto", "phx-1", [inPhoenix, anywhere])).toEqual(["STREAM_CLUSTER_VARIES"]);
  });

  it("may meet when one of several publishers is in the right one, which is warned of", () => {
    expect(outcome("phx-1", null, [inPhoenix, inFrankfurt])).toEqual(["STREAM_CLUSTER_VARIES"]);
  });

  it("are not compared if no publisher is known", () => {
    expect(outcome("phx-1", null, [])).toEqual([]);
  });
});

describe("planViewerToken warns of", () => {
  it.each<[string, Partial<SubscribeTokenRecord>, Partial<ViewerTokenRequest>, Partial<SigningFacts>, string]>([
    ["bytes that are billed to nobody", {}, {}, {}, "USAGE_UNTRACKED"],
    [
      "a parent that binds to the first addresses",
      { bindIpsOnUsage: 3 },
      { trackingId: "a" },
      {},
      "PARENT_BINDS_ADDRESSES",
    ],
    [
      "a stream that needs no token",
      {},
      { trackingId: "a" },
      { publishTokens: [publishToken(), publishToken({ isSecured: false })] },
      "STREAM_UNSECURED",
    ],
    [
      "viewer data that an account may not keep",
      {},
      { trackingId: "a", customViewerData: "" },
      {},
      "CUSTOM_VIEWER_DATA_NEEDS_FEATURE",
    ],
  ])("%s", (_what, parent, request, facts, warning) => {
    expect(signed(subscribeToken(parent), request, facts).warnings).toEqual([warning]);
  });
});

describe("explainViewerToken", () => {
  it.each<[string, Partial<SubscribeTokenRecord> | null, Partial<DecodedViewerToken>, string]>([
    ["names no parent of this account", null, {}, "PARENT_NOT_FOUND"],
    ["was not signed by its parent's present secret", {}, { signatureIsValid: false }, "SIGNATURE_INVALID"],
    ["is of another type", {}, { tokenType: "subscribe" }, "TOKEN_TYPE_WRONG"],
    ["has expired this very second", {}, { expiresAt: at("2026-03-18T10:20:00Z") }, "EXPIRY_PASSED"],
    ["never expires", {}, { expiresAt: null }, "EXPIRY_MISSING"],
    ["hides whose usage it is", { trackingId: "acme" }, { trackingId: null }, "TRACKING_ID_REQUIRED"],
    ["is under a disabled parent", { isActive: false }, {}, "PARENT_INACTIVE"],
  ])("does not admit a token that %s", (_what, parent, token, refusal) => {
    expect(verdictOf(parent && subscribeToken(parent), token).refusals).toEqual([refusal]);
  });

  it("warns of origins and addresses beyond the parent's, whose effect is not documented", () => {
    const parent = subscribeToken({ allowedOrigins: ["a.com"], trackingId: "a" });
    expect(verdictOf(parent, { trackingId: "a", allowedOrigins: ["b.com"] })).toMatchObject({
      refusals: [],
      warnings: ["RESTRICTION_OUTSIDE_PARENT"],
    });
  });

  it("names the claims that are ignored", () => {
    const { warnings } = explainViewerToken(
      subscribeToken(),
      foreign({ ignoredClaims: ["allowedCountries", "record"] }),
      nobodyPublishes,
    );
    expect(warnings.map(({ message }) => message).at(-1)).toBe(
      "The viewer token has claims that the platform ignores. (allowedCountries, record)",
    );
  });

  it("refuses a token before its nbf, and admits it within the second of nbf", () => {
    const second = at("2026-03-18T10:20:00Z");
    expect(verdictOf(subscribeToken(), { notBefore: second }).refusals).toEqual([]);
    expect(verdictOf(subscribeToken(), { notBefore: second + 1 }).refusals).toEqual(["NOT_YET_VALID"]);
  });

  it("gives STREAM_OFFLINE first", () => {
    const onAir = { isLive: false, publishTokens: [] };
    expect(verdictOf(subscribeToken(), { expiresAt: null }, { onAir }).refusals).toEqual([
      "STREAM_OFFLINE",
      "EXPIRY_MISSING",
    ]);
    expect(verdictOf(subscribeToken(), {}, { onAir: null })).toMatchObject({
      refusals: [],
      warnings: ["USAGE_UNTRACKED", "STREAM_STATE_UNKNOWN"],
    });
  });

  it("compares the cluster of the active feed while the stream is on air", () => {
    const [phoenix, frankfurt] = [publishToken(inCluster("phx-1")), publishToken(inCluster("fra-1"))];
    const of = (shown: typeof phoenix) =>
      verdictOf(
        subscribeToken({ ...inCluster("phx-1"), trackingId: "a" }),
        { trackingId: "a" },
        { publishTokens: [phoenix, frankfurt], onAir: { isLive: true, publishTokens: [shown] } },
      ).refusals;
    expect([of(phoenix), of(frankfurt)]).toEqual([[], ["STREAM_CLUSTER_MISMATCH"]]);
  });

  it.each([
    [9_999_999_999_999, ["EXPIRY_IN_MILLISECONDS", "EXPIRY_BEYOND_CALENDAR"]],
    [NOW, ["EXPIRY_IN_MILLISECONDS", "EXPIRY_BEYOND_CALENDAR"]],
    [NOW * 1000, ["EXPIRY_BEYOND_CALENDAR"]],
    [8_640_000_000_001, ["EXPIRY_IN_MILLISECONDS", "EXPIRY_BEYOND_CALENDAR"]],
    [1e300, ["EXPIRY_BEYOND_CALENDAR"]],
    [253_402_300_800, ["EXPIRY_IN_MILLISECONDS", "EXPIRY_BEYOND_CALENDAR"]],
    [253_402_300_799, ["EXPIRY_IN_MILLISECONDS"]],
    [99_999_999_999, []],
  ])("warns of an expiry at %d seconds, and gives null beyond the calendar", (exp, warnings) => {
    const verdict = verdictOf(subscribeToken({ trackingId: "a" }), { trackingId: "a", expiresAt: exp * 1000 });
    expect(verdict.warnings).toEqual(warnings);
    expect(verdict.effectiveExpiry).toBe(exp * 1000 > at("9999-12-31T23:59:59.999Z") ? null : exp * 1000);
  });

  it("gives the earlier of the token's expiry and its parent's", () => {
    expect(verdictOf(subscribeToken({ expiresAt: NOW + 9_000 }), { expiresAt: NOW + 5_000 }).effectiveExpiry).toBe(
      NOW + 5_000,
    );
    expect(verdictOf(subscribeToken({ expiresAt: NOW + 9_000 }), { expiresAt: NOW + 50_000 }).effectiveExpiry).toBe(
      NOW + 9_000,
    );
    expect(verdictOf(subscribeToken(), { expiresAt: null }).effectiveExpiry).toBeNull();
    expect(verdictOf(null).effectiveExpiry).toBeNull();
  });
});

describe("a planned and signed token", () => {
  /** Mostly the first, so that many requests break no rule. */
  const mostly = <T>(usual: T, ...others: T[]) =>
    fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(usual, ...others) });
  const origins = fc.uniqueArray(fc.constantFrom("a.com", "*.a.com", "b.a.com", "c.org", "https://a.com"), {
    maxLength: 2,
  });
  const addresses = fc.uniqueArray(fc.constantFrom("192.0.2.0/24", "192.0.2.7", "203.0.113.9", "::1"), {
    maxLength: 2,
  });
  const clusters = fc.constantFrom("auto", "auto", "phx-1", "fra-1");
  const parents = fc
    .record({
      isActive: mostly(true, false),
      expiresAt: fc.option(fc.integer({ min: NOW - 2_000, max: NOW + 100_000 })),
      streams: fc.uniqueArray(fc.constantFrom("derby", "final", "/der.*/", "/.*/", "/(/"), {
        minLength: 1,
        maxLength: 3,
      }),
      trackingId: mostly<string | null>("acme", null, "rival"),
      allowedOrigins: origins,
      allowedIpAddresses: addresses,
      bindIpsOnUsage: fc.nat({ max: 1 }),
      cluster: clusters,
      seed: fc.nat(),
    })
    .map(({ streams, cluster, seed, ...fields }) =>
      subscribeToken({
        ...fields,
        ...inCluster(cluster),
        streams: grants(...streams),
        secret: new Secret(tokenString(seed)),
      }),
    );
  const requests: fc.Arbitrary<ViewerTokenRequest> = fc.record({
    streamName: mostly("derby", "final", ".*", "x".repeat(129)),
    expiresAt: fc.option(fc.integer({ min: NOW - 500, max: NOW + 100_000 }), { freq: 20 }),
    trackingId: mostly<string | null>("acme", null, "rival", ""),
    originCluster: mostly<string | null>(null, "auto", "phx-1", "ams-1"),
    allowedOrigins: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: origins }),
    allowedIpAddresses: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: addresses }),
    customViewerData: mostly<string | null>(null, "seat 1", "x".repeat(1025)),
    algorithm: fc.oneof(mostly("HS256", "none"), fc.constantFrom(...signingAlgorithms)),
    unsupported: mostly<string[]>([], ["record"]),
  });
  const publishers = fc.array(
    clusters.map((cluster) => publishToken(inCluster(cluster))),
    { maxLength: 2 },
  );

  /** What an inspection reads back from the JWT alone. */
  function readBack(jwt: string, signatureIsValid: boolean): DecodedViewerToken {
    const decoded = decodeViewerToken(jwt);
    if (!decoded) throw new Error("what was signed is no JWT");
    const { streaming, exp } = decoded.claims as unknown as ViewerTokenClaims;
    return foreign({
      ...streaming,
      algorithm: decoded.algorithm,
      expiresAt: exp * 1000,
      trackingId: streaming.tracking?.trackingId ?? null,
      signatureIsValid,
    });
  }

  it("is explained as admitted, with the same warnings except EXPIRY_CLAMPED, exactly until it expires", async () => {
    let signatures = 0;
    await fc.assert(
      fc.asyncProperty(parents, requests, publishers, async (parent, request, publishTokens) => {
        const facts = { ...nobodyPublishes, publishTokens };
        const plan = planViewerToken(parent, request, facts);
        if ("refusals" in plan) {
          expect(plan.refusals.length).toBeGreaterThan(0);
          return;
        }
        signatures += 1;
        const jwt = await signViewerToken(plan.claims, parent.secret, plan.algorithm);
        const token = readBack(jwt, await isSignedBy(jwt, parent.secret));
        const verdict = explainViewerToken(parent, token, facts);
        expect(verdict.refusals).toEqual([]);
        expect(verdict.warnings).toEqual(plan.warnings.filter(({ code }) => code !== "EXPIRY_CLAMPED"));
        const effectiveExpiry = verdict.effectiveExpiry ?? Number.NaN;
        expect(effectiveExpiry).toBeGreaterThan(NOW);
        expect(effectiveExpiry).toBeLessThanOrEqual(
          Math.min(request.expiresAt ?? 0, parent.expiresAt ?? Number.POSITIVE_INFINITY),
        );
        expect(explainViewerToken(parent, token, { ...facts, now: effectiveExpiry - 1 }).refusals).toEqual([]);
        expect(explainViewerToken(parent, token, { ...facts, now: effectiveExpiry }).refusals).not.toEqual([]);
      }),
      { numRuns: 1_000 },
    );
    expect(signatures).toBeGreaterThan(100);
  });

  it("is refused as soon as its parent's secret is rotated", async () => {
    const parent = subscribeToken();
    for (const algorithm of signingAlgorithms satisfies readonly SigningAlgorithm[]) {
      const { claims } = signed(parent, { algorithm });
      const jwt = await signViewerToken(claims, parent.secret, algorithm);
      const rotated = subscribeToken({ secret: new Secret(tokenString(2)) });
      const token = readBack(jwt, await isSignedBy(jwt, rotated.secret));
      expect(explainViewerToken(rotated, token, nobodyPublishes).refusals.map(({ code }) => code)).toEqual([
        "SIGNATURE_INVALID",
      ]);
    }
  });
});

describe("refusalCodes and warningCodes", () => {
  it("have a message of their own each", () => {
    const words = [...Object.values(refusalCodes), ...Object.values(warningCodes)];
    expect(new Set(words).size).toBe(words.length);
    for (const text of words) expect(text).toMatch(/^[A-Z].*\.$/);
  });
});
