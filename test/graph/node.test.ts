import { describe, expect, it } from "vitest";
import { allScopes } from "../../src/auth/scopes.ts";
import { createTestGateway, range } from "../support/gateway.ts";

const everyObject = `{
  account { id __typename }
  clusters { id __typename }
  partner(by: { trackingId: "northwind-tv" }) { id __typename }
  publishToken(by: { tokenId: 1001 }) { id __typename }
  stream(by: { name: "derby-final" }) { id __typename }
  subscribeToken(by: { tokenId: 5001 }) { id __typename }
  viewerRecords(window: ${range("2026-03-18T08:00:00Z", "2026-03-18T09:00:00Z")}, first: 1) { nodes { id __typename } }
}`;

function objectsIn(value: unknown): { id: string; __typename: string }[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  if (typeof value !== "object" || value === null) return [];
  return "id" in value ? [value as { id: string; __typename: string }] : Object.values(value).flatMap(objectsIn);
}

describe("node", () => {
  it("finds every object that the graph gives an id", async () => {
    await using gateway = await createTestGateway();
    const objects = objectsIn((await gateway.ask(everyObject)).data);
    expect(new Set(objects.map(({ __typename }) => __typename))).toEqual(
      new Set(["Account", "Cluster", "Partner", "PublishToken", "Stream", "SubscribeToken", "ViewerRecord"]),
    );
    const { data, errors } = await gateway.ask<{ nodes: object[] }>(
      "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }",
      { ids: objects.map(({ id }) => id) },
    );
    expect(errors).toEqual([]);
    expect(data.nodes).toEqual(objects);
  });

  it("answers a malformed, an unknown and a foreign id alike", async () => {
    await using gateway = await createTestGateway();
    const foreign = [
      "SubscribeToken:999999",
      "Stream:nobody",
      "Account:OTHER1",
      "Cluster:ams-1",
      "Query:1",
      "ViewerRecord:1:2:x",
    ];
    const ids = ["", "rubbish", "%%%", ...foreign.map((id) => Buffer.from(id).toString("base64url"))];
    for (const id of ids) {
      const { data, errors } = await gateway.ask("query ($id: ID!) { node(id: $id) { id } me { name } }", { id });
      expect(data).toEqual({ node: null, me: { name: "operator" } });
      expect(errors).toEqual([
        {
          message: "Nothing is found under this id or name.",
          path: ["node"],
          locations: [{ line: 1, column: 20 }],
          extensions: { code: "NOT_FOUND", argument: "id" },
        },
      ]);
    }
  });

  it("puts null, with an error, in the place of an object that is not there", async () => {
    await using gateway = await createTestGateway();
    const id = Buffer.from("Stream:rehearsal").toString("base64url");
    const { data, errors } = await gateway.ask(`{ nodes(ids: ["rubbish", "${id}"]) { ... on Stream { name } } }`);
    expect(data).toEqual({ nodes: [null, { name: "rehearsal" }] });
    expect(errors).toMatchObject([{ path: ["nodes", 0], extensions: { code: "NOT_FOUND", argument: "ids.0" } }]);
  });

  it("takes at most 100 ids", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {
      ids: Array.from({ length: 101 }, () => "x"),
    });
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED", argument: "ids", max: 100 } }]);
  });

  it("opens nothing that the key's scopes do not", async () => {
    await using all = await createTestGateway();
    const objects = objectsIn((await all.ask(everyObject)).data);
    await using none = await createTestGateway({ scopes: [] });
    const { data, errors } = await none.ask<{ nodes: unknown[] }>("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {
      ids: objects.map(({ id }) => id),
    });
    expect(data.nodes.every((node) => node === null)).toBe(true);
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(["FORBIDDEN"]));
  });
});

describe("scopes", () => {
  it("are told by me, with what each opens", async () => {
    await using gateway = await createTestGateway({ scopes: ["usage:read"] });
    const { data } = await gateway.ask("{ me { name role scopes { name description } } }");
    expect(data).toEqual({
      me: {
        name: "operator",
        role: "OPERATOR",
        scopes: [{ name: "usage:read", description: "Read metered traffic: totals, series, countries, percentiles." }],
      },
    });
  });

  it.each([
    ["{ streams { totalCount } }", "stream:read"],
    ["{ partners { totalCount } }", "usage:read"],
    ["{ account { id } }", "usage:read"],
    ["{ publishTokens { totalCount } }", "token:read"],
    ["{ subscribeTokens { totalCount } }", "token:read"],
    ["{ clusters { id } }", "stream:read"],
    [`{ viewerRecords(window: { last: "PT1H" }) { nodes { id } } }`, "viewer:read"],
    ["mutation { stopAllStreams(input: {}) { stoppingLevel } }", "stream:control"],
    ["mutation { deletePublishToken(input: { token: { tokenId: 1 } }) { deletedId } }", "token:write"],
    ["mutation { disableSubscribeTokens(input: { tokens: [] }) { userErrors { code } } }", "token:write"],
    [`mutation { inspectViewerToken(input: { jwt: "x" }) { userErrors { code } } }`, "token:sign"],
  ])("%s needs %s, and says so", async (document, scope) => {
    await using gateway = await createTestGateway({ scopes: allScopes.filter((held) => held !== scope) });
    const { data, errors } = await gateway.ask<Record<string, unknown>>(document);
    expect(Object.values(data)).toEqual([null]);
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: "FORBIDDEN", scope }]);
  });

  it("of revealing are asked at the secret itself, and the rest of the token is served", async () => {
    await using gateway = await createTestGateway({ scopes: allScopes.filter((held) => held !== "token:reveal") });
    const { data, errors } = await gateway.ask(
      `{ subscribeToken(by: { tokenId: 5001 }) { label secret } publishToken(by: { tokenId: 1001 }) { label secret srtPassphrase }
         stream(by: { name: "derby-final" }) { name ingest { whipUrl } playback { whepUrl } } }`,
    );
    expect(data).toMatchObject({
      subscribeToken: { label: "northwind-tv-derby-final", secret: null },
      publishToken: { label: "derby-final", secret: null, srtPassphrase: null },
      stream: { name: "derby-final", ingest: null, playback: { whepUrl: expect.any(String) } },
    });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([
      "FORBIDDEN",
      "FORBIDDEN",
      "FORBIDDEN",
      "FORBIDDEN",
    ]);
  });
});
