import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

interface Changed {
  subscribeToken: { tokenId: number; label: string } | null;
  userErrors: { __typename: string; code: string; message: string; path: string[] | null }[];
}

const errorsField = "userErrors { __typename code message path }";

async function create(
  gateway: TestGateway,
  key: string,
  fields = 'label: "master", streams: [{ pattern: "a" }]',
): Promise<Changed> {
  const { data, errors } = await gateway.ask<{ createSubscribeToken: Changed }>(
    `mutation { createSubscribeToken(input: { idempotencyKey: "${key}", ${fields} }) { subscribeToken { tokenId label } ${errorsField} } }`,
  );
  expect(errors).toEqual([]);
  return data.createSubscribeToken;
}

const labelled = (gateway: TestGateway, label: string) =>
  gateway.sandbox.tokens.subscribe().filter((token) => token.label === label);

describe("createPublishToken and createSubscribeToken", () => {
  it("return the secret, which no other field but `secret` returns", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ createSubscribeToken: { secret: string; subscribeToken: { id: string } } }>(
      `mutation { createSubscribeToken(input: { idempotencyKey: "k", label: "acme", trackingId: "acme",
           streams: [{ pattern: "derby-final" }, { pattern: "arena-cam[0-9]+", isRegex: true }], expiresInSeconds: 3600,
           originCluster: "phx-1", allowedOrigins: ["*.acme.example"], deniedCountries: ["KP"] }) {
         secret subscribeToken { id tokenId label trackingId isActive isUsable expiresAt originCluster effectiveOriginCluster
           grants { pattern isRegex isWildcard } allowedOrigins allowedCountries deniedCountries partner { trackingId } } ${errorsField} } }`,
    );
    const [stored] = labelled(gateway, "acme");
    expect(data.createSubscribeToken).toEqual({
      secret: stored?.token,
      subscribeToken: {
        id: expect.any(String),
        tokenId: stored?.id,
        label: "acme",
        trackingId: "acme",
        isActive: true,
        isUsable: true,
        expiresAt: "2026-03-18T11:20:00.000Z",
        originCluster: "phx-1",
        effectiveOriginCluster: "phx-1",
        grants: [
          { pattern: "derby-final", isRegex: false, isWildcard: false },
          { pattern: "arena-cam[0-9]+", isRegex: true, isWildcard: false },
        ],
        allowedOrigins: ["*.acme.example"],
        allowedCountries: [],
        deniedCountries: ["KP"],
        partner: { trackingId: "acme" },
      },
      userErrors: [],
    });
    const { data: read } = await gateway.ask<{ node: { secret: string } }>(
      `{ node(id: "${data.createSubscribeToken.subscribeToken.id}") { ... on SubscribeToken { secret } } }`,
    );
    expect(read.node.secret).toBe(stored?.token);
  });

  it("create one token for one idempotency key, however often it is sent", async () => {
    await using gateway = await createTestGateway();
    const first = await create(gateway, "once");
    const again = await create(gateway, "once");
    const atOnce = await Promise.all([create(gateway, "twice"), create(gateway, "twice")]);
    expect(again.subscribeToken).toEqual(first.subscribeToken);
    expect(atOnce[0].subscribeToken).toEqual(atOnce[1].subscribeToken);
    expect(labelled(gateway, "master")).toHaveLength(2);
  });

  it("refuse an idempotency key that came with other input before", async () => {
    await using gateway = await createTestGateway();
    await create(gateway, "once");
    const other = await create(gateway, "once", 'label: "other", streams: [{ pattern: "a" }]');
    expect(other.userErrors).toMatchObject([{ code: "IDEMPOTENCY_MISMATCH", path: ["input", "idempotencyKey"] }]);
    expect(labelled(gateway, "other")).toEqual([]);
  });

  it("find the token whose response was lost, and create no second one", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", drop: "after", times: 1 });
    const { subscribeToken, userErrors } = await create(gateway, "lost");
    expect(userErrors).toEqual([]);
    expect(labelled(gateway, "master").map(({ id }) => id)).toEqual([subscribeToken?.tokenId]);
  });

  it("report an unknown outcome, and settle it when the key comes again", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", drop: "before", times: 1 });
    const unknown = await create(gateway, "lost");
    expect(unknown).toMatchObject({
      subscribeToken: null,
      userErrors: [{ __typename: "UpstreamError", code: "OUTCOME_UNKNOWN" }],
    });
    expect((await create(gateway, "lost")).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    gateway.sandbox.clock.advance(15_000);
    expect((await create(gateway, "lost")).userErrors).toEqual([]);
    expect(labelled(gateway, "master")).toHaveLength(1);
  });

  it("do not return a token that was deleted since", async () => {
    await using gateway = await createTestGateway();
    const { subscribeToken } = await create(gateway, "once");
    await gateway.ask(
      `mutation { deleteSubscribeToken(input: { token: { tokenId: ${subscribeToken?.tokenId} } }) { deletedId } }`,
    );
    expect(await create(gateway, "once")).toMatchObject({ subscribeToken: null, userErrors: [{ code: "CONFLICT" }] });
  });

  it("report a rule that only the platform checks", async () => {
    await using gateway = await createTestGateway();
    const { userErrors } = await create(
      gateway,
      "k",
      'label: "x", streams: [{ pattern: "a" }], originCluster: "ams-1"',
    );
    expect(userErrors).toMatchObject([{ __typename: "UpstreamError", code: "UPSTREAM_REJECTED" }]);
    expect(userErrors[0]?.message).toMatch(/cluster/i);
  });

  it.each([
    ['label: "", streams: [{ pattern: "a" }]', "INVALID_INPUT", "input.label"],
    [`label: "${"x".repeat(129)}", streams: [{ pattern: "a" }]`, "INVALID_INPUT", "input.label"],
    ['label: "x", streams: []', "INVALID_INPUT", "input.streams"],
    [`label: "x", streams: [{ pattern: "${"x".repeat(129)}" }]`, "INVALID_INPUT", "input.streams.0.pattern"],
    [
      'label: "x", streams: [{ pattern: "a" }, { pattern: "(", isRegex: true }]',
      "UNSAFE_PATTERN",
      "input.streams.1.pattern",
    ],
    ['label: "x", streams: [{ pattern: "(?=a)", isRegex: true }]', "UNSAFE_PATTERN", "input.streams.0.pattern"],
    ['label: "x", streams: [{ pattern: "a" }], expiresInSeconds: 0', "INVALID_INPUT", "input.expiresInSeconds"],
    ['label: "x", streams: [{ pattern: "a" }], expiresInSeconds: -5', "INVALID_INPUT", "input.expiresInSeconds"],
    [`label: "x", streams: [{ pattern: "a" }], trackingId: "${"x".repeat(129)}"`, "INVALID_INPUT", "input.trackingId"],
    [
      'label: "x", streams: [{ pattern: "a" }], allowedIpAddresses: ["::1"]',
      "INVALID_INPUT",
      "input.allowedIpAddresses.0",
    ],
    [
      'label: "x", streams: [{ pattern: "a" }], allowedIpAddresses: ["10.0.0.1"], bindIpsOnUsage: 1',
      "INVALID_INPUT",
      "input.bindIpsOnUsage",
    ],
    [
      'label: "x", streams: [{ pattern: "a" }], allowedCountries: ["GB"], deniedCountries: ["US"]',
      "INVALID_INPUT",
      "input.deniedCountries",
    ],
    [
      'label: "x", streams: [{ pattern: "a" }], allowedOrigins: ["https://a.example/x"]',
      "INVALID_INPUT",
      "input.allowedOrigins.0",
    ],
  ])("refuse %s before any call", async (fields, code, argument) => {
    await using gateway = await createTestGateway();
    const { subscribeToken, userErrors } = await create(gateway, "k", fields);
    expect({ subscribeToken, userErrors }).toMatchObject({
      subscribeToken: null,
      userErrors: [{ code, path: argument.split(".") }],
    });
    expect(gateway.sandbox.calls().filter(({ method }) => method !== "GET")).toEqual([]);
  });
});

