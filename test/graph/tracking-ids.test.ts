import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { makeElsewhere, platformTokens } from "../support/platform-tokens.ts";
import { clientOf } from "../support/sandbox.ts";

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await createTestGateway();
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
});

interface Adoption {
  readonly partner: { readonly trackingIds: readonly string[] } | null;
  readonly holdings: {
    readonly subscribeTokens: readonly { readonly tokenId: number; readonly isActive: boolean }[];
    readonly streams: readonly { readonly name: string }[];
    readonly traffic: { readonly bytesOut: string };
    readonly formerPartners: readonly { readonly name: string }[];
  } | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[]; readonly message: string }[];
}

async function adopt(partner: string, trackingId: string, dryRun = false): Promise<Adoption> {
  const { data, errors } = await gateway.ask<{ adoptTrackingId: Adoption }>(
    `mutation { adoptTrackingId(input: { partner: { trackingId: "${partner}" }, trackingId: "${trackingId}", dryRun: ${dryRun} }) {
       partner { trackingIds } userErrors { code path message }
       holdings { subscribeTokens { tokenId isActive } streams { name } traffic { bytesOut } formerPartners { name } } } }`,
  );
  expect(errors).toEqual([]);
  return data.adoptTrackingId;
}

async function leave(
  mutation: "releaseTrackingId" | "undoAdoption",
  partner: string,
  trackingId: string,
  dryRun = false,
) {
  const { data, errors } = await gateway.ask<Record<string, Adoption>>(
    `mutation { ${mutation}(input: { partner: { trackingId: "${partner}" }, trackingId: "${trackingId}", dryRun: ${dryRun} }) {
       partner { trackingIds } userErrors { code path message } } }`,
  );
  expect(errors).toEqual([]);
  return data[mutation]?.userErrors ?? [];
}

let keys = 0;
async function createToken(trackingId: string): Promise<number> {
  keys += 1;
  const { data } = await gateway.ask<{ createSubscribeToken: { subscribeToken: { tokenId: number } } }>(
    `mutation { createSubscribeToken(input: { idempotencyKey: "t${keys}", label: "L${keys}", trackingId: "${trackingId}",
       streams: [{ pattern: "derby-final" }] }) { subscribeToken { tokenId } userErrors { code } } }`,
  );
  return data.createSubscribeToken.subscribeToken.tokenId;
}

const remove = (tokenId: number) =>
  gateway.ask(`mutation { deleteSubscribeToken(input: { token: { tokenId: ${tokenId} } }) { userErrors { code } } }`);

const removeElsewhere = (tokenId: number) => clientOf(gateway.sandbox).delete(`/api/subscribe_token/${tokenId}`);

/** Onboards `acme` with subscribe tokens for some streams. */
async function register(trackingIds: readonly string[], streamNames: readonly string[]) {
  const { data } = await gateway.ask<{ onboardPartner: Adoption }>(
    `mutation ($input: OnboardPartnerInput!) { onboardPartner(input: $input) { userErrors { code path message } } }`,
    { input: { idempotencyKey: "o", name: "acme", trackingIds, grants: streamNames.map((pattern) => ({ pattern })) } },
  );
  return data.onboardPartner.userErrors;
}

const disable = (tokenId: number) =>
  gateway.ask(
    `mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: ${tokenId} }] }) { userErrors { code } } }`,
  );

async function enable(tokenId: number) {
  const { data } = await gateway.ask<{ enableSubscribeTokens: Adoption }>(
    `mutation { enableSubscribeTokens(input: { tokens: [{ tokenId: ${tokenId} }] }) { userErrors { code path message } } }`,
  );
  return data.enableSubscribeTokens.userErrors;
}

