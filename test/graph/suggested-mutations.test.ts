import { readFileSync } from "node:fs";
import { buildSchema, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { findingKinds } from "../../src/model/partner/finding-kinds.ts";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { makeElsewhere } from "../support/platform-tokens.ts";

interface Finding {
  readonly code: keyof typeof findingKinds;
  readonly summary: string;
  readonly advice: string;
  readonly suggestedMutation: string | null;
  readonly bytes: string | null;
  readonly stream: { readonly name: string } | null;
  readonly token: { readonly tokenId: number; readonly label: string } | null;
  readonly tokens: readonly { readonly tokenId: number; readonly label: string }[];
}

const fields =
  "nodes { code summary advice suggestedMutation bytes stream { name } token { tokenId label } tokens { tokenId label } }";

async function findings(gateway: TestGateway): Promise<readonly Finding[]> {
  const { data, errors } = await gateway.ask<{ findings: { nodes: Finding[] } }>(
    `{ findings(first: 100) { ${fields} } }`,
  );
  expect(errors).toEqual([]);
  return data.findings.nodes;
}

interface Payload {
  readonly userErrors: readonly unknown[];
  readonly publishToken?: { readonly tokenId: number };
  readonly subscribeToken?: { readonly tokenId: number };
}
type Sent = Readonly<Record<string, Payload>>;

/** Sends a mutation that has to succeed, and returns its fields. */
async function send(gateway: TestGateway, mutation: string): Promise<Sent> {
  const { data, errors } = await gateway.ask<Sent>(mutation);
  expect(errors, mutation).toEqual([]);
  for (const { userErrors } of Object.values(data)) expect(userErrors, mutation).toEqual([]);
  return data;
}

let keys = 0;
/** Creates a token and returns its id. */
async function create(gateway: TestGateway, kind: "Publish" | "Subscribe", input: string): Promise<number> {
  const result = kind === "Publish" ? "publishToken" : "subscribeToken";
  const data = await send(
    gateway,
    `mutation { made: create${kind}Token(input: { idempotencyKey: "test ${++keys}", label: "L", ${input} }) { ${result} { tokenId } userErrors { code message } } }`,
  );
  return data["made"]?.[result]?.tokenId ?? 0;
}

/** Adds what the seed lacks: an account with a finding of nearly every kind. */
async function breakEverything(gateway: TestGateway): Promise<void> {
  const { tokenIds } = await onboard(gateway, "acme", ["derby-final"]);
  await send(
    gateway,
    `mutation { suspendPartner(input: { partner: { trackingId: "acme" } }) { userErrors { code } } }`,
  );
  const elsewhere = await makeElsewhere(gateway.sandbox, "acme");
  expect(tokenIds).not.toContain(elsewhere);
  const unreadable = gateway.sandbox.addForeignToken({
    kind: "publish",
    label: "dashboard",
    pattern: "zz-(?!2).*",
    opens: ["zz-1"],
  });
  // A token that is asked for by its id is read from the platform.
  for (const [field, id] of [
    ["subscribeToken", elsewhere],
    ["publishToken", unreadable.id],
  ] as const) {
    await gateway.ask(`{ ${field}(by: { tokenId: ${id} }) { label } }`);
  }
  await create(gateway, "Subscribe", `trackingId: "northwind-tv", streams: [{ pattern: ".*", isRegex: true }]`);
  await create(gateway, "Subscribe", `trackingId: "northwind-tv", streams: [{ pattern: "[a-s].*", isRegex: true }]`);
  await create(gateway, "Subscribe", `trackingId: "a", originCluster: "syd-1", streams: [{ pattern: "derby-final" }]`);
  // One stream with publish tokens in two clusters and viewers in one, and one with two geo-cascades.
  for (const cluster of ["fra-1", "syd-1"]) {
    await create(gateway, "Publish", `originCluster: "${cluster}", streams: [{ pattern: "two-clusters" }]`);
  }
  await create(gateway, "Subscribe", `trackingId: "a", originCluster: "fra-1", streams: [{ pattern: "two-clusters" }]`);
  for (const clusters of ['["fra-1"]', '["syd-1"]']) {
    const tokenId = await create(gateway, "Publish", `streams: [{ pattern: "two-cascades" }]`);
    await send(
      gateway,
      `mutation { setGeoCascade(input: { target: { publishToken: { tokenId: ${tokenId} } }, geoCascade: { isEnabled: true, clusters: ${clusters} } }) { userErrors { code message } } }`,
    );
  }
}

describe("the mutation that a finding suggests", () => {
  it("is valid and can be sent as it stands, for every kind of finding, the gravest first; afterwards the finding is over", async () => {
    await using gateway = await createTestGateway();
    await breakEverything(gateway);
    const found = await findings(gateway);
    // These two have tests of their own: left-behind.test.ts, and findings.test.ts of the model, where the mutation is null.
    const elsewhere = ["TOKEN_LEFT_BEHIND", "TRACKED_INGEST"];
    expect([...new Set(found.map(({ code }) => code)), ...elsewhere].sort()).toEqual(Object.keys(findingKinds).sort());

    const schema = buildSchema(readFileSync("schema/schema.graphql", "utf8"));
    const sent: Finding[] = [];
    for (const finding of found) {
      const { suggestedMutation, code } = finding;
      if (suggestedMutation === null) continue;
      expect(validate(schema, parse(suggestedMutation)), code).toEqual([]);
      await send(gateway, suggestedMutation);
      sent.push(finding);
    }
    const never = ["PATTERN_UNREADABLE", ...elsewhere];
    expect([...new Set(sent.map(({ code }) => code)), ...never].sort()).toEqual(Object.keys(findingKinds).sort());

    // The old token expires all the same, and what was sent without a tracking id stays sent.
    const lasting = ["TOKEN_EXPIRES", "UNTRACKED_VIEWERS"];
    const subject = ({ code, stream, token }: Finding) => `${code} ${stream?.name} ${token?.tokenId}`;
    const left = new Set((await findings(gateway)).map(subject));
    for (const finding of sent) {
      if (!lasting.includes(finding.code))
        expect(left, finding.suggestedMutation ?? "").not.toContain(subject(finding));
    }
  });

  it("is null where a person has to choose, with advice in any case", async () => {
    await using gateway = await createTestGateway();
    await breakEverything(gateway);
    const found = await findings(gateway);
    for (const { advice, code } of found) expect(advice).toBe(findingKinds[code].advice);
    const subjects = found.flatMap(({ code, suggestedMutation, stream, token }) =>
      suggestedMutation === null ? `${code} ${stream?.name ?? token?.label}` : [],
    );
    expect(subjects).toEqual([
      "PATTERN_UNREADABLE dashboard",
      "PUBLISHERS_DIFFER two-cascades",
      "WILDCARD_GRANT qa-wildcard",
    ]);
  });

  it("never leaves a stream, a label or a tracking id out of its quotes", async () => {
    await using gateway = await createTestGateway();
    const trackingId =
      String.raw`x" } ] }) { userErrors { code } } stopAllStreams(input: {}) { userErrors { code } } } # \ ` +
      "\u{1F600}";
    await create(
      gateway,
      "Subscribe",
      `trackingId: ${JSON.stringify(trackingId)}, expiresInSeconds: 3600, streams: [{ pattern: "derby-final" }]`,
    );
    const finding = (await findings(gateway)).find(
      ({ code, token }) => code === "TOKEN_EXPIRES" && token?.label === "L",
    );
    const mutation = finding?.suggestedMutation ?? "";
    expect(mutation).toContain(JSON.stringify(trackingId));
    const data = await send(gateway, mutation);
    expect(Object.keys(data)).toEqual(["createSubscribeToken"]);
  });
});

describe("amounts and tokens of findings", () => {
  it("are those of the seed: an open stream and untracked viewers with their bytes, each token that may have admitted them", async () => {
    await using gateway = await createTestGateway();
    const found = await findings(gateway);
    const untracked = async (name: string) => {
      const { data } = await gateway.ask<{
        stream: { rows: { trackingId: string | null; bandwidth: { total: { bytesOut: string } } }[] };
      }>(
        `{ stream(by: { name: "${name}" }) { rows: bandwidthByTrackingId(window: { range: { from: "2026-03-12T00:00:00Z", to: "2026-03-18T11:00:00Z" } }) { trackingId bandwidth { total { bytesOut } } } } }`,
      );
      return data.stream.rows.find(({ trackingId }) => trackingId === null)?.bandwidth.total.bytesOut ?? "0";
    };
    const about = (code: string) => found.find((finding) => finding.code === code);
    const open = about("STREAM_UNSECURED");
    expect(open?.bytes).toBe(await untracked("city-council"));
    expect(open?.summary).toMatch(
      /^Publish token \d+ \(`city-council`\) lets anyone watch the stream `city-council`\. Viewers under no tracking id used [\d,]+ bytes \([\d.]+ [GT]B\) in the last 7 days\.$/,
    );
    expect(open?.tokens.map(({ label }) => label)).toEqual(["city-council", "qa-wildcard"]);
    const leak = about("UNTRACKED_VIEWERS");
    expect(leak).toMatchObject({ bytes: await untracked("opera-night"), token: { label: "qa-wildcard" } });
    expect(leak?.summary).toMatch(
      /used [\d,]+ bytes \([\d.]+ [kMGT]?B\) of the stream `opera-night` in the last 7 days\. Only one token may have admitted them: subscribe token \d+ \(`qa-wildcard`\)\.$/,
    );
    expect(leak?.tokens.map(({ label }) => label)).toEqual(["qa-wildcard"]);
    for (const { summary } of found) expect(summary).not.toMatch(/\d{4,} (bytes|known|addresses)/);
  });

  it("contain nothing of another's, nor of the account, for a partner's caller", async () => {
    await using gateway = await createTestGateway();
    await breakEverything(gateway);
    const tundra = await onboard(gateway, "tundra-tv");
    const { data, errors } = await gateway
      .as(tundra.key)
      .ask<{ partner: { findings: { nodes: Finding[] } } }>(
        `{ partner(by: { trackingId: "tundra-tv" }) { findings(first: 100) { ${fields} } } }`,
      );
    expect(errors).toEqual([]);
    const { nodes } = data.partner.findings;
    expect(nodes.map(({ code, token }) => `${code} ${token?.label}`)).toEqual(["TOKEN_EXPIRES tundra-tv-aurora-night"]);
    for (const { tokens, token, bytes } of nodes) {
      expect(tokens).toEqual([token]);
      expect(bytes).toBeNull();
    }
    const foreign = await findings(gateway);
    const names = new Set(foreign.flatMap(({ tokens }) => tokens.map(({ label }) => label)));
    names.delete("tundra-tv-aurora-night");
    expect(names.size).toBeGreaterThan(5);
    const text = JSON.stringify(nodes);
    for (const name of names) expect(text).not.toContain(`\`${name}\``);
  });
});
