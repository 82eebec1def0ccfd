import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ForeignTokenInput } from "../../src/sandbox/sandbox.ts";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

/** Patterns that the platform's engine takes and the gateway's does not, each of them opening `sport-1`. */
const unreadable = [
  "^(?!internal-).+$",
  "(?>sport|news)-[0-9]+",
  "[a-z0-9-]{1,1024}",
  "(?<![a-z])sport-1",
  String.raw`\w+-1(?#all ones)`,
  "[a-z-[aeiou]]+-1|sport-1",
  "sport-(?!2).*",
] as const;
const PATTERN = "^(?!internal-).+$";

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await createTestGateway();
  const { data } = await gateway.ask(
    `mutation { createPublishToken(input: { idempotencyKey: "s", label: "sport-1", isSecured: true, streams: [{ pattern: "sport-1" }] }) { userErrors { code } } }`,
  );
  expect(data).toEqual({ createPublishToken: { userErrors: [] } });
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
});

/** Puts a token on the platform behind the gateway's back, which the gateway then learns of. */
async function put(input: Partial<ForeignTokenInput> = {}) {
  const token = gateway.sandbox.addForeignToken({
    kind: "publish",
    label: "dashboard",
    pattern: PATTERN,
    opens: ["sport-1"],
    ...input,
  });
  // A token that is asked for by its id is read from the platform.
  const field = input.kind === "subscribe" ? "subscribeToken" : "publishToken";
  const { data } = await gateway.ask<Record<string, { label: string }>>(
    `{ ${field}(by: { tokenId: ${token.id} }) { label } }`,
  );
  expect(data[field]).toEqual({ label: "dashboard" });
  return token;
}

const record = async (pattern: string, streamNames: readonly string[] | null) => {
  const { data, errors } = await gateway.ask<{
    recordPatternCoverage: { userErrors: { code: string; message: string }[]; coverage: unknown };
  }>(
    `mutation ($input: RecordPatternCoverageInput!) { recordPatternCoverage(input: $input) {
       coverage { pattern streamNames recordedBy recordedAt } userErrors { code message path } } }`,
    { input: { pattern, streamNames } },
  );
  expect(errors).toEqual([]);
  return data.recordPatternCoverage;
};
const isSecured = async (name = "sport-1") =>
  (await gateway.ask<{ stream: { isSecured: boolean } }>(`{ stream(by: { name: "${name}" }) { isSecured } }`)).data
    .stream.isSecured;
const canView = async (args = "") => {
  const { data } = await gateway.ask<{ canView: { verdict: string; decidedBy: { rule: string; message: string } } }>(
    `{ canView(stream: { name: "sport-1" } ${args}) { verdict decidedBy { rule message } } }`,
  );
  return data.canView;
};
const onboarding = async (grant: object) => {
  const { data } = await gateway.ask<{ onboardPartner: { userErrors: { code: string; message: string }[] } }>(
    `mutation ($input: OnboardPartnerInput!) { onboardPartner(input: $input) { userErrors { code message } } }`,
    { input: { idempotencyKey: "o", name: "Acme", trackingIds: ["acme"], grants: [grant] } },
  );
  return data.onboardPartner.userErrors;
};

