import { extendSchema, type GraphQLFieldResolver, type GraphQLSchema, parse } from "graphql";
import { describe, expect, it, vi } from "vitest";
import type { GraphContext } from "../../src/context.ts";
import { InvalidInputError } from "../../src/model/errors.ts";
import { createSchema } from "../../src/schema/schema.ts";
import { createTestGateway, graphqlRequest } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

/**
 * The graph with subscriptions for tests: the graph itself has none yet.
 *
 * @param onEnd called when the source of `endless` is closed
 */
function schemaWithSubscriptions(onEnd: () => void = () => undefined): GraphQLSchema {
  const schema = extendSchema(
    createSchema(),
    parse(
      "extend schema { subscription: Subscription } type Subscription { ticks(count: Int!): Int callers: String endless: Int }",
    ),
  );
  const fields = schema.getSubscriptionType()?.getFields() ?? {};
  const define = (
    name: string,
    subscribe: (args: { count: number }, context: GraphContext) => AsyncIterable<unknown>,
    resolve: GraphQLFieldResolver<unknown, unknown> = (value) => value,
  ) =>
    Object.assign(fields[name] ?? {}, {
      subscribe: (_: unknown, args: never, context: never) => subscribe(args, context),
      resolve,
    });
  define(
    "ticks",
    async function* ({ count }) {
      for (let tick = 1; tick <= count; tick += 1) yield tick;
    },
    (tick) => {
      if (tick === 2) throw new InvalidInputError("count", "must be 1; got 2.");
      if (tick === 3) throw new Error("an internal detail");
      return tick;
    },
  );
  define("callers", async function* (_args, { caller, loaders }) {
    yield `${caller.role} ${typeof loaders}`;
  });
  define("endless", async function* () {
    try {
      for (let tick = 0; ; tick += 1) yield tick;
    } finally {
      onEnd();
    }
  });
  return schema;
}

const asStream = (query: string, headers: Record<string, string> = {}) =>
  graphqlRequest({ query }, { accept: "text/event-stream", ...headers });

/** Events of a stream, each as its result. */
async function eventsOf(response: Response): Promise<unknown[]> {
  const text = await response.text();
  return [...text.matchAll(/event: next\ndata: (.*)\n/g)].map(([, data = "null"]) => JSON.parse(data));
}

describe("a subscription", () => {
  it("is charged once, and then streams one event for each result", async () => {
    await using gateway = await createTestGateway({ gateway: { schema: schemaWithSubscriptions() } });
    const before = (await gateway.ask("{ __typename }")).extensions["cost"] as { remaining: number };
    const response = await gateway.gateway.fetch(asStream("subscription { callers }"));
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(await eventsOf(response)).toEqual([{ data: { callers: "OPERATOR object" } }]);
    const after = (await gateway.ask("{ __typename }")).extensions["cost"] as { remaining: number };
    const pointsOfQuery = 10;
    expect(before.remaining - after.remaining - pointsOfQuery).toBe(10);
  });

  it("has each event's errors masked as those of a query are, without what a partner may not read", async () => {
    await using gateway = await createTestGateway({ gateway: { schema: schemaWithSubscriptions() } });
    const partner = await onboard(gateway, "northwind-tv", ["derby-final"]);
    const request = asStream("subscription { ticks(count: 4) }", { authorization: `Bearer ${partner.key}` });
    const events = await eventsOf(await gateway.gateway.fetch(request));
    expect(events).toMatchObject([
      { data: { ticks: 1 } },
      { data: { ticks: null }, errors: [{ path: ["ticks"], extensions: { code: "INVALID_INPUT" } }] },
      { data: { ticks: null }, errors: [{ extensions: { code: "INTERNAL_SERVER_ERROR" } }] },
      { data: { ticks: 4 } },
    ]);
    expect(JSON.stringify(events)).not.toContain("an internal detail");
    expect(gateway.logged()).toContain("an internal detail");
  });

  it("is rejected before it starts if the document is invalid or exceeds a limit", async () => {
    await using gateway = await createTestGateway({ gateway: { schema: schemaWithSubscriptions() } });
    const codesOf = async (query: string) => {
      const events = await eventsOf(await gateway.gateway.fetch(asStream(query)));
      return events.flatMap((event) => (event as { errors: { extensions: { code: string } }[] }).errors);
    };
    expect(await codesOf("subscription { nonsense }")).toMatchObject([
      { extensions: { code: "GRAPHQL_VALIDATION_FAILED" } },
    ]);
    expect(await codesOf(`subscription { ${"endless ".repeat(9_000)} }`)).toMatchObject([
      { extensions: { limit: expect.stringMatching(/^max/) } },
    ]);
  });

  it("is rejected with 406 if the client does not accept a stream", async () => {
    await using gateway = await createTestGateway({ gateway: { schema: schemaWithSubscriptions() } });
    const response = await gateway.gateway.fetch(graphqlRequest({ query: "subscription { callers }" }));
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
  });

  it.each(["application/json", "application/graphql-response+json", "text/event-stream", "multipart/mixed", "*/*"])(
    "to %s is told that the graph has none, and costs nothing",
    async (accept) => {
      await using gateway = await createTestGateway();
      const query = "subscription Ticks { ticks(count: 2) }";
      const response = await gateway.gateway.fetch(graphqlRequest({ query }, { accept }));
      expect(response.status).toBe(400);
      expect(response.headers.get("ratelimit")).toBeNull();
      const text = await response.text();
      expect(text).toContain("the graph has no subscriptions");
      expect(text).toContain("BAD_REQUEST");
      expect(text).not.toContain('"cost"');
    },
  );

  it("ends when its client disconnects", async () => {
    const onEnd = vi.fn();
    await using gateway = await createTestGateway({ gateway: { schema: schemaWithSubscriptions(onEnd) } });
    const response = await gateway.gateway.fetch(asStream("subscription { endless }"));
    const reader = response.body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    expect(onEnd).not.toHaveBeenCalled();
    await reader?.cancel();
    await expect.poll(() => onEnd.mock.calls).toHaveLength(1);
    expect((await gateway.ask("{ __typename }")).errors).toEqual([]);
  });
});

describe("a query that accepts a stream", () => {
  it("is answered by one event", async () => {
    await using gateway = await createTestGateway();
    const events = await eventsOf(await gateway.gateway.fetch(asStream("{ me { role } }")));
    expect(events).toMatchObject([{ data: { me: { role: "OPERATOR" } } }]);
  });
});