async function connect(tokenId: number, count: number): Promise<void> {
  const { data } = await gateway.ask<{ subscribeToken: { secret: string } }>(
    `{ subscribeToken(by: { tokenId: ${tokenId} }) { secret } }`,
  );
  const viewers = { token: data.subscribeToken.secret, streamName: "derby-final", count, bitsPerSecond: 1e6 };
  expect((await gateway.sandbox.attachViewers(viewers)).ok).toBe(true);
}

const holder = async (trackingId: string) => {
  const { data } = await gateway.ask<{ partner: { status: string; name: string } | null }>(
    `{ partner(by: { trackingId: "${trackingId}" }) { status name } }`,
  );
  return data.partner;
};

describe("a tracking id", () => {
  it("is not released while a usable token has it, nor while a viewer watches under it, nor once one has", async () => {
    await onboard(gateway, "acme");
    await onboard(gateway, "zeta");
    await adopt("acme", "acme2");
    const tokenId = await createToken("acme2");
    const inUse = await leave("releaseTrackingId", "acme", "acme2");
    expect(inUse).toMatchObject([{ code: "TRACKING_ID_IN_USE", path: ["input", "trackingId"] }]);
    expect(inUse[0]?.message).toContain(String(tokenId));
    await connect(tokenId, 100);
    // What was signed before goes on, and no figure of it is there yet.
    await disable(tokenId);
    gateway.sandbox.clock.advance(60_000);
    expect(await leave("releaseTrackingId", "acme", "acme2")).toMatchObject([{ code: "TRACKING_ID_IN_USE" }]);
    expect((await adopt("zeta", "acme2")).userErrors).toMatchObject([{ code: "TRACKING_ID_TAKEN" }]);
    // Figures that another reading of the same quarter hour has left in the cache are not asked.
    await gateway.ask(
      `{ partner(by: { trackingId: "acme2" }) { usage(window: { last: "P1D" }) { total { bytesOut } } } }`,
    );
    gateway.sandbox.clock.advance(30 * 60_000);
    expect(await leave("releaseTrackingId", "acme", "acme2")).toMatchObject([{ code: "TRACKING_ID_HAS_TRAFFIC" }]);
  });

  it("is released when its tokens are disabled and nobody has watched under it, without viewer records too", async () => {
    await onboard(gateway, "acme");
    for (const status of [null, 400, 403]) {
      await adopt("acme", "acme2");
      await disable(await createToken("acme2"));
      if (status !== null) gateway.sandbox.fault({ path: "/api/v2/records/*", status, times: 2 });
      expect(await leave("releaseTrackingId", "acme", "acme2")).toEqual([]);
    }
  });

  it("is not released while it can't be told whether a viewer watches", async () => {
    await onboard(gateway, "acme");
    await adopt("acme", "acme2");
    gateway.sandbox.fault({ path: "/api/v2/records/*", status: 500 });
    expect(await leave("releaseTrackingId", "acme", "acme2")).toMatchObject([{ code: "UPSTREAM_UNAVAILABLE" }]);
    expect(await holder("acme2")).toMatchObject({ name: "acme" });
  });
});