describe("PublishToken", () => {
  const createPublish = async (gateway: TestGateway, fields: string) => {
    const { data } = await gateway.ask<{ createPublishToken: { publishToken: object | null; userErrors: object[] } }>(
      `mutation { createPublishToken(input: { idempotencyKey: "p", label: "studio", streams: [{ pattern: "studio" }] ${fields} }) {
         publishToken { isSecured isMultisource isRecording isClipping hasThumbnails isLowLatencyRtmp isSrtEncrypted isDrm priority
           geoCascade { isEnabled clusters } restreams { label } } ${errorsField} } }`,
    );
    return data.createPublishToken;
  };

  it("is secured unless the input says otherwise", async () => {
    await using gateway = await createTestGateway();
    expect(await createPublish(gateway, "")).toMatchObject({
      publishToken: { isSecured: true, isMultisource: true, priority: null },
    });
  });

  it("holds the settings of its streams", async () => {
    await using gateway = await createTestGateway();
    const created = await createPublish(
      gateway,
      'isSecured: false, isMultisource: false, isClipping: true, hasThumbnails: true, isLowLatencyRtmp: false, priority: -2, geoCascade: { isEnabled: true, clusters: ["fra-1"] }',
    );
    expect(created).toEqual({
      publishToken: {
        isSecured: false,
        isMultisource: false,
        isRecording: false,
        isClipping: true,
        hasThumbnails: true,
        isLowLatencyRtmp: false,
        isSrtEncrypted: false,
        isDrm: false,
        priority: -2,
        geoCascade: { isEnabled: true, clusters: ["fra-1"] },
        restreams: [],
      },
      userErrors: [],
    });
  });

  it.each([
    ["isRecording: true, isClipping: true", "input.isClipping"],
    ["geoCascade: { isEnabled: true, clusters: [] }", "input.geoCascade.clusters"],
  ])("can't have %s", async (fields, argument) => {
    await using gateway = await createTestGateway();
    expect((await createPublish(gateway, fields)).userErrors).toMatchObject([
      { code: "INVALID_INPUT", path: argument.split(".") },
    ]);
  });

  it("never shows the keys of its re-stream targets", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ publishTokens: { nodes: { label: string; restreams: object[] }[] } }>(
      "{ publishTokens(first: 100) { nodes { label restreams { label url isEnabled } } } }",
    );
    expect(data.publishTokens.nodes[0]).toEqual({
      label: "derby-final",
      restreams: [
        { label: "Social", url: "rtmp://ingest.social.example/live", isEnabled: true },
        { label: "Club site", url: "rtmp://ingest.club.example/app", isEnabled: true },
      ],
    });
    expect(JSON.stringify(data)).not.toContain("derby-final-social");
  });
});

