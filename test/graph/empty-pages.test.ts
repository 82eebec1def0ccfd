import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

interface Listed {
  readonly totalCount?: number;
  readonly nodes: readonly object[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const POSITION = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
const WINDOW = 'window: { last: "PT3H" }';

/** One list of each implementation of pages, as the text around its arguments. */
const lists: readonly (readonly [what: string, before: string, after: string])[] = [
  ["a list that is complete in memory", "{ list: streams(", `) { totalCount nodes { name } ${POSITION} } }`],
  [
    "a list whose order moves",
    `{ partner(by: { trackingId: "northwind-tv" }) { list: usageByStream(${WINDOW}, `,
    `) { totalCount nodes { stream { name } } ${POSITION} } } }`,
  ],
  ["viewer records", `{ list: viewerRecords(${WINDOW}, `, `) { nodes { id } ${POSITION} } }`],
  ["media assets", "{ list: mediaAssets(", `) { nodes { id } ${POSITION} } }`],
  ["a list in the store", "{ list: auditLog(", `) { nodes { id } ${POSITION} } }`],
];
const isReadForwards = (what: string) => ["viewer records", "media assets", "a list in the store"].includes(what);

async function listed({ ask }: TestGateway, what: string, args: string): Promise<Listed> {
  const [, before, after] = lists.find(([name]) => name === what) ?? [];
  const { data, errors } = await ask<{ list?: Listed; partner?: { list: Listed } }>(`${before}${args}${after}`);
  expect(errors).toEqual([]);
  return (data.list ?? data.partner?.list) as Listed;
}

/** A gateway with two entries in its audit log. */
async function gatewayWithLog(): Promise<TestGateway> {
  const gateway = await createTestGateway();
  for (const name of ["one", "two"]) {
    const { errors } = await gateway.ask(
      `mutation { createSubscribeToken(input: { idempotencyKey: "${name}", label: "${name}", streams: [{ pattern: "${name}" }] }) { userErrors { message } } }`,
    );
    expect(errors).toEqual([]);
  }
  return gateway;
}

describe.each(lists.map(([what]) => [what]))("%s", (what) => {
  it("has a first page without objects for `first: 0`, which says whether there are more", async () => {
    await using gateway = await gatewayWithLog();
    const page = await listed(gateway, what, "first: 0");
    expect(page).toMatchObject({
      nodes: [],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
    if ("totalCount" in page) expect(page.totalCount).toBeGreaterThan(1);
  });

  it.skipIf(isReadForwards(what))("has a last page without objects for `last: 0`", async () => {
    await using gateway = await gatewayWithLog();
    const { nodes, pageInfo } = await listed(gateway, what, "last: 0");
    expect(nodes).toEqual([]);
    expect(pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it("begins at its start for an empty cursor", async () => {
    await using gateway = await gatewayWithLog();
    const whole = await listed(gateway, what, "first: 2");
    expect(whole.nodes).toHaveLength(2);
    expect(await listed(gateway, what, 'first: 2, after: ""')).toEqual(whole);
    if (what === "viewer records" || what === "media assets") return;
    expect(await listed(gateway, what, 'first: 2, after: "", before: ""')).toEqual(whole);
  });
});

describe("the countries of traffic", () => {
  it("are none for `first: 0`", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      `{ account { usage(${WINDOW}) { none: byCountry(first: 0) { country } one: byCountry(first: 1) { country } } } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ account: { usage: { none: [], one: [{ country: expect.any(String) }] } } });
  });
});
