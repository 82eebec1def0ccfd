import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

const PATH = "/api/v3/media/distributions";

interface Distribution {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly isOpen: boolean;
  readonly keys: readonly { readonly keyId: string; readonly name: string | null }[];
}
interface Made {
  readonly mediaDistribution: Distribution | null;
  readonly newKeys: readonly { readonly keyId: string; readonly name: string | null; readonly secret: string | null }[];
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] | null }[];
}

const whole = "id name isDefault isOpen keys { keyId name }";
const errorsField = "userErrors { code path }";

async function create(gateway: TestGateway, fields: string): Promise<Made> {
  const { data, errors } = await gateway.ask<{ createMediaDistribution: Made }>(
    `mutation { createMediaDistribution(input: { ${fields} }) { mediaDistribution { ${whole} } newKeys { keyId name secret } ${errorsField} } }`,
  );
  expect(errors).toEqual([]);
  return data.createMediaDistribution;
}

async function add(gateway: TestGateway, id: string | undefined, idempotencyKey: string, key = "{}") {
  const { data, errors } = await gateway.ask<{
    addMediaKey: { newKey: Made["newKeys"][number] | null; mediaDistribution: Distribution | null } & Pick<
      Made,
      "userErrors"
    >;
  }>(
    `mutation { addMediaKey(input: { idempotencyKey: "${idempotencyKey}", distribution: { id: "${id}" }, key: ${key} }) {
       newKey { keyId name secret } mediaDistribution { ${whole} } ${errorsField} } }`,
  );
  expect(errors).toEqual([]);
  return data.addMediaKey;
}

const all = async (gateway: TestGateway) =>
  (
    await gateway.ask<{ mediaDistributions: { totalCount: number; nodes: Distribution[] } }>(
      `{ mediaDistributions { totalCount nodes { ${whole} } } }`,
    )
  ).data.mediaDistributions;

describe("MediaDistribution", () => {
  it("is created with keys, whose secrets are shown only once", async () => {
    await using gateway = await createTestGateway();
    const brought = "a-secret-of-the-broadcasters-own-making";
    const wish = `idempotencyKey: "k", name: "members", isDefault: true, keys: [{ name: "a" }, { name: "b", secret: "${brought}" }]`;
    const made = await create(gateway, wish);
    expect(made.mediaDistribution).toEqual({
      id: expect.any(String),
      name: "members",
      isDefault: true,
      isOpen: false,
      keys: made.newKeys.map(({ keyId, name }) => ({ keyId, name })),
    });
    expect(made.newKeys.map(({ name, secret }) => [name, secret])).toEqual([
      ["a", expect.stringMatching(/^[\w-]{64}$/)],
      ["b", null],
    ]);
    const again = await create(gateway, wish);
    expect(again).toEqual({ ...made, newKeys: [] });
    expect(await all(gateway)).toEqual({ totalCount: 1, nodes: [made.mediaDistribution] });
    const log = await gateway.ask("{ auditLog { nodes { detail } } }");
    for (const text of [JSON.stringify(log.data), gateway.logged()]) {
      expect(text).not.toContain(brought);
      expect(text).not.toContain(made.newKeys[0]?.secret);
    }
  });

  it("is found by its id, and on the assets that it plays", async () => {
    await using gateway = await createTestGateway();
    const { mediaDistribution } = await create(gateway, 'idempotencyKey: "k", name: "open"');
    const { data: listed } = await gateway.ask<{ mediaAssets: { nodes: { id: string }[] } }>(
      "{ mediaAssets(first: 1) { nodes { id } } }",
    );
    const asset = `{ id: "${listed.mediaAssets.nodes[0]?.id}" }`;
    const update = async (fields: string) =>
      (
        await gateway.ask<{ updateMediaAsset: unknown }>(
          `mutation { updateMediaAsset(input: { mediaAsset: ${asset} ${fields} }) {
             mediaAsset { customPath distribution { name } download { playbackUrl } } ${errorsField} } }`,
        )
      ).data.updateMediaAsset;
    expect(await update(`, distribution: { id: "${mediaDistribution?.id}" }, customPath: "opera/last"`)).toEqual({
      mediaAsset: {
        customPath: "opera/last",
        distribution: { name: "open" },
        download: {
          playbackUrl: expect.stringMatching(/^https:\/\/cdn\.optiview\.dolby\.com\/vod\/SYN4DX\/opera\/last\//),
        },
      },
      userErrors: [],
    });
    expect(await update(", distribution: null")).toEqual({
      mediaAsset: { customPath: "opera/last", distribution: null, download: { playbackUrl: null } },
      userErrors: [],
    });
    expect(await update("")).toEqual({
      mediaAsset: null,
      userErrors: [{ code: "INVALID_INPUT", path: ["input"] }],
    });
    expect(await update(', distribution: { distributionId: "unknown" }')).toEqual({
      mediaAsset: null,
      userErrors: [{ code: "NOT_FOUND", path: ["input", "distribution"] }],
    });
    const node = await gateway.ask(`{ node(id: "${mediaDistribution?.id}") { ... on MediaDistribution { name } } }`);
    expect(node.data).toEqual({ node: { name: "open" } });
  });

  it("can be renamed, made the default, and deleted", async () => {
    await using gateway = await createTestGateway();
    const { mediaDistribution } = await create(gateway, 'idempotencyKey: "k", name: "open"');
    const ref = `{ id: "${mediaDistribution?.id}" }`;
    const updated = await gateway.ask(
      `mutation { updateMediaDistribution(input: { distribution: ${ref}, name: "public", isDefault: true }) {
         mediaDistribution { name isDefault } ${errorsField} } }`,
    );
    expect(updated.data).toEqual({
      updateMediaDistribution: { mediaDistribution: { name: "public", isDefault: true }, userErrors: [] },
    });
    const remove = () =>
      gateway.ask(`mutation { deleteMediaDistribution(input: { distribution: ${ref} }) { deletedId ${errorsField} } }`);
    expect((await remove()).data).toEqual({
      deleteMediaDistribution: { deletedId: mediaDistribution?.id, userErrors: [] },
    });
    expect((await remove()).data).toEqual({
      deleteMediaDistribution: {
        deletedId: null,
        userErrors: [{ code: "NOT_FOUND", path: ["input", "distribution"] }],
      },
    });
  });

  it("is created once after a lost response, and its secret is shown nevertheless", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "POST", path: PATH, drop: "after", times: 1 });
    const made = await create(gateway, 'idempotencyKey: "k", name: "members", keys: [{}]');
    expect(made.userErrors).toEqual([]);
    expect(made.newKeys).toMatchObject([{ secret: expect.stringMatching(/^[\w-]{64}$/) }]);
    expect((await all(gateway)).totalCount).toBe(1);
  });

  it.each([
    ["an asterisk in its name", 'name: "all*"', "input.name"],
    ["no name", 'name: ""', "input.name"],
    ["three keys", 'name: "x", keys: [{}, {}, {}]', "input.keys"],
    ["a short secret", 'name: "x", keys: [{ secret: "short" }]', "input.keys.0.secret"],
  ])("with %s is rejected before any call", async (_what, fields, argument) => {
    await using gateway = await createTestGateway();
    gateway.sandbox.clearCalls();
    const { userErrors } = await create(gateway, `idempotencyKey: "k", ${fields}`);
    expect(userErrors).toEqual([{ code: "INVALID_INPUT", path: argument.split(".") }]);
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("is shown to analysts without any secret, and changed only with media:write", async () => {
    await using gateway = await createTestGateway({ scopes: ["stream:read"] });
    expect((await all(gateway)).totalCount).toBe(0);
    const { errors } = await gateway.ask(
      'mutation { createMediaDistribution(input: { idempotencyKey: "k", name: "x" }) { newKeys { secret } } }',
    );
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  });
});