describe("updatePublishToken and updateSubscribeToken", () => {
  it("change the fields of the input, and nothing else", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `mutation { updateSubscribeToken(input: { token: { tokenId: 5001 }, label: "renamed", addStreams: [{ pattern: "arena-main" }],
           removeStreams: ["derby-final"], allowedOrigins: ["a.example"] }) {
         subscribeToken { label trackingId isActive grants { pattern } allowedOrigins } ${errorsField} } }`,
    );
    expect(data).toEqual({
      updateSubscribeToken: {
        subscribeToken: {
          label: "renamed",
          trackingId: "northwind-tv",
          isActive: true,
          grants: [{ pattern: "arena-main" }],
          allowedOrigins: ["a.example"],
        },
        userErrors: [],
      },
    });
  });

  it("show in the next query, without a new read of the list", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ subscribeTokens { totalCount } }");
    await gateway.ask(
      `mutation { updateSubscribeToken(input: { token: { tokenId: 5001 }, addStreams: [{ pattern: "brand-new" }] }) { userErrors { code } } }`,
    );
    const { data } = await gateway.ask('{ stream(by: { name: "brand-new" }) { partners { nodes { trackingId } } } }');
    expect(data).toEqual({ stream: { partners: { nodes: [{ trackingId: "northwind-tv" }] } } });
  });

  it("refuse an input without changes before any call", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `mutation { updatePublishToken(input: { token: { tokenId: 1001 } }) { ${errorsField} } }`,
    );
    expect(data).toMatchObject({ updatePublishToken: { userErrors: [{ code: "INVALID_INPUT", path: ["input"] }] } });
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("clear a priority by null, and keep it when it is left out", async () => {
    await using gateway = await createTestGateway();
    const update = async (fields: string) => {
      const { data } = await gateway.ask<{ updatePublishToken: { publishToken: { priority: number | null } } }>(
        `mutation { updatePublishToken(input: { token: { tokenId: 1001 }, ${fields} }) { publishToken { priority } ${errorsField} } }`,
      );
      return data.updatePublishToken.publishToken.priority;
    };
    expect(await update("priority: 5")).toBe(5);
    expect(await update('label: "x"')).toBe(5);
    expect(await update("priority: null")).toBeNull();
  });

  it("answer NOT_FOUND for a token that does not exist", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `mutation { a: updateSubscribeToken(input: { token: { tokenId: 999999 }, label: "x" }) { subscribeToken { id } ${errorsField} }
                  b: updateSubscribeToken(input: { token: { id: "rubbish" }, label: "x" }) { subscribeToken { id } ${errorsField} } }`,
    );
    const notFound = {
      subscribeToken: null,
      userErrors: [
        {
          __typename: "NotFoundError",
          code: "NOT_FOUND",
          message: "Nothing is found under this id or name.",
          path: ["input", "token"],
        },
      ],
    };
    expect(data).toEqual({ a: notFound, b: notFound });
  });
});

