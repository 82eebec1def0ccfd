import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

interface Signed {
  viewerToken: { jwt: string; expiresAt: string; trackingId: string | null; warnings: { code: string }[] } | null;
  userErrors: { code: string; path: string[] | null; refusal?: string }[];
}

/** Signs with fields as they stand in the input, beside what every request needs. */
async function sign(
  gateway: TestGateway,
  label: string,
  fields: string,
  defaults = "expiresInSeconds: 300",
): Promise<Signed> {
  const { data, errors } = await gateway.ask<{ signViewerToken: Signed }>(
    `mutation { signViewerToken(input: { token: { tokenId: ${parentId(gateway, label)} } ${defaults} ${fields} }) {
       viewerToken { jwt expiresAt trackingId warnings { code } }
       userErrors { code path ... on SigningRefusedError { refusal } } } }`,
  );
  expect(errors).toEqual([]);
  return data.signViewerToken;
}

function parentId(gateway: TestGateway, label: string): number {
  const token = gateway.sandbox.tokens.subscribe().find((candidate) => candidate.label === label);
  if (!token) throw new Error(`the sandbox has no subscribe token ${label}`);
  return token.id;
}

/** The broken rules, with the argument that breaks each. */
function refusals({ viewerToken, userErrors }: Signed): string[] {
  expect(viewerToken).toBeNull();
  return userErrors.map(({ code, path, refusal }) => {
    expect(code).toBe("SIGNING_REFUSED");
    return `${refusal} ${path?.slice(1).join(".")}`;
  });
}

function warnings({ viewerToken, userErrors }: Signed): string[] {
  expect(userErrors).toEqual([]);
  return viewerToken?.warnings.map(({ code }) => code) ?? [];
}

/** What the Director of the platform says of a viewer who shows the token. */
async function director(
  gateway: TestGateway,
  signed: Signed,
  streamName: string,
  from: { origin?: string; ip?: string } = {},
) {
  const admission = await gateway.sandbox.attachViewers({ token: signed.viewerToken?.jwt ?? "", streamName, ...from });
  return admission.ok ? admission.trackingId : admission.message;
}

const derby = 'streamName: "derby-final" trackingId: "northwind-tv"';

describe("signViewerToken: the parent", () => {
  it("row 1: must be a subscribe token of the account", async () => {
    await using gateway = await createTestGateway();
    const publishTokenId = gateway.sandbox.tokens.publish()[0]?.id;
    for (const id of [999_999, publishTokenId]) {
      const { data } = await gateway.ask<{ signViewerToken: Signed }>(
        `mutation { signViewerToken(input: { token: { tokenId: ${id} } expiresInSeconds: 60 ${derby} }) {
           viewerToken { jwt } userErrors { code path ... on SigningRefusedError { refusal } } } }`,
      );
      expect(refusals(data.signViewerToken)).toEqual(["PARENT_NOT_FOUND token"]);
    }
  });

  it("row 2: must be enabled", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(gateway, "lumen-play-old", 'streamName: "derby-final" trackingId: "lumen-play"');
    expect(refusals(signed)).toEqual(["PARENT_INACTIVE token"]);
  });

  it("row 3: must not have expired", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(gateway, "kestrel-media-trial", 'streamName: "derby-final" trackingId: "kestrel-media"');
    expect(refusals(signed)).toEqual(["PARENT_EXPIRED token"]);
  });

  it("row 4: limits the expiry of its viewer tokens to its own", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(
      gateway,
      "tundra-tv-aurora-night",
      'streamName: "aurora-night" trackingId: "tundra-tv"',
      "expiresInSeconds: 864000",
    );
    const parent = gateway.sandbox.tokens.subscribe().find(({ label }) => label === "tundra-tv-aurora-night");
    expect(warnings(signed)).toEqual(["EXPIRY_CLAMPED"]);
    expect(Date.parse(signed.viewerToken?.expiresAt ?? "")).toBe(parent?.expiresAt);
  });

  it("row 28: can't be a viewer token itself", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(gateway, "northwind-tv-derby-final", derby);
    const { data } = await gateway.ask<{ signViewerToken: Signed }>(
      `mutation ($jwt: ID!) { signViewerToken(input: { token: { id: $jwt } expiresInSeconds: 60 ${derby} }) {
         viewerToken { jwt } userErrors { code path ... on SigningRefusedError { refusal } } } }`,
      { jwt: signed.viewerToken?.jwt },
    );
    expect(refusals(data.signViewerToken)).toEqual(["PARENT_IS_VIEWER_TOKEN token"]);
  });

  it("row 29: that binds to first addresses is warned of", async () => {
    await using gateway = await createTestGateway();
    expect(warnings(await sign(gateway, "quayside-kiosk", 'streamName: "quay-cam" trackingId: "quayside"'))).toEqual([
      "PARENT_BINDS_ADDRESSES",
    ]);
  });
});

