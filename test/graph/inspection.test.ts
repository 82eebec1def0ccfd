import { SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await createTestGateway();
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
});

interface Inspection {
  readonly kind: string | null;
  readonly isAdmitted: boolean;
  readonly effectiveExpiresAt: string | null;
  readonly reasons: readonly { readonly refusal: string; readonly message: string; readonly path: readonly string[] }[];
  readonly warnings: readonly { readonly code: string }[];
  readonly claims: { readonly expiresAt: string | null } | null;
  readonly parent: { readonly label: string } | null;
}

const document = `mutation ($jwt: String!, $streamName: String) { inspectViewerToken(input: { jwt: $jwt, streamName: $streamName }) { userErrors { code }
  inspection { kind isAdmitted effectiveExpiresAt reasons { message path ... on SigningRefusedError { refusal } } warnings { code }
    claims { expiresAt } parent { label } } } }`;

async function inspect(jwt: string, streamName?: string, { ask }: Pick<TestGateway, "ask"> = gateway) {
  const { data, errors } = await ask<{ inspectViewerToken: { inspection: Inspection } }>(document, { jwt, streamName });
  expect(errors).toEqual([]);
  const { inspection } = data.inspectViewerToken;
  return { ...inspection, refusals: inspection.reasons.map(({ refusal }) => refusal) };
}

const parentOf = (label: string) => {
  const parent = gateway.sandbox.tokens.subscribe().find((token) => token.label === label);
  if (!parent) throw new Error(`there is no token ${label}`);
  return parent;
};

