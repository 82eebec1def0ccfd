import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

interface Errors {
  userErrors: { code: string; path: string[] | null }[];
}

async function change<Payload extends Errors>(gateway: TestGateway, mutation: string): Promise<Payload> {
  const { data, errors } = await gateway.ask<Record<string, Payload>>(`mutation { ${mutation} }`);
  expect(errors).toEqual([]);
  return Object.values(data)[0] as Payload;
}

const setCascade = (gateway: TestGateway, input: string) =>
  change<Errors>(
    gateway,
    `setGeoCascade(input: { ${input} }) { userErrors { code path }
       account { geoCascade { isEnabled clusters } } publishToken { geoCascade { isEnabled clusters } } }`,
  );

const publishToken = (gateway: TestGateway, label: string) => {
  const token = gateway.sandbox.tokens.publish().find((candidate) => candidate.label === label);
  if (!token) throw new Error(`the sandbox has no publish token ${label}`);
  return token;
};
const writes = (gateway: TestGateway) => gateway.sandbox.calls().filter(({ method }) => method !== "GET");

const cascadeOf = async (gateway: TestGateway, label: string) => {
  const id = publishToken(gateway, label).id;
  const { data } = await gateway.ask<{ publishToken: { geoCascade: unknown } }>(
    `{ publishToken(by: { tokenId: ${id} }) { geoCascade { isEnabled clusters } } }`,
  );
  return data.publishToken.geoCascade;
};

describe("the default cluster", () => {
  it("is that of tokens which are made from now on and name none; those that there are keep theirs", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ clusters { clusterId } }");
    const changed = await change(
      gateway,
      `setDefaultCluster(input: { clusterId: "fra-1" }) { account { defaultCluster } cluster { clusterId isDefault city } userErrors { code path } }`,
    );
    expect(changed).toEqual({
      account: { defaultCluster: "fra-1" },
      cluster: { clusterId: "fra-1", isDefault: true, city: "Frankfurt" },
      userErrors: [],
    });
    const made = await change<Errors & { subscribeToken: object }>(
      gateway,
      `createSubscribeToken(input: { idempotencyKey: "k", label: "k", streams: [{ pattern: "a" }] }) {
         subscribeToken { effectiveOriginCluster } userErrors { code path } }`,
    );
    expect(made.subscribeToken).toEqual({ effectiveOriginCluster: "fra-1" });
    const { data } = await gateway.ask(
      `{ publishToken(by: { tokenId: ${publishToken(gateway, "derby-final").id} }) { effectiveOriginCluster } }`,
    );
    expect(data).toEqual({ publishToken: { effectiveOriginCluster: "phx-1" } });
  });

  it("is one of the account's, which is seen before the call", async () => {
    await using gateway = await createTestGateway();
    const { userErrors } = await change<Errors>(
      gateway,
      'setDefaultCluster(input: { clusterId: "ams-1" }) { userErrors { code path } }',
    );
    expect(userErrors).toEqual([{ code: "CLUSTER_UNKNOWN", path: ["input", "clusterId"] }]);
    expect(writes(gateway)).toEqual([]);
  });
});