describe("enabling and disabling tokens", () => {
  it("changes many publish tokens, the disabling in one call", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ publishTokens { totalCount } }");
    gateway.sandbox.clearCalls();
    const ids = "[{ tokenId: 1001 }, { tokenId: 1002 }, { tokenId: 1003 }]";
    const disabled = await gateway.ask(
      `mutation { disablePublishTokens(input: { tokens: ${ids} }) { publishTokens { label isActive isUsable } ${errorsField} } }`,
    );
    expect(disabled.data).toEqual({
      disablePublishTokens: {
        publishTokens: ["derby-final", "arena-main", "arena-cams"].map((label) => ({
          label,
          isActive: false,
          isUsable: false,
        })),
        userErrors: [],
      },
    });
    expect(gateway.sandbox.calls().map(({ operationId }) => operationId)).toEqual(["PublishTokenV1_DisableTokens"]);
    const enabled = await gateway.ask(
      `mutation { enablePublishTokens(input: { tokens: ${ids} }) { publishTokens { isActive } ${errorsField} } }`,
    );
    expect(enabled.data).toEqual({
      enablePublishTokens: {
        publishTokens: [{ isActive: true }, { isActive: true }, { isActive: true }],
        userErrors: [],
      },
    });
  });

  it("changes the tokens it can, and reports the others", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: 5001 }, { tokenId: 999999 }, { tokenId: 5002 }] }) {
         subscribeTokens { tokenId isActive } ${errorsField} } }`,
    );
    expect(data).toMatchObject({
      disableSubscribeTokens: {
        subscribeTokens: [
          { tokenId: 5001, isActive: false },
          { tokenId: 5002, isActive: false },
        ],
        userErrors: [{ code: "NOT_FOUND", path: ["input", "tokens", "1"] }],
      },
    });
  });

  it.each([0, 101])("accepts 1 to 100 tokens, not %i", async (count) => {
    await using gateway = await createTestGateway();
    const refs = Array.from({ length: count }, () => "{ tokenId: 5001 }").join(" ");
    const { data } = await gateway.ask(
      `mutation { disableSubscribeTokens(input: { tokens: [${refs}] }) { ${errorsField} } }`,
    );
    expect(data).toMatchObject({
      disableSubscribeTokens: { userErrors: [{ code: "LIMIT_EXCEEDED", path: ["input", "tokens"] }] },
    });
  });
});

describe("rotatePublishToken and rotateSubscribeToken", () => {
  const rotate = async (gateway: TestGateway, key: string) => {
    const { data } = await gateway.ask<{
      rotateSubscribeToken: { secret: string | null; userErrors: { code: string }[] };
    }>(
      `mutation { rotateSubscribeToken(input: { idempotencyKey: "${key}", token: { tokenId: 5001 } }) { secret ${errorsField} } }`,
    );
    return data.rotateSubscribeToken;
  };
  const stored = (gateway: TestGateway) => gateway.sandbox.tokens.subscribe().find(({ id }) => id === 5001)?.token;

  it("return a new secret, once for one idempotency key", async () => {
    await using gateway = await createTestGateway();
    const before = stored(gateway);
    const first = await rotate(gateway, "r1");
    expect(first.secret).toBe(stored(gateway));
    expect(first.secret).not.toBe(before);
    expect((await rotate(gateway, "r1")).secret).toBe(first.secret);
    expect((await rotate(gateway, "r2")).secret).not.toBe(first.secret);
  });

  it("read the token when the response was lost", async () => {
    await using gateway = await createTestGateway();
    const before = stored(gateway);
    gateway.sandbox.fault({ method: "PUT", path: "/api/v2/subscribe_token/*", drop: "after", times: 1 });
    const { secret, userErrors } = await rotate(gateway, "r");
    expect(userErrors).toEqual([]);
    expect(secret).toBe(stored(gateway));
    expect(secret).not.toBe(before);
  });

  it("do not rotate again when the response was lost and the key comes again", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "PUT", path: "/api/v2/subscribe_token/*", drop: "after", times: 1 });
    gateway.sandbox.fault({ method: "GET", path: "/api/subscribe_token/5001", status: 503, times: 3 });
    expect((await rotate(gateway, "r")).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    const once = stored(gateway);
    expect((await rotate(gateway, "r")).secret).toBe(once);
    expect(stored(gateway)).toBe(once);
  });
});

describe("deletePublishToken and deleteSubscribeToken", () => {
  it("remove the token from the graph at once", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ deleteSubscribeToken: { deletedId: string } }>(
      `mutation { deleteSubscribeToken(input: { token: { tokenId: 5001 } }) { deletedId ${errorsField} } }`,
    );
    const { data: after, errors } = await gateway.ask(
      `{ node(id: "${data.deleteSubscribeToken.deletedId}") { id } stream(by: { name: "derby-final" }) { partners { nodes { trackingId } } } }`,
    );
    expect(after).toEqual({
      node: null,
      stream: { partners: { nodes: [{ trackingId: "kestrel-media" }, { trackingId: "lumen-play" }] } },
    });
    expect(errors).toMatchObject([{ extensions: { code: "NOT_FOUND", argument: "id" } }]);
  });

  it("succeed when only the response was lost", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "DELETE", path: "/api/publish_token/1005", drop: "after", times: 1 });
    const { data } = await gateway.ask(
      `mutation { deletePublishToken(input: { token: { tokenId: 1005 } }) { deletedId ${errorsField} } }`,
    );
    expect(data).toMatchObject({ deletePublishToken: { deletedId: expect.any(String), userErrors: [] } });
    expect(gateway.sandbox.tokens.publish().some(({ id }) => id === 1005)).toBe(false);
  });

  it("report a platform that is down, and the other mutations of the request go on", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "DELETE", path: "/api/publish_token/*", status: 503 });
    const { data } = await gateway.ask(
      `mutation { deletePublishToken(input: { token: { tokenId: 1005 } }) { deletedId userErrors { code ... on UpstreamError { upstreamStatus } } }
         disablePublishTokens(input: { tokens: [{ tokenId: 1005 }] }) { publishTokens { isActive } userErrors { code } } }`,
    );
    expect(data).toEqual({
      deletePublishToken: { deletedId: null, userErrors: [{ code: "OUTCOME_UNKNOWN", upstreamStatus: 503 }] },
      disablePublishTokens: { publishTokens: [{ isActive: false }], userErrors: [] },
    });
  });
});

describe("Query.publishTokens and Query.subscribeTokens", () => {
  it("list tokens oldest first, filtered by state, label and stream", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `{ all: subscribeTokens(first: 2) { totalCount nodes { tokenId } }
         disabled: subscribeTokens(filter: { isActive: false }) { nodes { label } }
         named: subscribeTokens(filter: { labelContains: "TRIAL" }) { nodes { label isExpired isUsable } }
         opening: subscribeTokens(filter: { streamName: "arena-cam1" }) { nodes { label } }
         publishing: publishTokens(filter: { streamName: "popup-x" }) { nodes { label } } }`,
    );
    expect(data).toEqual({
      all: { totalCount: 32, nodes: [{ tokenId: 5001 }, { tokenId: 5002 }] },
      disabled: { nodes: [{ label: "lumen-play-old" }] },
      named: { nodes: [{ label: "kestrel-media-trial", isExpired: true, isUsable: false }] },
      opening: { nodes: [{ label: "polar-sports-arena-cams" }, { label: "qa-wildcard" }] },
      publishing: { nodes: [{ label: "popups" }] },
    });
  });

  it("show tokens that were created elsewhere by number at once, and in lists after the next read", async () => {
    await using gateway = await createTestGateway({ gateway: { tokenRefreshMs: 0 } });
    await gateway.ask("{ subscribeTokens { totalCount } }");
    const made = await fetch(`${gateway.sandbox.origin}/api/subscribe_token`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.sandbox.secret}`, "content-type": "application/json" },
      body: JSON.stringify({ label: "from the dashboard", streams: [{ streamName: "dashboard", isRegex: false }] }),
    });
    const { data: wire } = (await made.json()) as { data: { id: number } };
    gateway.sandbox.clock.advance(1);
    const { data } = await gateway.ask(
      `{ subscribeToken(by: { tokenId: ${wire.id} }) { label } subscribeTokens(filter: { labelContains: "dashboard" }) { totalCount } }`,
    );
    expect(data).toEqual({ subscribeToken: { label: "from the dashboard" }, subscribeTokens: { totalCount: 1 } });
  });
});