describe("signViewerToken: the expiry", () => {
  it.each([
    ["is missing", "", "EXPIRY_MISSING expiresAt"],
    ["is now", "expiresInSeconds: 0", "EXPIRY_PASSED expiresAt"],
    ["is negative", "expiresInSeconds: -60", "EXPIRY_PASSED expiresAt"],
    ["has passed", 'expiresAt: "2026-03-18T10:19:59Z"', "EXPIRY_PASSED expiresAt"],
  ])("row 5: refuses to sign when it %s", async (_case, expiry, refusal) => {
    await using gateway = await createTestGateway();
    expect(refusals(await sign(gateway, "northwind-tv-derby-final", derby, expiry))).toEqual([refusal]);
  });
});

describe("signViewerToken: the algorithm", () => {
  it.each(["HS256", "HS384", "HS512"])("row 6: %s is accepted by the Director", async (algorithm) => {
    await using gateway = await createTestGateway();
    const signed = await sign(gateway, "northwind-tv-derby-final", `${derby} algorithm: ${algorithm}`);
    expect(await director(gateway, signed, "derby-final")).toBe("northwind-tv");
  });

  it.each(["none", "RS256", "ES256"])("row 6: %s is no value of the enum", async (algorithm) => {
    await using gateway = await createTestGateway();
    const { errors } = await gateway.ask(
      `mutation { signViewerToken(input: { token: { tokenId: 5001 } expiresInSeconds: 60 algorithm: ${algorithm} ${derby} }) { viewerToken { jwt } } }`,
    );
    expect(errors[0]?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
  });

  it("row 7: a rotated secret invalidates the tokens that the old one signed", async () => {
    await using gateway = await createTestGateway();
    const before = await sign(gateway, "northwind-tv-derby-final", derby);
    await gateway.ask(
      `mutation { rotateSubscribeToken(input: { idempotencyKey: "r", token: { tokenId: ${parentId(gateway, "northwind-tv-derby-final")} } }) { userErrors { code } } }`,
    );
    const after = await sign(gateway, "northwind-tv-derby-final", derby);
    expect(await director(gateway, before, "derby-final")).toMatch(/^Unauthorized/);
    expect(await director(gateway, after, "derby-final")).toBe("northwind-tv");
  });
});

describe("signViewerToken: the stream", () => {
  it("row 8: is allowed when the parent names it", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(gateway, "northwind-tv-derby-final", derby);
    expect(warnings(signed)).toEqual([]);
    expect(await director(gateway, signed, "derby-final")).toBe("northwind-tv");
  });

  it.each(["arena-main", "Derby-Final", "derby-final2"])(
    "row 9: is refused when the parent does not name it: %s",
    async (name) => {
      await using gateway = await createTestGateway();
      const signed = await sign(
        gateway,
        "northwind-tv-derby-final",
        `streamName: "${name}" trackingId: "northwind-tv"`,
      );
      expect(refusals(signed)).toEqual(["STREAM_NOT_COVERED streamName"]);
    },
  );

  it("row 10: must match a pattern as a whole", async () => {
    await using gateway = await createTestGateway();
    const polar = 'trackingId: "polar-sports"';
    expect(warnings(await sign(gateway, "polar-sports-arena-cams", `streamName: "arena-cam3" ${polar}`))).toEqual([]);
    for (const name of ["arena-cam", "arena-cam3b", "xarena-cam3"]) {
      expect(refusals(await sign(gateway, "polar-sports-arena-cams", `streamName: "${name}" ${polar}`))).toEqual([
        "STREAM_NOT_COVERED streamName",
      ]);
    }
  });

  it("row 11: may be any under a wildcard", async () => {
    await using gateway = await createTestGateway();
    expect(warnings(await sign(gateway, "qa-wildcard", 'streamName: "never-heard-of"'))).toEqual(["USAGE_UNTRACKED"]);
  });

  it("row 12: needs to match one of several entries", async () => {
    await using gateway = await createTestGateway();
    const id = parentId(gateway, "northwind-tv-derby-final");
    await gateway.ask(
      `mutation { updateSubscribeToken(input: { token: { tokenId: ${id} } addStreams: [{ pattern: "gala-[a-z]+", isRegex: true }] }) { userErrors { code } } }`,
    );
    for (const name of ["derby-final", "gala-north"]) {
      const signed = await sign(
        gateway,
        "northwind-tv-derby-final",
        `streamName: "${name}" trackingId: "northwind-tv"`,
      );
      expect(signed.userErrors).toEqual([]);
    }
  });

  it.each([".*", "cam[0-9]", "", "x".repeat(129)])("row 13: must be one concrete name, not %j", async (name) => {
    await using gateway = await createTestGateway();
    expect(refusals(await sign(gateway, "qa-wildcard", `streamName: "${name}"`))).toEqual([
      "STREAM_NOT_CONCRETE streamName",
    ]);
  });

  it("row 13: may look like a pattern when the parent spells it out", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ createSubscribeToken: { subscribeToken: { tokenId: number } } }>(
      `mutation { createSubscribeToken(input: { idempotencyKey: "k", label: "cooking", streams: [{ pattern: "Cooked or Cooking??" }] }) {
         subscribeToken { tokenId } userErrors { code } } }`,
    );
    expect(data.createSubscribeToken.subscribeToken.tokenId).toBeGreaterThan(0);
    expect(warnings(await sign(gateway, "cooking", 'streamName: "Cooked or Cooking??"'))).toEqual(["USAGE_UNTRACKED"]);
  });

  it("row 22: must be published in the parent's cluster", async () => {
    await using gateway = await createTestGateway();
    expect(refusals(await sign(gateway, "qa-wildcard", 'streamName: "sydney-regatta"'))).toEqual([
      "STREAM_CLUSTER_MISMATCH streamName",
    ]);
    expect(
      warnings(await sign(gateway, "quayside-sydney-regatta", 'streamName: "sydney-regatta" trackingId: "quayside"')),
    ).toEqual([]);
  });

  it("row 30: that is unsecured is warned of", async () => {
    await using gateway = await createTestGateway();
    expect(warnings(await sign(gateway, "qa-wildcard", 'streamName: "city-council"'))).toEqual([
      "USAGE_UNTRACKED",
      "STREAM_UNSECURED",
    ]);
  });
});