describe("MediaDistribution.keys", () => {
  it("are replaced one after the other: at most two, and the last is removed only on request", async () => {
    await using gateway = await createTestGateway();
    const { mediaDistribution, newKeys } = await create(
      gateway,
      'idempotencyKey: "k", name: "members", keys: [{ name: "a" }]',
    );
    const id = mediaDistribution?.id;
    const second = await add(gateway, id, "second", '{ name: "b" }');
    expect(second).toMatchObject({
      newKey: { name: "b", secret: expect.stringMatching(/^[\w-]{64}$/) },
      userErrors: [],
    });
    expect(second.mediaDistribution?.keys.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(await add(gateway, id, "second", '{ name: "b" }')).toMatchObject({ newKey: null, userErrors: [] });
    expect(await add(gateway, id, "third")).toMatchObject({
      newKey: null,
      userErrors: [{ code: "LIMIT_EXCEEDED", path: ["input", "distribution"] }],
    });
    const remove = async (keyId: string | undefined, more = "") =>
      (
        await gateway.ask<{ removeMediaKey: unknown }>(
          `mutation { removeMediaKey(input: { distribution: { id: "${id}" }, keyId: "${keyId}" ${more} }) {
             mediaDistribution { isOpen keys { name } } ${errorsField} } }`,
        )
      ).data.removeMediaKey;
    expect(await remove(newKeys[0]?.keyId)).toEqual({
      mediaDistribution: { isOpen: false, keys: [{ name: "b" }] },
      userErrors: [],
    });
    expect(await remove(newKeys[0]?.keyId)).toEqual({
      mediaDistribution: null,
      userErrors: [{ code: "NOT_FOUND", path: ["input", "keyId"] }],
    });
    const last = second.newKey?.keyId;
    expect(await remove(last)).toEqual({
      mediaDistribution: null,
      userErrors: [{ code: "CONFLICT", path: ["input", "keyId"] }],
    });
    expect(await remove(last, ", opensDistribution: true")).toEqual({
      mediaDistribution: { isOpen: true, keys: [] },
      userErrors: [],
    });
  });

  it("are added once after a lost response", async () => {
    await using gateway = await createTestGateway();
    const { mediaDistribution } = await create(gateway, 'idempotencyKey: "k", name: "members"');
    gateway.sandbox.fault({ method: "POST", path: PATH, drop: "after", times: 1 });
    const added = await add(gateway, mediaDistribution?.id, "first");
    expect(added).toMatchObject({ newKey: { secret: expect.any(String) }, userErrors: [] });
    expect(added.mediaDistribution?.keys).toHaveLength(1);
  });
});
