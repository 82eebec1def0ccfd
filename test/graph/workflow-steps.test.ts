import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { platformTokens } from "../support/platform-tokens.ts";
import { clientOf } from "../support/sandbox.ts";

interface Workflow {
  readonly steps: readonly {
    readonly name: string;
    readonly state: string;
    readonly exists: boolean | null;
    readonly code: string | null;
    readonly detail: string;
    readonly token: { readonly tokenId: number } | null;
  }[];
  readonly userErrors: readonly { readonly code: string; readonly message: string }[];
}

const fields = "steps { name state exists code detail token { tokenId } } userErrors { code message }";

async function sell({ ask }: TestGateway, more: object = {}): Promise<Workflow> {
  const partners = ["acme", "brook-radio", "hill-press"].map((trackingId) => ({ trackingId }));
  const { data } = await ask<{ syndicateStream: Workflow }>(
    `mutation ($input: SyndicateStreamInput!) { syndicateStream(input: $input) { ${fields} } }`,
    { input: { idempotencyKey: "s", stream: { name: "derby-final" }, partners, ...more } },
  );
  return data.syndicateStream;
}

async function onboardNew({ ask }: TestGateway, more: object = {}): Promise<Workflow> {
  const grants = [{ pattern: "derby-final" }, { pattern: "derby-semi" }];
  const { data } = await ask<{ onboardPartner: Workflow }>(
    `mutation ($input: OnboardPartnerInput!) { onboardPartner(input: $input) { ${fields} } }`,
    { input: { idempotencyKey: "o", name: "zeta", trackingIds: ["zeta"], grants, ...more } },
  );
  return data.onboardPartner;
}

const told = ({ steps }: Workflow) => steps.map(({ state, exists }) => [state, exists]);

async function registerAll(gateway: TestGateway): Promise<void> {
  for (const trackingId of ["acme", "brook-radio", "hill-press"]) await onboard(gateway, trackingId);
}

describe("the steps of a workflow that fails half way", () => {
  it("say after one failure of the platform what exists, what may exist, and what does not", async () => {
    await using gateway = await createTestGateway();
    await registerAll(gateway);
    gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", status: 500, skip: 1, times: 1 });
    const failed = await sell(gateway);
    expect(told(failed)).toEqual([
      ["DONE", null],
      ["REUSED", true],
      ["DONE", true],
      ["OUTCOME_UNKNOWN", null],
      ["SKIPPED", false],
    ]);
    expect(failed.userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    expect(failed.userErrors[0]?.message).not.toContain("earlier request");
    expect(await platformTokens(gateway.sandbox, "acme")).toMatchObject([{ id: failed.steps[2]?.token?.tokenId }]);
    expect(await platformTokens(gateway.sandbox, "brook-radio")).toEqual([]);
    expect((await sell(gateway)).userErrors[0]?.message).toContain("earlier request");
    gateway.sandbox.clock.advance(11_000);
    expect(told(await sell(gateway)).slice(2)).toEqual([
      ["DONE", true],
      ["DONE", true],
      ["DONE", true],
    ]);
  });

  it("say after a refusal that nothing is left, and where something is", async () => {
    await using gateway = await createTestGateway();
    await registerAll(gateway);
    gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", status: 400, skip: 1, times: 1 });
    expect(told(await sell(gateway)).slice(2)).toEqual([
      ["ROLLED_BACK", false],
      ["FAILED", false],
      ["SKIPPED", false],
    ]);
    gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", status: 400, skip: 1, times: 1 });
    gateway.sandbox.fault({ method: "DELETE", path: "/api/subscribe_token/*", status: 400, times: 1 });
    const failed = await sell(gateway, { idempotencyKey: "again" });
    expect(told(failed).slice(2)).toEqual([
      ["DONE", true],
      ["FAILED", false],
      ["SKIPPED", false],
    ]);
    expect(await platformTokens(gateway.sandbox, "acme")).toMatchObject([{ id: failed.steps[2]?.token?.tokenId }]);
  });

  it("are told by onboardPartner too", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", status: 500, skip: 1, times: 1 });
    const failed = await onboardNew(gateway);
    expect(told(failed)).toEqual([
      ["DONE", true],
      ["OUTCOME_UNKNOWN", null],
      ["SKIPPED", false],
    ]);
    expect(failed.userErrors[0]?.message).not.toContain("earlier request");
    gateway.sandbox.clock.advance(11_000);
    const done = await onboardNew(gateway);
    expect(told(done)).toEqual([
      ["DONE", true],
      ["DONE", true],
      ["DONE", true],
    ]);
    expect(done.steps[0]?.token).toEqual(failed.steps[0]?.token);
  });
});

