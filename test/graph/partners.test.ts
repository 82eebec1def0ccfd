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

const change = async (mutation: string, trackingId: string) => {
  const { data, errors } = await gateway.ask<Record<string, StatusChange>>(
    `mutation { ${mutation}(input: { partner: { trackingId: "${trackingId}" } }) {
       partner { status } subscribeTokens { tokenId isActive } warning userErrors { code message } } }`,
  );
  expect(errors).toEqual([]);
  return data[mutation] as StatusChange;
};
interface StatusChange {
  readonly partner: { readonly status: string } | null;
  readonly subscribeTokens: readonly { readonly tokenId: number; readonly isActive: boolean }[];
  readonly warning: string | null;
  readonly userErrors: readonly { readonly code: string; readonly message: string }[];
}

const partnerErrors = async (mutation: string) => {
  const { data } = await gateway.ask<Record<string, { userErrors: { code: string; path: string[] | null }[] }>>(
    `mutation { change: ${mutation} { userErrors { code path } } }`,
  );
  return data["change"]?.userErrors;
};

describe("a partner", () => {
  it("that is suspended has no token that opens anything, and signs nothing, but reads its usage", async () => {
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final", "derby-semi"]);
    const { partner, subscribeTokens, warning } = await change("suspendPartner", "meadow-tv");
    expect(partner).toEqual({ status: "SUSPENDED" });
    expect(subscribeTokens.map(({ isActive }) => isActive)).toEqual([false, false]);
    expect(warning).toContain("next connection");
    const { ask } = gateway.as(meadow.key);
    const { data, errors } = await ask(
      `mutation { signViewerToken(input: { token: { tokenId: ${meadow.tokenIds[0]} } streamName: "derby-final"
         trackingId: "meadow-tv" expiresInSeconds: 60 }) { viewerToken { jwt } userErrors { code } } }`,
    );
    expect(data).toEqual({ signViewerToken: null });
    expect(errors[0]?.extensions.code).toBe("PARTNER_NOT_ACTIVE");
    const usage = await ask(
      `{ partner(by: { trackingId: "meadow-tv" }) { status usage(window: { last: "P1D" }) { total { bytesOut } } } }`,
    );
    expect(usage.data).toEqual({ partner: { status: "SUSPENDED", usage: { total: { bytesOut: "0" } } } });
  });

  it("that is resumed gets back the tokens that its suspension disabled, and no others", async () => {
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final", "derby-semi"]);
    await gateway.ask(
      `mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: ${meadow.tokenIds[1]} }] }) { userErrors { code } } }`,
    );
    await change("suspendPartner", "meadow-tv");
    const { partner, subscribeTokens } = await change("resumePartner", "meadow-tv");
    expect(partner).toEqual({ status: "ACTIVE" });
    expect(subscribeTokens).toEqual([{ tokenId: meadow.tokenIds[0], isActive: true }]);
  });

  it("stays suspended as a whole when the platform fails for a token, and the rest is done by asking again", async () => {
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final", "derby-semi"]);
    gateway.sandbox.fault({ method: "PUT", path: "/api/v2/subscribe_token/*", status: 429, times: 1 });
    const first = await change("suspendPartner", "meadow-tv");
    expect(first.partner).toEqual({ status: "SUSPENDED" });
    expect(first.subscribeTokens).toHaveLength(1);
    expect(first.userErrors).toMatchObject([{ code: "UPSTREAM_RATE_LIMITED" }]);
    expect((await change("suspendPartner", "meadow-tv")).subscribeTokens).toHaveLength(1);
    const resumed = await change("resumePartner", "meadow-tv");
    expect(resumed.subscribeTokens.map(({ tokenId }) => tokenId)).toEqual(meadow.tokenIds);
  });

  it("that is retired has no key and no token any more, for good", async () => {
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final"]);
    await change("retirePartner", "meadow-tv");
    expect((await gateway.as(meadow.key).ask("{ me { name } }")).status).toBe(401);
    expect((await change("resumePartner", "meadow-tv")).userErrors).toMatchObject([{ code: "CONFLICT" }]);
    const { data } = await gateway.ask(
      `{ partner(by: { trackingId: "meadow-tv" }) { status subscribeTokens { nodes { isActive } } } }`,
    );
    expect(data).toEqual({ partner: { status: "RETIRED", subscribeTokens: { nodes: [{ isActive: false }] } } });
  });

  it("gets new secrets for all its tokens under the same ids, once for a key", async () => {
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final", "derby-semi"]);
    const rotate = async () => {
      const { data } = await gateway.ask<{
        rotatePartnerTokens: { rotatedTokens: { secret: string; subscribeToken: { tokenId: number } }[] };
      }>(
        `mutation { rotatePartnerTokens(input: { idempotencyKey: "leak", partner: { trackingId: "meadow-tv" } }) {
           rotatedTokens { secret subscribeToken { tokenId } } userErrors { code } } }`,
      );
      return data.rotatePartnerTokens.rotatedTokens;
    };
    const rotated = await rotate();
    expect(rotated.map(({ subscribeToken }) => subscribeToken.tokenId)).toEqual(meadow.tokenIds);
    for (const { secret } of rotated) expect(meadow.secrets).not.toContain(secret);
    expect(await rotate()).toEqual(rotated);
  });

  it("may change in all but what bills hang on", async () => {
    await onboard(gateway, "meadow-tv");
    const { data } = await gateway.ask(
      `mutation { updatePartner(input: { partner: { trackingId: "meadow-tv" }, name: "Meadow", timeZone: "Asia/Tokyo",
         currency: "JPY", contact: null, notes: "new" }) {
         partner { name timeZone currency contact notes trackingId } userErrors { code } } }`,
    );
    expect(data).toEqual({
      updatePartner: {
        partner: {
          name: "Meadow",
          timeZone: "Asia/Tokyo",
          currency: "JPY",
          contact: null,
          notes: "new",
          trackingId: "meadow-tv",
        },
        userErrors: [],
      },
    });
  });

  it.each([
    [`name: ""`, "name"],
    [`timeZone: "Europe/Atlantis"`, "timeZone"],
    [`currency: "eur"`, "currency"],
    [`contact: "${"x".repeat(321)}"`, "contact"],
    [`notes: "${"x".repeat(4001)}"`, "notes"],
  ])("is refused with %s", async (field, name) => {
    await onboard(gateway, "meadow-tv");
    expect(await partnerErrors(`updatePartner(input: { partner: { trackingId: "meadow-tv" }, ${field} })`)).toEqual([
      { code: "INVALID_INPUT", path: ["input", name] },
    ]);
  });
});

