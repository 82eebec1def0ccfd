import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { clientOf } from "../support/sandbox.ts";

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly summary: string;
  readonly impact: string;
  readonly suggestedMutation: string | null;
  readonly stream: { readonly name: string } | null;
  readonly partner: { readonly trackingId: string } | null;
  readonly token: { readonly tokenId: number } | null;
}

const fields =
  "nodes { code severity summary impact suggestedMutation stream { name } partner { trackingId } token { tokenId } } totalCount";

async function findings(gateway: TestGateway, args = "first: 100"): Promise<readonly Finding[]> {
  const { data, errors } = await gateway.ask<{ findings: { nodes: Finding[] } }>(`{ findings(${args}) { ${fields} } }`);
  expect(errors).toEqual([]);
  return data.findings.nodes;
}

const made = async (gateway: TestGateway, kind: "Publish" | "Subscribe", input: string) => {
  const field = kind === "Publish" ? "publishToken" : "subscribeToken";
  const { data } = await gateway.ask<{ made: Record<string, { tokenId: number }> }>(
    `mutation { made: create${kind}Token(input: { idempotencyKey: "k${input.length}${kind}" label: "L" ${input} }) { ${field} { tokenId } userErrors { code message } } }`,
  );
  return data.made[field]?.tokenId ?? 0;
};