describe("signViewerToken: the tracking id", () => {
  it("row 14: is the parent's", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(gateway, "northwind-tv-derby-final", derby);
    expect(signed.viewerToken?.trackingId).toBe("northwind-tv");
  });

  it.each(["", "trackingId: null"])("row 15: must be repeated (%j)", async (trackingId) => {
    await using gateway = await createTestGateway();
    expect(
      refusals(await sign(gateway, "northwind-tv-derby-final", `streamName: "derby-final" ${trackingId}`)),
    ).toEqual(["TRACKING_ID_REQUIRED trackingId"]);
  });

  it("row 16: can't be another than the parent's", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(
      gateway,
      "northwind-tv-derby-final",
      'streamName: "derby-final" trackingId: "kestrel-media"',
    );
    expect(refusals(signed)).toEqual(["TRACKING_ID_MISMATCH trackingId"]);
  });

  it("row 17: may be left out where the parent has none, and then nobody is billed", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(gateway, "open-parent", 'streamName: "derby-final"');
    expect(warnings(signed)).toEqual(["USAGE_UNTRACKED"]);
    expect(await director(gateway, signed, "derby-final")).toBeNull();
  });

  it("row 18: may be any where the parent has none, up to 128 characters", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(gateway, "open-parent", 'streamName: "derby-final" trackingId: "newcomer"');
    expect(await director(gateway, signed, "derby-final")).toBe("newcomer");
    const tooLong = await sign(gateway, "open-parent", `streamName: "derby-final" trackingId: "${"x".repeat(129)}"`);
    expect(refusals(tooLong)).toEqual(["TRACKING_ID_INVALID trackingId"]);
  });
});