describe("an adoption", () => {
  it("shows in a dry run what comes with the tracking id, and changes nothing", async () => {
    await onboard(gateway, "acme");
    const shown = await adopt("acme", "northwind-tv", true);
    expect(shown.partner).toEqual({ trackingIds: ["acme"] });
    const tokens = await platformTokens(gateway.sandbox, "northwind-tv");
    expect(shown.holdings?.subscribeTokens.map(({ tokenId }) => tokenId)).toEqual(tokens.map(({ id }) => id));
    expect(shown.holdings?.streams.length).toBeGreaterThan(0);
    expect(Number(shown.holdings?.traffic.bytesOut)).toBeGreaterThan(0);
    expect(shown.holdings?.formerPartners).toEqual([]);
    expect(await holder("northwind-tv")).toMatchObject({ status: "UNCLAIMED" });
    const done = await adopt("acme", "northwind-tv");
    expect(done).toEqual({ ...shown, partner: { trackingIds: ["acme", "northwind-tv"] } });
  });

  it("can be undone although the tracking id has tokens and traffic, which it keeps", async () => {
    await onboard(gateway, "acme");
    await onboard(gateway, "zeta");
    const { holdings } = await adopt("acme", "northwind-tv");
    expect(await leave("releaseTrackingId", "acme", "northwind-tv")).toMatchObject([
      { code: "TRACKING_ID_HAS_TRAFFIC" },
    ]);
    expect(await leave("undoAdoption", "acme", "northwind-tv")).toEqual([]);
    expect(await holder("northwind-tv")).toMatchObject({ status: "UNCLAIMED" });
    expect(await leave("undoAdoption", "acme", "northwind-tv")).toMatchObject([{ code: "NOT_FOUND" }]);
    const again = await adopt("zeta", "northwind-tv");
    expect(again.userErrors).toEqual([]);
    expect(again.holdings).toEqual({ ...holdings, formerPartners: [{ name: "acme" }] });
    const { data } = await gateway.ask<{ auditLog: { nodes: { operation: string; outcome: string }[] } }>(
      `{ auditLog(first: 100) { nodes { operation outcome } } }`,
    );
    expect(data.auditLog.nodes).toContainEqual({ operation: "undoAdoption", outcome: "DONE" });
  });

  it("by onboardPartner can be undone too, although the tracking id has tokens, viewers and traffic", async () => {
    const elsewhere = await makeElsewhere(gateway.sandbox, "northwind-tv");
    await connect(elsewhere, 10);
    await register(["acme", "northwind-tv"], []);
    expect(await leave("undoAdoption", "acme", "northwind-tv")).toEqual([]);
    expect(await holder("northwind-tv")).toMatchObject({ status: "UNCLAIMED" });
    expect(await platformTokens(gateway.sandbox, "northwind-tv")).toContainEqual(
      expect.objectContaining({ id: elsewhere, isActive: true }),
    );
    for (const mutation of ["undoAdoption", "releaseTrackingId"] as const) {
      const last = [await leave(mutation, "acme", "acme", true), await leave(mutation, "acme", "acme")];
      expect(last).toEqual([last[0], last[0]]);
      expect(last[0]).toMatchObject([{ code: "CONFLICT", path: ["input", "trackingId"] }]);
    }
    expect(await holder("acme")).toMatchObject({ status: "ACTIVE" });
  });

  it.each(["at once", "after the first attempt was cut off"])(
    "by onboardPartner is not undone while a token that it made can be used or its viewers watch: %s",
    async (how) => {
      await makeElsewhere(gateway.sandbox, "free");
      if (how !== "at once") {
        gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", status: 500, skip: 1, times: 1 });
        expect(await register(["free", "acme"], ["derby-final", "derby-semi"])).toMatchObject([
          { code: "OUTCOME_UNKNOWN" },
        ]);
        gateway.sandbox.clock.advance(11_000);
      }
      expect(await register(["free", "acme"], ["derby-final", "derby-semi"])).toEqual([]);
      const [, ...made] = (await platformTokens(gateway.sandbox, "free")).map(({ id }) => id);
      const [tokenId = 0] = made;
      const refused = await leave("undoAdoption", "acme", "free");
      expect(refused).toMatchObject([{ code: "TRACKING_ID_IN_USE" }]);
      expect(refused[0]?.message).toContain(`token ${made.join(", ")} `);
      await connect(tokenId, 10);
      for (const id of made) await remove(id);
      gateway.sandbox.clock.advance(60_000);
      expect(await leave("undoAdoption", "acme", "free")).toMatchObject([{ code: "TRACKING_ID_IN_USE" }]);
    },
  );

  it.each([
    ["made here, deleted here", createToken, remove],
    ["made here, deleted in the dashboard", createToken, removeElsewhere],
    ["made in the dashboard, deleted here", (id: string) => makeElsewhere(gateway.sandbox, id), remove],
  ])(
    "is not undone while a viewer watches under a token that was deleted since: %s",
    async (_how, make, removeToken) => {
      await onboard(gateway, "acme");
      await adopt("acme", "free");
      const tokenId = await make("free");
      await connect(tokenId, 10);
      await removeToken(tokenId);
      gateway.sandbox.clock.advance(60_000);
      expect(await leave("undoAdoption", "acme", "free")).toMatchObject([{ code: "TRACKING_ID_IN_USE" }]);
    },
  );

  it("is undone while viewers of a token watch that was made before it and deleted since", async () => {
    await onboard(gateway, "acme");
    const tokenId = await makeElsewhere(gateway.sandbox, "free");
    await connect(tokenId, 10);
    await adopt("acme", "free");
    await remove(tokenId);
    gateway.sandbox.clock.advance(60_000);
    expect(await leave("undoAdoption", "acme", "free")).toEqual([]);
  });

  it("is not undone while a token made for the partner since can be used, and no other partner gets such a token", async () => {
    await onboard(gateway, "acme");
    await onboard(gateway, "zeta");
    await makeElsewhere(gateway.sandbox, "free");
    await adopt("acme", "free");
    const tokenId = await createToken("free");
    const refused = await leave("undoAdoption", "acme", "free");
    expect(refused).toMatchObject([{ code: "TRACKING_ID_IN_USE" }]);
    expect(refused[0]?.message).toContain(`token ${tokenId} `);
    await disable(tokenId);
    expect(await leave("undoAdoption", "acme", "free")).toEqual([]);
    // Nobody has the id now, so nothing keeps the token from being enabled.
    await clientOf(gateway.sandbox).put(`/api/v2/subscribe_token/${tokenId}`, { isActive: true });
    expect((await adopt("zeta", "free", true)).userErrors).toMatchObject([{ code: "TRACKING_ID_IN_USE" }]);
    expect((await adopt("acme", "free")).userErrors).toEqual([]);
  });

  it("is not undone while a viewer watches, once a token was made for the partner, although that is disabled", async () => {
    await onboard(gateway, "acme");
    await adopt("acme", "free");
    const tokenId = await createToken("free");
    await connect(tokenId, 100);
    await disable(tokenId);
    gateway.sandbox.clock.advance(60_000);
    expect(await leave("undoAdoption", "acme", "free")).toMatchObject([{ code: "TRACKING_ID_IN_USE" }]);
  });

  it("brings no token that was made for another partner, to a new partner neither, and by no enabling", async () => {
    await onboard(gateway, "acme");
    await onboard(gateway, "zeta");
    await makeElsewhere(gateway.sandbox, "free");
    await adopt("acme", "free");
    const tokenId = await createToken("free");
    await disable(tokenId);
    expect(await leave("undoAdoption", "acme", "free")).toEqual([]);
    const setActive = (isActive: boolean) =>
      clientOf(gateway.sandbox).put(`/api/v2/subscribe_token/${tokenId}`, { isActive });
    await setActive(true);
    const { data } = await gateway.ask<{ onboardPartner: Adoption }>(
      `mutation { onboardPartner(input: { idempotencyKey: "eta", name: "eta", trackingIds: ["eta", "free"] }) { userErrors { code path message } } }`,
    );
    const [refused] = data.onboardPartner.userErrors;
    expect(refused).toMatchObject({ code: "TRACKING_ID_IN_USE", path: ["input", "trackingIds", "1"] });
    await setActive(false);
    expect((await adopt("zeta", "free")).userErrors).toEqual([]);
    expect(await enable(tokenId)).toMatchObject([{ code: "CONFLICT" }]);
    expect((await platformTokens(gateway.sandbox, "free")).find(({ id }) => id === tokenId)?.isActive).toBe(false);
    expect(await leave("undoAdoption", "zeta", "free")).toEqual([]);
    await adopt("acme", "free");
    expect(await enable(tokenId)).toEqual([]);
  });
});