describe("findings of the account", () => {
  it("state a summary, the impact and a mutation to fix it, the gravest first", async () => {
    await using gateway = await createTestGateway();
    const found = await findings(gateway);
    for (const { summary, impact, suggestedMutation } of found)
      for (const text of [summary, impact, suggestedMutation]) expect(text).not.toBe("");
    const order = ["CRITICAL", "WARNING", "INFO"];
    expect(found.map(({ severity }) => order.indexOf(severity))).toEqual(
      found.map(({ severity }) => order.indexOf(severity)).sort(),
    );
    const codes = new Set(found.map(({ code }) => code));
    // The seed has one of each of these.
    for (const code of ["STREAM_UNSECURED", "WILDCARD_GRANT", "TRACKING_ID_UNCLAIMED"]) expect(codes).toContain(code);
  });

  it("of the seed are these, and no others", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{
      findings: {
        nodes: {
          code: string;
          stream: { name: string } | null;
          partner: { trackingIds: string[] } | null;
          token: { label: string } | null;
        }[];
        totalCount: number;
      };
    }>(
      `{ findings(first: 100) { nodes { code stream { name } partner { trackingIds } token { label } } totalCount } }`,
    );
    const subjects = data.findings.nodes.map(({ code, stream, partner, token }) =>
      [code, stream?.name, token?.label, partner?.trackingIds.join()].filter((part) => part !== undefined).join(" | "),
    );
    expect(subjects).toHaveLength(data.findings.totalCount);
    expect(subjects).toMatchInlineSnapshot(`
      [
        "STREAM_UNSECURED | city-council | city-council",
        "TRACKING_ID_MISSING | qa-wildcard",
        "TRACKING_ID_MISSING | open-parent",
        "UNTRACKED_VIEWERS | opera-night | qa-wildcard",
        "MASTER_BINDS_ADDRESSES | quayside-kiosk | quayside",
        "TOKEN_EXPIRES | tundra-tv-aurora-night | tundra-tv",
        "WILDCARD_GRANT | qa-wildcard",
        "TRACKING_ID_UNCLAIMED | freelance-desk",
        "TRACKING_ID_UNCLAIMED | harbor-news",
        "TRACKING_ID_UNCLAIMED | kestrel-media",
        "TRACKING_ID_UNCLAIMED | lumen-play",
        "TRACKING_ID_UNCLAIMED | northwind-tv",
        "TRACKING_ID_UNCLAIMED | orchid-stream",
        "TRACKING_ID_UNCLAIMED | polar-sports",
        "TRACKING_ID_UNCLAIMED | quayside",
        "TRACKING_ID_UNCLAIMED | saffron-live",
        "TRACKING_ID_UNCLAIMED | tundra-tv",
        "TRACKING_ID_UNCLAIMED | vista-plus",
        "TRACKING_ID_UNCLAIMED | willow-kids",
        "TRACKING_ID_UNCLAIMED | zephyr-fan",
      ]
    `);
  });

  it.each([
    ["TRACKING_ID_MISSING", "Subscribe", `streams: [{ pattern: "derby-final" }]`],
    ["MASTER_BINDS_ADDRESSES", "Subscribe", `streams: [{ pattern: "derby-final" }] trackingId: "a" bindIpsOnUsage: 3`],
    ["WILDCARD_GRANT", "Subscribe", `streams: [{ pattern: ".*", isRegex: true }] trackingId: "a"`],
    ["TOKEN_EXPIRES", "Subscribe", `streams: [{ pattern: "derby-final" }] trackingId: "a" expiresInSeconds: 3600`],
    ["TOKEN_EXPIRES", "Publish", `streams: [{ pattern: "new-stream" }] isSecured: true expiresInSeconds: 3600`],
    ["STREAM_UNSECURED", "Publish", `streams: [{ pattern: "new-stream" }] isSecured: false`],
    ["CLUSTER_MISMATCH", "Subscribe", `streams: [{ pattern: "derby-final" }] trackingId: "a" originCluster: "syd-1"`],
  ] as const)("hold %s for a %s token of { %s }", async (code, kind, input) => {
    await using gateway = await createTestGateway();
    const tokenId = await made(gateway, kind, input);
    expect((await findings(gateway)).filter((finding) => finding.token?.tokenId === tokenId)).toMatchObject([{ code }]);
  });

  it("hold PUBLISHERS_DIFFER for a stream whose publish tokens differ in cluster or geo-cascade", async () => {
    await using gateway = await createTestGateway();
    const differing = async () =>
      (await findings(gateway)).filter(({ code }) => code === "PUBLISHERS_DIFFER").map(({ summary }) => summary);
    expect(await differing()).toEqual([]);
    const tokenId = await made(gateway, "Publish", `streams: [{ pattern: "rehearsal" }] isSecured: true`);
    const set = (clusters: string) =>
      gateway.ask(
        `mutation { setGeoCascade(input: { target: { publishToken: { tokenId: ${tokenId} } }, geoCascade: ${clusters} }) { userErrors { code } } }`,
      );
    await set('{ isEnabled: true, clusters: ["fra-1"] }');
    expect(await differing()).toEqual([
      expect.stringMatching(
        /^The publish tokens of the stream `rehearsal` have different geo-cascades: publish token \d+ \(`rehearsal`\); publish token \d+ \(`L`\)\.$/,
      ),
    ]);
    await set("null");
    expect(await differing()).toEqual([]);
    await gateway.ask(
      `mutation { updatePublishToken(input: { token: { tokenId: ${tokenId} }, originCluster: "fra-1" }) { userErrors { code } } }`,
    );
    expect(await differing()).toEqual([
      expect.stringMatching(
        /^The stream `rehearsal` is published in fra-1 and phx-1: publish token \d+ \(`rehearsal`\); /,
      ),
    ]);
  });

  it("are over when they are mended", async () => {
    await using gateway = await createTestGateway();
    const tokenId = await made(gateway, "Publish", `streams: [{ pattern: "new-stream" }] isSecured: false`);
    await gateway.ask(
      `mutation { updatePublishToken(input: { token: { tokenId: ${tokenId} }, isSecured: true }) { userErrors { code } } }`,
    );
    expect((await findings(gateway)).filter(({ token }) => token?.tokenId === tokenId)).toEqual([]);
  });

  it("end for a tracking id when a partner claims it", async () => {
    await using gateway = await createTestGateway();
    const unclaimed = async () =>
      (await findings(gateway))
        .filter(({ code }) => code === "TRACKING_ID_UNCLAIMED")
        .map(({ partner }) => partner?.trackingId);
    expect(await unclaimed()).toContain("northwind-tv");
    await onboard(gateway, "northwind-tv");
    expect(await unclaimed()).not.toContain("northwind-tv");
  });

  it("tell of viewers of a secured stream whom nobody pays for", async () => {
    await using gateway = await createTestGateway();
    const tokenId = await made(gateway, "Subscribe", `streams: [{ pattern: "derby-final" }]`);
    const { data } = await gateway.ask<{ subscribeToken: { secret: string } }>(
      `{ subscribeToken(by: { tokenId: ${tokenId} }) { secret } }`,
    );
    const { token, streamName } = { token: data.subscribeToken.secret, streamName: "derby-final" };
    const { ok } = await gateway.sandbox.attachViewers({ token, streamName, count: 5, bitsPerSecond: 1e6 });
    expect(ok).toBe(true);
    gateway.sandbox.clock.advance(30 * 60_000);
    const untracked = (await findings(gateway)).filter(({ code }) => code === "UNTRACKED_VIEWERS");
    expect(untracked.map(({ stream }) => stream?.name)).toContain("derby-final");
  });

  it("cost a call for ten streams, and are chosen by how much they matter", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ streams: { totalCount: number } }>("{ streams { totalCount } }");
    gateway.sandbox.clearCalls();
    const grave = await findings(gateway, "first: 100, severity: [CRITICAL]");
    expect(new Set(grave.map(({ severity }) => severity))).toEqual(new Set(["CRITICAL"]));
    expect(gateway.analyticsCalls().length).toBeLessThanOrEqual(Math.ceil(data.streams.totalCount / 10));
  });

  it("look ahead as far as they are told to", async () => {
    await using gateway = await createTestGateway();
    const input = `streams: [{ pattern: "derby-final" }] trackingId: "a" expiresInSeconds: ${20 * 86_400}`;
    const tokenId = await made(gateway, "Subscribe", input);
    const expiring = async (days: number) =>
      (await findings(gateway, `first: 100, expiringWithinDays: ${days}`)).some(
        ({ code, token }) => code === "TOKEN_EXPIRES" && token?.tokenId === tokenId,
      );
    expect([await expiring(14), await expiring(21)]).toEqual([false, true]);
    const { errors } = await gateway.ask("{ findings(expiringWithinDays: -1) { totalCount } }");
    expect(errors[0]?.extensions).toMatchObject({ code: "INVALID_INPUT", argument: "expiringWithinDays" });
  });
});

describe("findings of a partner", () => {
  it("are about its own tokens, and tell nothing else", async () => {
    await using gateway = await createTestGateway();
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final"]);
    // The gateway would not make it; the platform's own dashboard does.
    const { body } = await clientOf(gateway.sandbox).post("/api/subscribe_token", {
      label: "kiosk",
      streams: [{ streamName: "derby-final" }],
      tracking: { trackingId: "meadow-tv" },
      bindIpsOnUsage: 2,
    });
    const tokenId = body.data.id;
    gateway.sandbox.clock.advance(60_001);
    const { ask } = gateway.as(meadow.key);
    const ownFindings = () =>
      ask<{ partner: { findings: { nodes: Finding[] } } }>(
        `{ partner(by: { trackingId: "meadow-tv" }) { findings { ${fields} } } }`,
      );
    await expect
      .poll(async () => (await ownFindings()).data.partner.findings.nodes)
      .toMatchObject([{ code: "MASTER_BINDS_ADDRESSES", token: { tokenId } }]);
    expect((await ask("{ findings { totalCount } }")).errors[0]?.extensions.code).toBe("FORBIDDEN");
  });
});