describe("an unsecured publish token with a pattern that the gateway can't read", () => {
  it.each(unreadable)("leaves a stream open that it may broadcast: %s", async (pattern) => {
    expect(await isSecured()).toBe(true);
    expect(await canView()).toMatchObject({ verdict: "REFUSED" });
    const { id } = await put({ pattern });
    expect(await isSecured()).toBe(false);
    const { verdict, decidedBy } = await canView();
    expect(verdict).not.toBe("REFUSED");
    expect(decidedBy.message).toContain(`Publish token ${id} `);
  });

  it("counts for names with its literal beginning alone", async () => {
    await put({ pattern: "sport-(?!2).*" });
    expect([await isSecured("sport-1"), await isSecured("derby-final")]).toEqual([false, true]);
  });

  it("keeps a stream from being sold, by a refusal that names the token and its pattern", async () => {
    const { id } = await put();
    for (const grant of [
      { pattern: "sport-1" },
      { pattern: "sport-[0-9]", isRegex: true },
      { pattern: "soon-.*", isRegex: true },
    ]) {
      const errors = await onboarding(grant);
      expect(errors.map(({ code }) => code)).toContain("STREAM_UNSECURED");
      const { message = "" } = errors.find(({ code }) => code === "STREAM_UNSECURED") ?? {};
      expect(message).toContain(`ublish token ${id} `);
      expect(message).toContain(PATTERN);
    }
    await record(PATTERN, ["elsewhere"]);
    const meadow = await onboard(gateway, "meadow-tv");
    await record(PATTERN, null);
    const { data } = await gateway.ask<{ syndicateStream: { userErrors: { code: string; message: string }[] } }>(
      `mutation { syndicateStream(input: { idempotencyKey: "y", stream: { name: "sport-1" }, partners: [{ trackingId: "${meadow.trackingId}" }] }) { userErrors { code message } } }`,
    );
    expect(data.syndicateStream.userErrors).toMatchObject([{ code: "STREAM_UNSECURED" }]);
    expect(data.syndicateStream.userErrors[0]?.message).toContain(`ublish token ${id} `);
  });

  it("is listed with an unknown coverage, and is a finding", async () => {
    const { id } = await put();
    const { data } = await gateway.ask(
      `{ stream(by: { name: "sport-1" }) { publishTokens { nodes { label grants { pattern coverage isWildcard recordedCoverage { pattern } } } } }
         findings(first: 100) { nodes { code token { tokenId } } } }`,
    );
    expect(data).toMatchObject({
      stream: {
        publishTokens: {
          nodes: [
            { label: "sport-1", grants: [{ coverage: "KNOWN", isWildcard: false }] },
            {
              label: "dashboard",
              grants: [{ pattern: PATTERN, coverage: "UNKNOWN", isWildcard: true, recordedCoverage: null }],
            },
          ],
        },
      },
      findings: {
        nodes: expect.arrayContaining([
          { code: "PATTERN_UNREADABLE", token: { tokenId: id } },
          { code: "STREAM_UNSECURED", token: { tokenId: id } },
        ]),
      },
    });
  });

  it("serves for no stream: another is made for it", async () => {
    await put({ isSecured: true });
    const meadow = await onboard(gateway, "meadow-tv");
    const { data } = await gateway.ask(
      `mutation { syndicateStream(input: { idempotencyKey: "y", stream: { name: "fresh" }, partners: [{ trackingId: "${meadow.trackingId}" }] }) {
         steps { name state } userErrors { code } } }`,
    );
    expect(data).toMatchObject({
      syndicateStream: {
        userErrors: [],
        steps: [{ state: "DONE" }, { name: "PUBLISH_TOKEN", state: "DONE" }, { name: "SUBSCRIBE_TOKEN" }],
      },
    });
  });
});

describe("a subscribe token with a pattern that the gateway can't read", () => {
  it("opens nothing, and each refusal names it", async () => {
    const { id } = await put({ kind: "subscribe", trackingId: "acme" });
    const shown = await canView(`token: { tokenId: ${id} }`);
    expect(shown).toMatchObject({ verdict: "REFUSED", decidedBy: { rule: "STREAM_NOT_COVERED" } });
    expect(shown.decidedBy.message).toContain(`Subscribe token ${id} `);
    const { data } = await gateway.ask<{ signViewerToken: { userErrors: { refusal: string; message: string }[] } }>(
      `mutation { signViewerToken(input: { token: { tokenId: ${id} }, streamName: "sport-1", trackingId: "acme", expiresInSeconds: 60 }) {
         userErrors { message ... on SigningRefusedError { refusal } } } }`,
    );
    expect(data.signViewerToken.userErrors).toMatchObject([{ refusal: "STREAM_NOT_COVERED" }]);
    expect(data.signViewerToken.userErrors[0]?.message).toContain(`subscribe token ${id}`);
    const partner = await onboard(gateway, "acme");
    const { data: own } = await gateway
      .as(partner.key)
      .ask(`{ stream(by: { name: "sport-1" }) { name } streams { totalCount } }`);
    expect(own).toEqual({ stream: null, streams: { totalCount: 0 } });
  });

  it("opens what an operator has recorded of its pattern, also to its partner", async () => {
    const { id } = await put({ kind: "subscribe", trackingId: "acme" });
    const partner = await onboard(gateway, "acme");
    expect(await record(PATTERN, ["sport-1"])).toMatchObject({ userErrors: [] });
    expect(await canView(`token: { tokenId: ${id} }`)).toMatchObject({ verdict: "ADMITTED" });
    const { data } = await gateway.as(partner.key).ask(
      `{ streams { nodes { name } } subscribeTokens { nodes { grants { coverage streams { nodes { name } } } } } }
      `,
    );
    expect(data).toEqual({
      streams: { nodes: [{ name: "sport-1" }] },
      subscribeTokens: { nodes: [{ grants: [{ coverage: "RECORDED", streams: { nodes: [{ name: "sport-1" }] } }] }] },
    });
  });
});