describe("the geo-cascade", () => {
  it("of a publish token goes before the account's, until the token follows the account again", async () => {
    await using gateway = await createTestGateway();
    const token = `target: { publishToken: { tokenId: ${publishToken(gateway, "rehearsal").id} } }`;
    expect(await cascadeOf(gateway, "rehearsal")).toEqual({ isEnabled: false, clusters: ["all"] });

    const everywhere = { isEnabled: true, clusters: ["all"] };
    expect(await setCascade(gateway, "target: { account: true }, geoCascade: { isEnabled: true }")).toEqual({
      userErrors: [],
      account: { geoCascade: everywhere },
      publishToken: null,
    });
    expect(await cascadeOf(gateway, "rehearsal")).toEqual(everywhere);

    const inTwo = { isEnabled: true, clusters: ["fra-1", "syd-1"] };
    expect(
      await setCascade(gateway, `${token}, geoCascade: { isEnabled: true, clusters: ["fra-1", "syd-1"] }`),
    ).toEqual({ userErrors: [], account: null, publishToken: { geoCascade: inTwo } });
    expect(publishToken(gateway, "rehearsal").geoCascade).toEqual(inTwo);

    expect(await setCascade(gateway, `${token}, geoCascade: null`)).toMatchObject({
      publishToken: { geoCascade: everywhere },
    });
    expect(publishToken(gateway, "rehearsal").geoCascade).toBeNull();
  });

  it.each([
    [
      "that is enabled without clusters",
      "geoCascade: { isEnabled: true, clusters: [] }",
      "INVALID_INPUT",
      "geoCascade.clusters",
    ],
    [
      "to a cluster that is none",
      'geoCascade: { isEnabled: true, clusters: ["fra-1", "ams-1"] }',
      "CLUSTER_UNKNOWN",
      "geoCascade.clusters.1",
    ],
    ["that is none, of the account", "geoCascade: null", "INVALID_INPUT", "geoCascade"],
  ])("%s is refused before the call", async (_what, cascade, code, argument) => {
    await using gateway = await createTestGateway();
    expect(await setCascade(gateway, `target: { account: true }, ${cascade}`)).toEqual({
      userErrors: [{ code, path: ["input", ...argument.split(".")] }],
      account: null,
      publishToken: null,
    });
    expect(writes(gateway)).toEqual([]);
  });

  it("of a publish token is not changed by leaving it out", async () => {
    await using gateway = await createTestGateway();
    const { id } = publishToken(gateway, "derby-final");
    const { userErrors } = await setCascade(gateway, `target: { publishToken: { tokenId: ${id} } }`);
    expect(userErrors).toEqual([{ code: "INVALID_INPUT", path: ["input", "geoCascade"] }]);
    expect(writes(gateway)).toEqual([]);
  });

  it("that is switched off keeps its list, which may be empty", async () => {
    await using gateway = await createTestGateway();
    const off = await setCascade(gateway, "target: { account: true }, geoCascade: { isEnabled: false, clusters: [] }");
    expect(off).toMatchObject({ userErrors: [], account: { geoCascade: { isEnabled: false, clusters: [] } } });
  });

  it("of the account is seen in its tokens at once, for the token pages", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ publishTokens { totalCount } }");
    gateway.sandbox.clearCalls();
    await setCascade(gateway, "target: { account: true }, geoCascade: { isEnabled: true }");
    expect(
      gateway.sandbox
        .calls()
        .map(({ operationId }) => operationId)
        .toSorted(),
    ).toEqual([
      "Account_GetAccountInfo",
      "Account_UpdateAccountDistribution",
      "Cluster_GetClustersInfo",
      "PublishTokenV1_ListTokens",
      "PublishTokenV1_ListTokens",
      "SubscribeTokenV1_ListTokens",
      "SubscribeTokenV1_ListTokens",
    ]);
  });
});