describe("signViewerToken: the cluster", () => {
  it("row 19: may be chosen under a parent of auto, out of the account's", async () => {
    await using gateway = await createTestGateway();
    const fields = 'streamName: "roaming-reporter" trackingId: "harbor-news"';
    const inFrankfurt = () => sign(gateway, "harbor-news-roaming-reporter", `${fields} originCluster: "fra-1"`);
    // Row 22: as long as the stream is published under `auto` alone, the platform refuses a viewer of fra-1.
    expect(refusals(await inFrankfurt())).toEqual(["STREAM_CLUSTER_MISMATCH streamName"]);
    await gateway.ask(
      `mutation { createPublishToken(input: { idempotencyKey: "f", label: "frankfurt", isSecured: true, originCluster: "fra-1", streams: [{ pattern: "roaming-reporter" }] }) { userErrors { code } } }`,
    );
    expect(warnings(await inFrankfurt())).toEqual(["STREAM_CLUSTER_VARIES"]);
    expect(refusals(await sign(gateway, "harbor-news-roaming-reporter", `${fields} originCluster: "ams-1"`))).toEqual([
      "CLUSTER_UNKNOWN originCluster",
    ]);
  });

  it.each(["", 'originCluster: "phx-1"'])("row 20: is the parent's (%j)", async (cluster) => {
    await using gateway = await createTestGateway();
    const signed = await sign(gateway, "northwind-tv-derby-final", `${derby} ${cluster}`);
    expect(await director(gateway, signed, "derby-final")).toBe("northwind-tv");
  });

  it.each(["syd-1", "auto"])("row 21: can't be another than the parent's: %s", async (cluster) => {
    await using gateway = await createTestGateway();
    expect(refusals(await sign(gateway, "northwind-tv-derby-final", `${derby} originCluster: "${cluster}"`))).toEqual([
      "CLUSTER_MISMATCH originCluster",
    ]);
  });
});

describe("signViewerToken: origins and addresses", () => {
  it("row 23: stay within the parent's", async () => {
    await using gateway = await createTestGateway();
    const zephyr = 'streamName: "fan-zone" trackingId: "zephyr-fan"';
    expect(
      warnings(
        await sign(gateway, "zephyr-fan-fan-zone", `${zephyr} allowedOrigins: ["shop.zephyr.fan", "zephyr.fan"]`),
      ),
    ).toEqual([]);
    expect(
      refusals(await sign(gateway, "zephyr-fan-fan-zone", `${zephyr} allowedOrigins: ["zephyr.fan", "evil.example"]`)),
    ).toEqual(["ORIGIN_OUTSIDE_PARENT allowedOrigins.1"]);
    const vista = 'streamName: "vista-concert" trackingId: "vista-plus"';
    expect(
      warnings(
        await sign(
          gateway,
          "vista-plus-vista-concert",
          `${vista} allowedIpAddresses: ["198.19.4.0/24", "203.0.113.7"]`,
        ),
      ),
    ).toEqual([]);
    expect(
      refusals(await sign(gateway, "vista-plus-vista-concert", `${vista} allowedIpAddresses: ["198.0.0.0/8"]`)),
    ).toEqual(["IP_OUTSIDE_PARENT allowedIpAddresses.0"]);
  });

  it("row 24: may narrow a parent that names none, and the Director holds viewers to them", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(
      gateway,
      "northwind-tv-derby-final",
      `${derby} allowedOrigins: ["*.northwind.example"] allowedIpAddresses: ["192.0.2.0/24"]`,
    );
    expect(warnings(signed)).toEqual([]);
    const allowed = { origin: "https://live.northwind.example", ip: "192.0.2.9" };
    expect(await director(gateway, signed, "derby-final", allowed)).toBe("northwind-tv");
    expect(await director(gateway, signed, "derby-final", { ...allowed, ip: "198.51.100.1" })).toMatch(/IP/);
    expect(await director(gateway, signed, "derby-final", { ...allowed, origin: "https://other.example" })).toMatch(
      /Origin/,
    );
  });

  it.each(["2001:db8::1", "192.0.2.1-192.0.2.9", "192.0.2.*", "192.0.2.1/33", "192.0.2", "192.0.2.10/08"])(
    "row 25: addresses are IPv4 or CIDR, not %s",
    async (address) => {
      await using gateway = await createTestGateway();
      expect(
        refusals(await sign(gateway, "northwind-tv-derby-final", `${derby} allowedIpAddresses: ["${address}"]`)),
      ).toEqual(["IP_FORM_UNSUPPORTED allowedIpAddresses.0"]);
    },
  );

  it("refuses what is no domain as an origin", async () => {
    await using gateway = await createTestGateway();
    expect(
      refusals(await sign(gateway, "northwind-tv-derby-final", `${derby} allowedOrigins: ["https://a.example/path"]`)),
    ).toEqual(["ORIGIN_INVALID allowedOrigins.0"]);
  });
});