describe("tracking ids", () => {
  it("that nobody has claimed are listed with their traffic, and adopted with it", async () => {
    const { data } = await gateway.ask<{
      partners: { nodes: { trackingId: string; usage: { total: { bytesOut: string } } }[] };
    }>(
      `{ partners(filter: { status: [UNCLAIMED] }) { nodes { trackingId usage(window: { last: "P1D" }) { total { bytesOut } } } } }`,
    );
    const northwind = data.partners.nodes.find(({ trackingId }) => trackingId === "northwind-tv");
    expect(Number(northwind?.usage.total.bytesOut)).toBeGreaterThan(0);
    await onboard(gateway, "meadow-tv");
    const adopted = await gateway.ask(
      `mutation { adoptTrackingId(input: { partner: { trackingId: "meadow-tv" }, trackingId: "northwind-tv" }) {
         partner { trackingIds usage(window: { last: "P1D" }) { total { bytesOut } } } userErrors { code } } }`,
    );
    expect(adopted.data).toEqual({
      adoptTrackingId: {
        partner: { trackingIds: ["meadow-tv", "northwind-tv"], usage: northwind?.usage },
        userErrors: [],
      },
    });
    const found = await gateway.ask(`{ partner(by: { trackingId: "northwind-tv" }) { name status } }`);
    expect(found.data).toEqual({ partner: { name: "meadow-tv", status: "ACTIVE" } });
  });

  it("of another partner can't be adopted", async () => {
    await onboard(gateway, "meadow-tv");
    await onboard(gateway, "brook-radio");
    const adopt = `adoptTrackingId(input: { partner: { trackingId: "meadow-tv" }, trackingId: "brook-radio" })`;
    expect(await partnerErrors(adopt)).toMatchObject([{ code: "TRACKING_ID_TAKEN" }]);
  });

  it("stay with their partner once they have traffic, and can be released before", async () => {
    await onboard(gateway, "meadow-tv");
    for (const trackingId of ["northwind-tv", "unused"]) {
      await partnerErrors(
        `adoptTrackingId(input: { partner: { trackingId: "meadow-tv" }, trackingId: "${trackingId}" })`,
      );
    }
    const release = (id: string) =>
      partnerErrors(`releaseTrackingId(input: { partner: { trackingId: "meadow-tv" }, trackingId: "${id}" })`);
    expect(await release("northwind-tv")).toMatchObject([{ code: "TRACKING_ID_HAS_TRAFFIC" }]);
    expect(await release("unused")).toEqual([]);
    expect(await release("unused")).toMatchObject([{ code: "NOT_FOUND" }]);
  });
});
