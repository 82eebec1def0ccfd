import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Page, pageOfMoving } from "../../src/schema/connection.ts";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { refusalOf } from "../support/refusal.ts";

const MINUTE_MS = 60_000;

interface Usage {
  readonly partner: {
    readonly usageByStream: {
      readonly totalCount: number;
      readonly nodes: readonly { readonly stream: { readonly name: string } }[];
      readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
    };
  };
}

async function pageAfter({ ask }: Pick<TestGateway, "ask">, after: string | null, first = 1) {
  const { data, errors } = await ask<Usage>(
    `query ($after: String, $first: Int) { partner(by: { trackingId: "acme" }) {
       usageByStream(window: { last: "PT24H" }, includeCurrent: true, first: $first, after: $after) {
         totalCount nodes { stream { name } } pageInfo { endCursor hasNextPage } } } }`,
    { after, first },
  );
  expect(errors).toEqual([]);
  const { nodes, pageInfo } = data.partner.usageByStream;
  return { names: nodes.map(({ stream }) => stream.name), ...pageInfo };
}

/** A partner whose viewers watch streams that seeds have live. */
async function acme(viewers: Readonly<Record<string, number>>, over?: TestGateway) {
  const gateway = over ?? (await createTestGateway());
  const { secrets } = await onboard(gateway, "acme", Object.keys(viewers));
  const watch = async (streamName: string, count: number, bitsPerSecond = 1e6) => {
    const token = secrets[Object.keys(viewers).indexOf(streamName)] ?? "";
    const { ok } = await gateway.sandbox.attachViewers({ token, streamName, count, bitsPerSecond });
    expect(ok).toBe(true);
  };
  for (const [streamName, count] of Object.entries(viewers)) await watch(streamName, count);
  return { gateway, watch };
}

describe("pages of a partner's usage by stream, the largest first", () => {
  it("hold each stream once although a quarter hour passes between them, on another gateway too", async () => {
    const { gateway, watch } = await acme({ "world-feed": 8, "derby-final": 10 });
    await using _gateway = gateway;
    await using other = await createTestGateway({ over: gateway.sandbox, gateway: { store: gateway.store } });
    gateway.sandbox.clock.advance(26 * MINUTE_MS);
    const first = await pageAfter(gateway, null);
    expect(first).toMatchObject({ names: ["derby-final"], hasNextPage: true });
    // The second overtakes the first, and grows past what the first had.
    await watch("world-feed", 50);
    gateway.sandbox.clock.advance(15 * MINUTE_MS);
    for (const asked of [gateway, other]) {
      expect(await pageAfter(asked, first.endCursor)).toMatchObject({ names: ["world-feed"], hasNextPage: false });
    }
    expect((await pageAfter(gateway, null, 2)).names).toEqual(["world-feed", "derby-final"]);
  });

  it("refuse a cursor of another order or list", async () => {
    const { gateway } = await acme({ "world-feed": 8 });
    await using _gateway = gateway;
    const { errors } = await gateway.ask(
      `{ partner(by: { trackingId: "acme" }) { usageByStream(window: { last: "PT24H" }, after: "d29ybGQtZmVlZA") { totalCount } } }`,
    );
    expect(errors).toMatchObject([{ extensions: { code: "INVALID_INPUT", argument: "after" } }]);
  });
});

describe("a page of a list whose order moves", () => {
  const ordered = (bytes: ReadonlyMap<string, number>) =>
    [...bytes].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name]) => name);
  const nameOf = (name: string) => name;
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 25 });

  it("neither skips nor repeats, forwards and backwards, however figures grow between two pages", () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 7 }), fc.infiniteStream(fc.nat(1_000)), (all, size, random) => {
        const next = () => random.next().value as number;
        const bytes = new Map(all.map((name) => [name, next()]));
        const grow = () => {
          for (const [name, value] of bytes) bytes.set(name, value + next());
        };
        const forwards: string[] = [];
        let after: string | null = null;
        for (let isMore = true; isMore; ) {
          const page: Page<string> = pageOfMoving(ordered(bytes), nameOf, { first: size, after });
          expect(page.totalCount).toBe(all.length);
          expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
          forwards.push(...page.edges.map(({ node }) => node));
          isMore = page.pageInfo.hasNextPage;
          after = page.pageInfo.endCursor;
          grow();
        }
        expect(forwards.toSorted()).toEqual(all.toSorted());

        const backwards: string[] = [];
        let before: string | null = null;
        for (let isMore = true; isMore; ) {
          const page: Page<string> = pageOfMoving(ordered(bytes), nameOf, { last: size, before });
          expect(page.pageInfo.hasNextPage).toBe(before !== null);
          backwards.push(...page.edges.map(({ node }) => node));
          isMore = page.pageInfo.hasPreviousPage;
          before = page.pageInfo.startCursor;
          grow();
        }
        expect(backwards.toSorted()).toEqual(all.toSorted());
      }),
      { numRuns: 200 },
    );
  });

  it("is that of the list as it stands while nothing moves, from any cursor of it", () => {
    const list = ["d", "b", "a", "c", "e"];
    const { edges } = pageOfMoving(list, nameOf, { first: 5 });
    const nodes = (page: ReturnType<typeof pageOfMoving<string>>) => page.edges.map(({ node }) => node).join("");
    expect(nodes(pageOfMoving(list, nameOf, { first: 2, after: edges[1]?.cursor }))).toBe("ac");
    expect(nodes(pageOfMoving(list, nameOf, { last: 2, before: edges[3]?.cursor }))).toBe("ba");
    expect(nodes(pageOfMoving(list, nameOf, { first: 9, after: edges[0]?.cursor, before: edges[4]?.cursor }))).toBe(
      "bac",
    );
    expect(nodes(pageOfMoving(list, nameOf, { last: 1, after: edges[0]?.cursor, before: edges[4]?.cursor }))).toBe("c");
  });

  it("holds what has come since the page before, and never again what has gone and come back", () => {
    const { pageInfo } = pageOfMoving(["a", "b", "c"], nameOf, { first: 1 });
    const second = pageOfMoving(["new", "b", "c"], nameOf, { first: 2, after: pageInfo.endCursor });
    expect(second.edges.map(({ node }) => node)).toEqual(["new", "b"]);
    const third = pageOfMoving(["a", "new", "b", "c"], nameOf, { first: 5, after: second.pageInfo.endCursor });
    expect(third.edges.map(({ node }) => node)).toEqual(["c"]);
  });

  it.each(["seen.", "seen.abc", "seen.abcdefg!", "eyJ4IjoxfQ"])("refuses %j, which is no cursor of it", (cursor) => {
    for (const page of [{ after: cursor }, { before: cursor }]) {
      expect(refusalOf(() => pageOfMoving(["a"], nameOf, page))).toMatchObject({ code: "INVALID_INPUT" });
    }
  });
});