/** A good token of the stream derby-final but for what is given. */
function forge(fields: object, claims: object = {}) {
  const parent = parentOf("northwind-tv-derby-final");
  const streaming = {
    tokenId: parent.id,
    tokenType: "Subscribe",
    streamName: "derby-final",
    tracking: { trackingId: "northwind-tv" },
    ...fields,
  };
  return new SignJWT({ streaming, exp: 1_800_000_000, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(parent.token));
}

const director = async (token: string, streamName = "derby-final") =>
  (await gateway.sandbox.attachViewers({ token, streamName })).ok;

describe("inspectViewerToken of a claim of a wrong type", () => {
  it.each([
    ["streaming.allowedOrigins", { allowedOrigins: "evil.example" }, "a list of texts; got a text."],
    ["streaming.allowedOrigins.0", { allowedOrigins: [5] }, "a text; got a number."],
    ["streaming.allowedIpAddresses", { allowedIpAddresses: "192.0.2.1" }, "a list of texts; got a text."],
    ["streaming.customViewerData", { customViewerData: 12_345 }, "a text; got a number."],
    ["streaming.customViewerData", { customViewerData: { id: 1 } }, "a text; got an object."],
    ["streaming.originCluster", { originCluster: 5 }, "a text; got a number."],
    ["streaming.tracking", { tracking: "northwind-tv" }, "an object with a `trackingId`; got a text."],
    ["streaming.tracking.trackingId", { tracking: { trackingId: 77 } }, "a text; got a number."],
    ["streaming.tokenId", { tokenId: "5001" }, "the number of a subscribe token; got a text."],
  ])("names the claim: %s in %j", async (claim, fields, rule) => {
    const jwt = await forge(fields);
    const { isAdmitted, reasons } = await inspect(jwt);
    expect([isAdmitted, await director(jwt)]).toEqual([false, false]);
    const [reason] = reasons.filter(({ refusal }) => refusal === "CLAIM_TYPE_WRONG");
    expect(reason?.message).toContain(`\`${claim}\` must be ${rule}`);
    expect(reason?.path.slice(1).join(".")).toBe(claim);
  });

  it.each([
    ["exp", { exp: "1800000000" }],
    ["exp", { exp: null }],
    ["nbf", { nbf: "1" }],
    ["iat", { iat: "1" }],
  ])("names the claim: %s in %j", async (claim, claims) => {
    const jwt = await forge({}, claims);
    const { refusals, reasons } = await inspect(jwt);
    expect([refusals, await director(jwt)]).toEqual([["CLAIM_TYPE_WRONG"], false]);
    expect(reasons[0]?.path.at(-1)).toBe(claim);
  });
});

describe("inspectViewerToken of a viewer token", () => {
  it("does not admit the token before its nbf (RFC 7519)", async () => {
    const now = Math.floor(gateway.sandbox.clock.now() / 1000);
    const jwt = await forge({}, { nbf: now + 3_600 });
    expect([(await inspect(jwt)).refusals, await director(jwt)]).toEqual([["NOT_YET_VALID"], false]);
    gateway.sandbox.clock.advance(3_600_000);
    expect([(await inspect(jwt)).refusals, await director(jwt)]).toEqual([[], true]);
  });

  it.each([
    ["192.0.2.1-192.0.2.9"],
    ["2001:db8::1"],
    ["192.0.2.*"],
    ["0.0.0.0/00"],
    ["192.0.2.10/008"],
    ["192.0.2.010"],
  ])("refuses an address of the unsupported form %s", async (address) => {
    const jwt = await forge({ allowedIpAddresses: [address] });
    expect([(await inspect(jwt)).refusals, await director(jwt)]).toEqual([["IP_FORM_UNSUPPORTED"], false]);
  });

  it.each([
    ["😀".repeat(64), true],
    ["😀".repeat(65), false],
  ])("counts the UTF-16 units of a text as the platform does: %s", async (trackingId, isTaken) => {
    const parent = parentOf("open-parent");
    const jwt = await new SignJWT({
      streaming: { tokenId: parent.id, tokenType: "Subscribe", streamName: "derby-final", tracking: { trackingId } },
      exp: 1_800_000_000,
    })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(parent.token));
    expect([(await inspect(jwt)).isAdmitted, await director(jwt)]).toEqual([isTaken, isTaken]);
  });

  it("ignores whitespace around the token", async () => {
    const jwt = await forge({});
    expect(await inspect(` ${jwt}\n`)).toMatchObject({ kind: "SIGNED", isAdmitted: true });
    const { token } = parentOf("northwind-tv-derby-final");
    expect(await inspect(`\t${token} \r\n`)).toMatchObject({ kind: "SUBSCRIBE_TOKEN", isAdmitted: true });
  });

  it("reads an empty originCluster as none", async () => {
    const jwt = await forge({ originCluster: "" });
    expect([(await inspect(jwt)).refusals, await director(jwt)]).toEqual([[], true]);
  });

  it.each([9_999_999_999_999, 8_640_000_000_001, 1e300, 1_773_829_200_000_000])(
    "warns of an expiry at %d, and gives no expiry beyond the calendar",
    async (exp) => {
      const { isAdmitted, effectiveExpiresAt, warnings, claims } = await inspect(await forge({}, { exp }));
      expect({ isAdmitted, effectiveExpiresAt, claims }).toEqual({
        isAdmitted: true,
        effectiveExpiresAt: null,
        claims: { expiresAt: null },
      });
      expect(warnings.map(({ code }) => code)).toContain("EXPIRY_BEYOND_CALENDAR");
      expect(gateway.complaints()).toBe("");
    },
  );

  it("warns of an expiry in milliseconds", async () => {
    const { warnings } = await inspect(await forge({}, { exp: gateway.sandbox.clock.now() }));
    expect(warnings.map(({ code }) => code)).toContain("EXPIRY_IN_MILLISECONDS");
  });

  it("gives STREAM_OFFLINE first while the stream is off air, and admits the token once it is on air", async () => {
    const parent = parentOf("polar-sports-polar-cup");
    const { data } = await gateway.ask<{ signViewerToken: { viewerToken: { jwt: string } } }>(
      `mutation { signViewerToken(input: { token: { tokenId: ${parent.id} }, streamName: "polar-cup", trackingId: "polar-sports", expiresInSeconds: 600 }) { viewerToken { jwt } } }`,
    );
    const { jwt } = data.signViewerToken.viewerToken;
    expect(await inspect(jwt)).toMatchObject({ isAdmitted: false, refusals: ["STREAM_OFFLINE"] });
    expect(await gateway.sandbox.attachViewers({ token: jwt, streamName: "polar-cup" })).toMatchObject({ status: 400 });
    const publisher = gateway.sandbox.tokens.publish().find(({ label }) => label === "polar-cup");
    gateway.sandbox.startFeed({ token: publisher?.token ?? "", streamName: "polar-cup" });
    gateway.sandbox.clock.advance(60_000);
    expect(await inspect(jwt)).toMatchObject({ isAdmitted: true, refusals: [] });
  });

  it("refuses a token for another stream than the viewer asks for", async () => {
    const jwt = await forge({});
    expect((await inspect(jwt, "derby-final")).refusals).toEqual([]);
    expect((await inspect(jwt, "arena-main")).refusals).toEqual(["STREAM_NOT_COVERED"]);
  });

  it("warns when the live state can't be read", async () => {
    const jwt = await forge({});
    gateway.sandbox.fault({ path: "/api/monitoring/*", status: 503 });
    const { isAdmitted, warnings } = await inspect(jwt);
    expect([isAdmitted, warnings]).toEqual([true, [{ code: "STREAM_STATE_UNKNOWN" }]]);
  });
});

