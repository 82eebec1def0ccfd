import { getNamedType, isInterfaceType, isObjectType } from "graphql";
import { describe, expect, it } from "vitest";
import { createSchema } from "../../src/schema/schema.ts";
import { createAlteringProxy } from "../support/altering-proxy.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { createTestGateway, START } from "../support/gateway.ts";

/** Whole numbers that the gateway itself counts or limits: all others are the platform's. */
const OWN = [
  /\.totalCount$/,
  /^Limits\./,
  /^CostStatus\./,
  /^GrantWarning\./,
  /^PercentileRate\./,
  /^AuditEntry\.objectCount$/,
  /^AudioMultiplexingHints\.minAudioTracks$/,
  /^DeleteMediaAssetsPayload\./,
  /^GeoCascadeTraffic\.clusterCount$/,
  /^MultiViewHints\.maxBitsPerSecond$/,
  /^UpstreamError\.upstreamStatus$/,
  /^UsageCollectionProgress\./,
  /^ViewerTokenResult\.index$/,
];

describe("a whole number of the platform", () => {
  it("is never an Int, which ends at 2^31 - 1", () => {
    const fields = Object.values(createSchema().getTypeMap()).flatMap((type) =>
      (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith("__")
        ? Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, type: field.type }))
        : [],
    );
    const whole = fields.filter(({ type }) => getNamedType(type).name === "Int").map(({ name }) => name);
    expect(whole.filter((name) => !OWN.some((own) => own.test(name)))).toEqual([]);
    expect(OWN.filter((own) => !whole.some((name) => own.test(name)))).toEqual([]);
  });

  it.each([2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])(
    "may be %d in an update of a token, and is read and written",
    async (count) => {
      await using gateway = await createTestGateway();
      const fields = "tokenId bindIpsOnUsage";
      const { data, errors } = await gateway.ask(
        `mutation { updateSubscribeToken(input: { token: { tokenId: 5001 }, bindIpsOnUsage: ${count}, allowedIpAddresses: [] })
         { subscribeToken { ${fields} } userErrors { message } } }`,
      );
      expect(errors).toEqual([]);
      expect(data).toMatchObject({
        updateSubscribeToken: { subscribeToken: { tokenId: 5001, bindIpsOnUsage: count }, userErrors: [] },
      });
      const list = await gateway.ask(`{ subscribeTokens(first: 1) { nodes { ${fields} } } }`);
      expect(list).toMatchObject({ errors: [], data: { subscribeTokens: { nodes: [{ bindIpsOnUsage: count }] } } });
    },
  );

  it.each([
    ["updateSubscribeToken", "token: { tokenId: 5001 }", 2 ** 32],
    ["updatePublishToken", "token: { tokenId: 1001 }", 2 ** 32],
    ["createSubscribeToken", 'idempotencyKey: "k", label: "l", streams: [{ pattern: "a" }]', 2 ** 31],
  ])("is refused by %s where the platform's own limit ends", async (mutation, target, count) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask<Record<string, unknown>>(
      `mutation { ${mutation}(input: { ${target}, bindIpsOnUsage: ${count} }) { userErrors { code message } } }`,
    );
    expect(errors).toEqual([]);
    expect(data[mutation]).toEqual({
      userErrors: [
        {
          code: "INVALID_INPUT",
          message: `\`input.bindIpsOnUsage\` must be between 0 and ${count - 1}; got ${count}.`,
        },
      ],
    });
  });

  it("past 2^32 nulls nothing, wherever the platform sends one, and finds its token again", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    await using proxy = await createAlteringProxy(sandbox.origin);
    const large = 9_007_199_254_740_991;
    proxy.alter((answer, path) => ({
      ...answer,
      body: answer.body
        .replace(/"label":/g, path.includes("_token") ? `"bindIpsOnUsage":${large},"priority":${large},"label":` : "$&")
        .replace(
          /"(viewerCount|priority|bindIpsOnUsage|duration|bitrate|width|height|framerate|channels|samplerate)":\s*(?:\d+|null)/g,
          `"$1":${large}`,
        )
        .replace(/"id":\s*5001\b/g, `"id":3000000000`),
    }));
    await using gateway = await createTestGateway({ over: sandbox, platform: proxy.origin });
    const { data, errors } = await gateway.ask(`{
      subscribeTokens(first: 100) { nodes { tokenId bindIpsOnUsage } }
      publishTokens(first: 100) { nodes { tokenId bindIpsOnUsage priority } }
      subscribeToken(by: { tokenId: 3000000000 }) { tokenId }
      streams(first: 100) { nodes { viewerCount feeds { priority } } }
      mediaAssets(first: 20) { nodes { priority durationSeconds tracks { bitsPerSecond width height framesPerSecond channels samplesPerSecond } } }
      viewerRecords(window: { last: "PT1H" }, first: 3) { nodes { durationSeconds } }
      transcoders(first: 5) { nodes { profile { height layers { height width bitsPerSecond } } } }
    }`);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      subscribeToken: { tokenId: 3_000_000_000 },
      publishTokens: { nodes: expect.arrayContaining([expect.objectContaining({ priority: large })]) },
      mediaAssets: { nodes: expect.arrayContaining([expect.objectContaining({ durationSeconds: large })]) },
    });
    expect(JSON.stringify(data).split(String(large)).length).toBeGreaterThan(100);
  });
});