describe("signViewerToken: other restrictions", () => {
  it.each([
    ['allowedCountries: ["GB"]', "allowedCountries"],
    ['deniedCountries: ["GB"]', "deniedCountries"],
    ["bindIpsOnUsage: 2", "bindIpsOnUsage"],
  ])("row 26: %s would be ignored, so it is refused", async (field, argument) => {
    await using gateway = await createTestGateway();
    expect(refusals(await sign(gateway, "northwind-tv-derby-final", `${derby} ${field}`))).toEqual([
      `UNSUPPORTED_RESTRICTION ${argument}`,
    ]);
  });

  it("row 27: custom viewer data holds at most 1024 characters", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(gateway, "northwind-tv-derby-final", `${derby} customViewerData: "${"x".repeat(1024)}"`);
    expect(warnings(signed)).toEqual(["CUSTOM_VIEWER_DATA_NEEDS_FEATURE"]);
    expect(await director(gateway, signed, "derby-final")).toBe("northwind-tv");
    const tooLong = await sign(gateway, "northwind-tv-derby-final", `${derby} customViewerData: "${"x".repeat(1025)}"`);
    expect(refusals(tooLong)).toEqual(["CUSTOM_VIEWER_DATA_TOO_LONG customViewerData"]);
  });

  it("all broken rules are reported at once", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(
      gateway,
      "northwind-tv-derby-final",
      'streamName: "arena-main" trackingId: "x" originCluster: "auto"',
      "expiresInSeconds: -1",
    );
    expect(refusals(signed)).toEqual([
      "EXPIRY_PASSED expiresAt",
      "STREAM_NOT_COVERED streamName",
      "TRACKING_ID_MISMATCH trackingId",
      "CLUSTER_MISMATCH originCluster",
    ]);
  });
});

describe("signViewerTokens", () => {
  const signMany = `mutation ($viewers: [ViewerInput!]!) {
    signViewerTokens(input: { token: { tokenId: 5001 } expiresInSeconds: 300 ${derby} viewers: $viewers }) {
      results { index viewerToken { jwt } userErrors { code path } } userErrors { code path } } }`;

  it("signs the tokens of many viewers without a call to the platform", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ subscribeTokens { totalCount } clusters { name } }");
    gateway.sandbox.clearCalls();
    const viewers = Array.from({ length: 1000 }, (_, index) => ({ customViewerData: `viewer-${index}` }));
    const { data } = await gateway.ask<{
      signViewerTokens: { results: { index: number; viewerToken: { jwt: string } }[] };
    }>(signMany, { viewers });
    const { results } = data.signViewerTokens;
    expect(gateway.sandbox.calls()).toEqual([]);
    expect(results.map(({ index }) => index)).toEqual(viewers.map((_, index) => index));
    expect(new Set(results.map(({ viewerToken }) => viewerToken.jwt)).size).toBe(1000);
    const admission = await gateway.sandbox.attachViewers({
      token: results.at(-1)?.viewerToken.jwt ?? null,
      streamName: "derby-final",
    });
    expect(admission.ok).toBe(true);
  });

  it("signs the tokens of the other viewers when one is refused", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(signMany, { viewers: [{}, { allowedIpAddresses: ["::1"] }, {}] });
    expect(data).toMatchObject({
      signViewerTokens: {
        userErrors: [],
        results: [
          { index: 0, userErrors: [] },
          { index: 1, viewerToken: null, userErrors: [{ code: "SIGNING_REFUSED" }] },
          { index: 2, userErrors: [] },
        ],
      },
    });
  });

  it.each([0, 1001])("accepts 1 to 1000 viewers, not %i", async (count) => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(signMany, { viewers: Array.from({ length: count }, () => ({})) });
    expect(data).toEqual({
      signViewerTokens: { results: [], userErrors: [{ code: "LIMIT_EXCEEDED", path: ["input", "viewers"] }] },
    });
  });
});