describe("the adoption of a tracking id", () => {
  it("shows the streams that are recorded of its tokens' patterns", async () => {
    await put({ kind: "subscribe", trackingId: "free" });
    await onboard(gateway, "acme");
    expect(await record(PATTERN, ["sport-1"])).toMatchObject({ userErrors: [] });
    const { data } = await gateway.ask(
      `mutation { adoptTrackingId(input: { partner: { trackingId: "acme" }, trackingId: "free", dryRun: true }) { holdings { streams { name } } } }`,
    );
    expect(data).toEqual({ adoptTrackingId: { holdings: { streams: [{ name: "sport-1" }] } } });
  });
});

describe("recordPatternCoverage", () => {
  it("lets every check use what is recorded, until the record is removed", async () => {
    await put();
    expect(await isSecured()).toBe(false);
    expect(await record(PATTERN, ["warm-up", "b", "b"])).toEqual({
      coverage: {
        pattern: PATTERN,
        streamNames: ["b", "warm-up"],
        recordedBy: "operator",
        recordedAt: "2026-03-18T10:20:00.000Z",
      },
      userErrors: [],
    });
    expect(await isSecured()).toBe(true);
    expect(await onboarding({ pattern: "sport-1" })).toEqual([]);
    const { data } = await gateway.ask<{ findings: { nodes: { code: string }[] } }>(
      "{ findings(first: 100) { nodes { code } } }",
    );
    expect(data.findings.nodes.map(({ code }) => code)).not.toContain("PATTERN_UNREADABLE");
    expect(await record(PATTERN, null)).toEqual({ coverage: null, userErrors: [] });
    expect(await isSecured()).toBe(false);
  });

  it("is seen at once in what was cached before", async () => {
    await put({ kind: "subscribe" });
    const query = `{ subscribeTokens(first: 100) { nodes { label grants { pattern streams { nodes { name } } } } } }`;
    const opened = async () =>
      JSON.stringify((await gateway.ask(query)).data).split(PATTERN.replaceAll("\\", "\\\\"))[1];
    for (let count = 0; count < 6; count += 1) expect(await opened()).not.toMatch(/^[^}]*derby-final/);
    await record(PATTERN, ["derby-final"]);
    expect(await opened()).toMatch(/^[^}]*derby-final/);
  });

  it("is written into the audit log, and holds for another gateway of the same store", async () => {
    await put();
    await record(PATTERN, []);
    const { data } = await gateway.ask(
      `{ auditLog(first: 1, filter: { operation: "recordPatternCoverage" }) { nodes { operation outcome detail principalName } } }`,
    );
    expect(JSON.stringify(data)).toContain("internal-");
    await using other = await createTestGateway({ over: gateway.sandbox, gateway: { store: gateway.store } });
    const { data: seen } = await other.ask(`{ stream(by: { name: "sport-1" }) { isSecured } }`);
    expect(seen).toEqual({ stream: { isSecured: true } });
  });

  it.each([
    ["a pattern that the gateway reads", "sport-.*", [], "INVALID_INPUT"],
    ["an empty pattern", "", [], "INVALID_INPUT"],
    ["an empty name", PATTERN, [""], "INVALID_INPUT"],
    ["1,001 names", PATTERN, Array.from({ length: 1_001 }, (_, index) => `s${index}`), "LIMIT_EXCEEDED"],
  ])("refuses %s", async (_what, pattern, streamNames, code) => {
    expect((await record(pattern, streamNames)).userErrors).toMatchObject([{ code }]);
  });

  it("takes 1,000 names", async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `s${index}`);
    expect((await record(PATTERN, names)).userErrors).toEqual([]);
  });

  it("is for staff with token:write alone", async () => {
    const partner = await onboard(gateway, "acme");
    const mutation = `mutation { recordPatternCoverage(input: { pattern: "(?!a)b", streamNames: [] }) { userErrors { code } } }`;
    const { errors } = await gateway.as(partner.key).ask(mutation);
    expect(errors[0]?.extensions.code).toBe("FORBIDDEN");
  });
});