describe("a roll-back after a lost answer", () => {
  /** Makes a subscribe token in the platform's dashboard with the settings that a step asks for. */
  const makeAlike = async (gateway: TestGateway, settings: object): Promise<number> => {
    const { body } = await clientOf(gateway.sandbox).post("/api/subscribe_token", settings);
    return body.data.id;
  };
  const lost = (path: string) => ({ method: "POST", path, status: 500, times: 1 }) as const;
  const refused = (path: string, skip = 0) => ({ method: "POST", path, status: 400, skip, times: 1 }) as const;
  const stepWith = ({ steps }: Workflow, id: number) => steps.find(({ token }) => token?.tokenId === id);

  it("of onboardPartner leaves a token that was found by its settings, and says how to delete it", async () => {
    await using gateway = await createTestGateway();
    const id = await makeAlike(gateway, {
      label: "zeta: derby-final",
      streams: [{ streamName: "derby-final" }],
      tracking: { trackingId: "zeta" },
    });
    gateway.sandbox.fault(lost("/api/subscribe_token"));
    gateway.sandbox.fault(refused("/api/subscribe_token"));
    const failed = await onboardNew(gateway);
    expect(await platformTokens(gateway.sandbox, "zeta")).toMatchObject([{ id, isActive: true }]);
    expect(stepWith(failed, id)).toMatchObject({ state: "DONE", exists: true, code: "CONFLICT" });
    expect(stepWith(failed, id)?.detail).toContain(`Subscribe token ${id} was found by its settings`);
    expect(stepWith(failed, id)?.detail).toContain("delete it by deleteSubscribeToken");
    const { data } = await gateway.ask<{ auditLog: { nodes: object[] } }>(
      `{ auditLog(first: 1, filter: { operation: "onboardPartner" }) { nodes { outcome code } } }`,
    );
    expect(data.auditLog.nodes).toEqual([{ outcome: "PARTIAL", code: "UPSTREAM_REJECTED" }]);
  });

  it("of syndicateStream leaves a subscribe token that was found by its settings", async () => {
    await using gateway = await createTestGateway();
    await registerAll(gateway);
    const id = await makeAlike(gateway, {
      label: "acme: derby-final",
      streams: [{ streamName: "derby-final" }],
      tracking: { trackingId: "acme" },
      allowedCountries: ["DE"],
    });
    gateway.sandbox.fault(lost("/api/subscribe_token"));
    gateway.sandbox.fault(refused("/api/subscribe_token"));
    const failed = await sell(gateway, { allowedCountries: ["DE"] });
    expect(stepWith(failed, id)).toMatchObject({ state: "DONE", exists: true, code: "CONFLICT" });
    expect(await platformTokens(gateway.sandbox, "acme")).toMatchObject([{ id }]);
    // The token is nobody's then: the same request makes one of its own.
    const sold = await sell(gateway, { allowedCountries: ["DE"] });
    expect(sold.userErrors).toEqual([]);
    expect(stepWith(sold, id)).toBeUndefined();
    expect(await platformTokens(gateway.sandbox, "acme")).toHaveLength(2);
  });

  it("of syndicateStream leaves a publish token that was found by its settings", async () => {
    await using gateway = await createTestGateway();
    await registerAll(gateway);
    gateway.sandbox.fault({ method: "POST", path: "/api/publish_token", drop: "after", times: 1 });
    gateway.sandbox.fault(refused("/api/subscribe_token"));
    const failed = await sell(gateway, { stream: { name: "derby-late" } });
    const [, published] = failed.steps;
    expect(published).toMatchObject({ name: "PUBLISH_TOKEN", state: "DONE", exists: true, code: "CONFLICT" });
    expect(published?.detail).toContain(`Publish token ${published?.token?.tokenId} was found by its settings`);
    expect(published?.detail).toContain("delete it by deletePublishToken");
    const { status } = await clientOf(gateway.sandbox).get(`/api/publish_token/${published?.token?.tokenId}`);
    expect(status).toBe(200);
  });

  it("deletes as before what the answer to its own creation named", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault(refused("/api/subscribe_token", 1));
    expect(told(await onboardNew(gateway))).toEqual([
      ["ROLLED_BACK", false],
      ["FAILED", false],
      ["SKIPPED", false],
    ]);
    expect(await platformTokens(gateway.sandbox, "zeta")).toEqual([]);
  });
});

describe("the label of a partner's token", () => {
  it("is cut to 128 characters, and never within one", async () => {
    await using gateway = await createTestGateway();
    const name = "n".repeat(125);
    await onboardNew(gateway, { name, grants: [{ pattern: "😀-show" }, { pattern: "show" }] });
    const labels = (await platformTokens(gateway.sandbox, "zeta")).map(({ label }) => label);
    expect(labels).toEqual([`${name}: `, `${name}: s`]);
  });
});

describe("a tracking id", () => {
  it("holds no control character, which the store could not keep", async () => {
    await using gateway = await createTestGateway();
    for (const character of ["\u0000", "\n", "\u007f", "\u0085"]) {
      const { userErrors } = await onboardNew(gateway, { trackingIds: [`zeta${character}`] });
      expect(userErrors).toMatchObject([{ code: "INVALID_INPUT" }]);
    }
  });
});