describe("inspectViewerToken of a subscribe token itself", () => {
  it("explains the token for the one stream that it names", async () => {
    const { token } = parentOf("northwind-tv-derby-final");
    expect(await inspect(token)).toMatchObject({
      kind: "SUBSCRIBE_TOKEN",
      isAdmitted: true,
      claims: null,
      parent: { label: "northwind-tv-derby-final" },
      warnings: [],
    });
    expect(await director(token)).toBe(true);
    expect((await inspect(token, "arena-main")).refusals).toEqual(["STREAM_NOT_COVERED"]);
  });

  it("explains a token that opens several for the stream of the input", async () => {
    const { token } = parentOf("qa-wildcard");
    const told = await inspect(token);
    expect([told.isAdmitted, told.warnings.map(({ code }) => code)]).toEqual([
      true,
      ["USAGE_UNTRACKED", "STREAM_NOT_NAMED"],
    ]);
    for (const name of ["derby-final", "polar-cup", "roaming-reporter"]) {
      expect((await inspect(token, name)).isAdmitted).toBe(await director(token, name));
    }
    expect((await inspect(token, "polar-cup")).refusals).toEqual(["STREAM_OFFLINE"]);
  });

  it.each([
    ["lumen-play-old", "PARENT_INACTIVE"],
    ["kestrel-media-trial", "PARENT_EXPIRED"],
  ])("refuses a token that is not usable: %s", async (label, refusal) => {
    const { token } = parentOf(label);
    expect([(await inspect(token)).refusals, await director(token)]).toEqual([[refusal], false]);
  });

  it("answers for another partner's token and a publish token as for a text that is no token", async () => {
    const partner = await onboard(gateway, "northwind-tv");
    const { token } = parentOf("northwind-tv-derby-final");
    const foreign = parentOf("kestrel-media-derby-final").token;
    const publisher = gateway.sandbox.tokens.publish()[0]?.token ?? "";
    const asPartner = gateway.as(partner.key);
    expect(await inspect(token, undefined, asPartner)).toMatchObject({ kind: "SUBSCRIBE_TOKEN", isAdmitted: true });
    const missing = await inspect("0".repeat(64), undefined, asPartner);
    expect(missing).toMatchObject({ kind: null, refusals: ["NOT_A_VIEWER_TOKEN"], parent: null });
    expect(await inspect(foreign, undefined, asPartner)).toEqual(missing);
    expect(await inspect(publisher)).toEqual(missing);
  });

  it("writes the token into no log and no audit entry", async () => {
    const { token } = parentOf("northwind-tv-derby-final");
    await inspect(token);
    const { data } = await gateway.ask("{ auditLog(first: 5) { nodes { operation detail } } }");
    expect(JSON.stringify(data)).toContain("inspectViewerToken");
    expect(JSON.stringify(data) + gateway.logged()).not.toContain(token);
  });
});