describe("inspectViewerToken", () => {
  interface Inspection {
    isAdmitted: boolean;
    reasons: { refusal: string }[];
    warnings: { code: string }[];
    effectiveExpiresAt: string | null;
    claims: Record<string, unknown> | null;
    parent: { label: string } | null;
  }
  const inspect = async (gateway: TestGateway, jwt: string) => {
    const { data, errors } = await gateway.ask<{ inspectViewerToken: { inspection: Inspection } }>(
      `mutation ($jwt: String!) { inspectViewerToken(input: { jwt: $jwt }) { userErrors { code } inspection { isAdmitted effectiveExpiresAt
         reasons { ... on SigningRefusedError { refusal } } warnings { code }
         claims { algorithm streamName trackingId expiresAt customViewerData } parent { label } } } }`,
      { jwt },
    );
    expect(errors).toEqual([]);
    return data.inspectViewerToken.inspection;
  };
  const forge = (claims: object, secret: string, alg = "HS256") =>
    new SignJWT({ ...claims }).setProtectedHeader({ alg, typ: "JWT" }).sign(new TextEncoder().encode(secret));

  it("returns the claims of a valid token, and that it is admitted", async () => {
    await using gateway = await createTestGateway();
    const signed = await sign(gateway, "northwind-tv-derby-final", `${derby} customViewerData: "seat 12"`);
    expect(await inspect(gateway, signed.viewerToken?.jwt ?? "")).toEqual({
      isAdmitted: true,
      reasons: [],
      warnings: [{ code: "CUSTOM_VIEWER_DATA_NEEDS_FEATURE" }],
      effectiveExpiresAt: "2026-03-18T10:25:00.000Z",
      claims: {
        algorithm: "HS256",
        streamName: "derby-final",
        trackingId: "northwind-tv",
        expiresAt: "2026-03-18T10:25:00.000Z",
        customViewerData: "seat 12",
      },
      parent: { label: "northwind-tv-derby-final" },
    });
  });

  it("returns every reason why a token is refused", async () => {
    await using gateway = await createTestGateway();
    const streaming = {
      tokenId: parentId(gateway, "northwind-tv-derby-final"),
      tokenType: "subscribe",
      streamName: "arena-main",
    };
    const jwt = await forge({ streaming, exp: 1 }, "somebody else's key, which is long enough");
    const { isAdmitted, reasons } = await inspect(gateway, jwt);
    expect(isAdmitted).toBe(false);
    expect(reasons.map(({ refusal }) => refusal)).toEqual([
      "SIGNATURE_INVALID",
      "TOKEN_TYPE_WRONG",
      "EXPIRY_PASSED",
      "STREAM_NOT_COVERED",
      "TRACKING_ID_REQUIRED",
    ]);
  });

  it("does not accept the algorithm none as a signature", async () => {
    await using gateway = await createTestGateway();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const streaming = {
      tokenId: 5001,
      tokenType: "Subscribe",
      streamName: "derby-final",
      tracking: { trackingId: "northwind-tv" },
    };
    const jwt = `${part({ alg: "none" })}.${part({ streaming, exp: 4_000_000_000 })}.`;
    expect((await inspect(gateway, jwt)).reasons.map(({ refusal }) => refusal)).toEqual([
      "ALGORITHM_NOT_ALLOWED",
      "SIGNATURE_INVALID",
    ]);
  });

  it.each(["", "abc", "a.b.c", "x".repeat(9000)])("reports a text that is no viewer token", async (jwt) => {
    await using gateway = await createTestGateway();
    const { claims, reasons } = await inspect(gateway, jwt);
    expect(claims).toBeNull();
    expect(reasons).toEqual([{ refusal: "NOT_A_VIEWER_TOKEN" }]);
  });

  it("warns of claims that the platform ignores, and of origins beyond the parent's", async () => {
    await using gateway = await createTestGateway();
    const parent = gateway.sandbox.tokens.subscribe().find(({ label }) => label === "zephyr-fan-fan-zone");
    const streaming = {
      tokenId: parent?.id,
      tokenType: "Subscribe",
      streamName: "fan-zone",
      tracking: { trackingId: "zephyr-fan" },
      allowedOrigins: ["elsewhere.example"],
      allowedCountries: ["GB"],
    };
    const jwt = await forge({ streaming, exp: 4_000_000_000 }, parent?.token ?? "");
    const { reasons, warnings: told } = await inspect(gateway, jwt);
    expect(reasons).toEqual([{ refusal: "STREAM_OFFLINE" }]);
    expect(told.map(({ code }) => code)).toEqual(["RESTRICTION_OUTSIDE_PARENT", "CLAIM_IGNORED"]);
  });

  it("is no query, so that no token appears in a URL", async () => {
    await using gateway = await createTestGateway();
    const response = await gateway.gateway.fetch(
      new Request(
        "http://gateway.test/graphql?query=mutation{inspectViewerToken(input:{jwt:%22x%22}){userErrors{code}}}",
        {
          headers: { authorization: "Bearer operator-key-of-the-tests" },
        },
      ),
    );
    expect(response.status).toBe(405);
  });
});