describe("the extra traffic of a geo-cascade", () => {
  const YESTERDAY = { from: "2026-03-17T00:00:00Z", to: "2026-03-18T00:00:00Z" };
  interface Cascade {
    meteredBytesOut: string;
    clusterCount: number;
    estimatedBytesOut: string;
  }
  const traffic = async (gateway: TestGateway, stream: string, clusters = "") => {
    const { data, errors } = await gateway.ask<{ stream: { geoCascadeTraffic: Cascade } }>(
      `{ stream(by: { name: "${stream}" }) { geoCascadeTraffic(window: { range: { from: "${YESTERDAY.from}", to: "${YESTERDAY.to}" } } ${clusters}) {
           meteredBytesOut clusterCount estimatedBytesOut } } }`,
    );
    expect(errors).toEqual([]);
    return data.stream.geoCascadeTraffic;
  };

  it("is what was metered, and an estimate of what it would be: one viewer more for each further cluster with viewers", async () => {
    await using gateway = await createTestGateway();
    const truth = (stream: string) => gateway.sandbox.truth({ stream, ...YESTERDAY });
    // Watched from more countries than there are clusters, beside the one that takes it in.
    const derby = truth("derby-final");
    expect(await traffic(gateway, "derby-final")).toEqual({
      meteredBytesOut: `${derby.geoCascade.bytesOut}`,
      clusterCount: 7,
      estimatedBytesOut: `${derby.bytesIn * 7n}`,
    });
    // Watched from two countries, and relayed nowhere so far.
    const council = truth("city-council");
    expect(await traffic(gateway, "city-council")).toEqual({
      meteredBytesOut: "0",
      clusterCount: 2,
      estimatedBytesOut: `${council.bytesIn * 2n}`,
    });
    expect(await traffic(gateway, "city-council", 'clusters: ["phx-1", "fra-1"]')).toMatchObject({ clusterCount: 1 });
  });

  it("is not told for clusters that are none, and no figure is read for it", async () => {
    await using gateway = await createTestGateway();
    for (const [clusters, code] of [
      ['["ams-1"]', "CLUSTER_UNKNOWN"],
      ["[]", "INVALID_INPUT"],
    ]) {
      const { data, errors } = await gateway.ask(
        `{ stream(by: { name: "derby-final" }) { name geoCascadeTraffic(window: { last: "P1D" }, clusters: ${clusters}) { clusterCount } } }`,
      );
      expect(data).toEqual({ stream: { name: "derby-final", geoCascadeTraffic: null } });
      expect(errors).toMatchObject([{ extensions: { code } }]);
    }
    expect(gateway.analyticsCalls()).toEqual([]);
  });

  it("of 50 streams costs ten calls of analytics: totals and countries of ten streams each", async () => {
    await using gateway = await createTestGateway({ sandbox: { bulk: 40 } });
    await gateway.ask("{ publishTokens { totalCount } }");
    gateway.analyticsCalls();
    const { errors } = await gateway.ask(
      '{ streams(first: 50) { nodes { geoCascadeTraffic(window: { last: "P1D" }) { estimatedBytesOut } } } }',
    );
    expect(errors).toEqual([]);
    expect(
      gateway
        .analyticsCalls()
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual([
      ...Array.from({ length: 5 }, () => "/api/analytics/streams/geo_total"),
      ...Array.from({ length: 5 }, () => "/api/analytics/streams/total"),
    ]);
  });
});

describe("several sources", () => {
  it("need a fixed cluster: with `auto` they are refused before the call, whichever of the two was there first", async () => {
    await using gateway = await createTestGateway();
    const refused = [{ code: "INVALID_INPUT", path: ["input", "isMultisource"] }];
    const create = (fields: string) =>
      change<Errors>(
        gateway,
        `createPublishToken(input: { idempotencyKey: "k", label: "k", streams: [{ pattern: "a" }], ${fields} }) { userErrors { code path } }`,
      );
    expect((await create('isMultisource: true, originCluster: "auto"')).userErrors).toEqual(refused);
    const { id } = publishToken(gateway, "roaming-reporter");
    const update = (fields: string) =>
      change<Errors>(
        gateway,
        `updatePublishToken(input: { token: { tokenId: ${id} }, ${fields} }) { userErrors { code path } }`,
      );
    expect((await update("isMultisource: true")).userErrors).toEqual(refused);
    expect(writes(gateway)).toEqual([]);
    await change(gateway, 'setDefaultCluster(input: { clusterId: "auto" }) { userErrors { code path } }');
    expect((await create("isMultisource: true")).userErrors).toEqual(refused);
    expect((await update('isMultisource: true, originCluster: "fra-1"')).userErrors).toEqual([]);
  });
});

describe("recording and clipping", () => {
  it("exclude each other, be it one that was switched on before", async () => {
    await using gateway = await createTestGateway();
    const update = (label: string, fields: string) =>
      change<Errors>(
        gateway,
        `updatePublishToken(input: { token: { tokenId: ${publishToken(gateway, label).id} }, ${fields} }) { userErrors { code path } }`,
      );
    expect((await update("opera-night", "isClipping: true")).userErrors).toEqual([
      { code: "INVALID_INPUT", path: ["input", "isClipping"] },
    ]);
    expect((await update("fan-zone", "isRecording: true")).userErrors).toEqual([
      { code: "INVALID_INPUT", path: ["input", "isRecording"] },
    ]);
    expect(writes(gateway)).toEqual([]);
    expect((await update("opera-night", "isRecording: false, isClipping: true")).userErrors).toEqual([]);
  });
});
