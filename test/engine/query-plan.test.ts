import {
  type ExecutionResult,
  execute,
  type GraphQLError,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLSchema,
  GraphQLString,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
  responsePathAsArray,
} from "graphql";
import { describe, expect, it } from "vitest";
import { createContexts, type GraphContext } from "../../src/context.ts";
import { FieldFailure } from "../../src/engine/execution.ts";
import { planQuery } from "../../src/engine/query-plan.ts";
import type { SerializedResult } from "../../src/engine/serialized-result.ts";

import { createBatchScheduler } from "../../src/loaders/batch-scheduler.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";
import { createSchema } from "../../src/schema/schema.ts";
import { createServices } from "../../src/services.ts";
import { createTestGateway, OPERATOR_KEY } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { createRandomOperations, type Pools, seeded } from "../support/random-operations.ts";

const { createTimeSlicer } = createScheduling({ maxRequestsInFlight: 1 });
const SEED = 20_260_318;

/** The same as graphql-js gives it. */
function asExecutionResult({ data, errors }: SerializedResult): ExecutionResult {
  const located = errors?.map((error) => (error instanceof FieldFailure ? error.located() : (error as GraphQLError)));
  return { ...(located && { errors: located }), ...(data !== undefined && { data: JSON.parse(data) }) };
}

/** The answer by our plan, twice because it grows, and the one by graphql-js. */
async function bothAnswers(schema: GraphQLSchema, text: string, context: () => GraphContext, variables = {}) {
  const document = parse(text);
  const [operation, ...others] = document.definitions;
  const fragments = Object.fromEntries(others.map((each) => ["name" in each ? each.name?.value : "", each]));
  const planned = { schema, operation: operation as OperationDefinitionNode, fragments } as Parameters<
    typeof planQuery
  >[0];
  const plan = planQuery(planned, createTimeSlicer);
  const { coerced = {} } = getVariableValues(schema, planned.operation.variableDefinitions ?? [], variables);
  const answers = [
    await execute({ schema, document, contextValue: context(), variableValues: variables }),
    asExecutionResult(await plan(context(), coerced)),
    asExecutionResult(await plan(context(), coerced)),
  ];
  return answers.map(comparable);
}

/** Of several failures below one null, which is heard of first is not part of an answer; nor is the order of errors. */
function comparable({ data, errors = [] }: ExecutionResult): string {
  const told = errors.map((error) => {
    const { path = [] } = error;
    const place = path.slice(0, depthOfNull(data, path));
    return place.length < path.length ? `below ${place.join(".")}` : `${JSON.stringify(error)} ${error.originalError}`;
  });
  return JSON.stringify({ data, errors: [...new Set(told)].sort() });
}

function depthOfNull(data: unknown, [key, ...rest]: readonly (string | number)[]): number {
  if (data == null || key === undefined) return 0;
  return 1 + depthOfNull((data as Record<string, unknown>)[key], rest);
}

describe("a planned query", () => {
  it("of the graph is answered as by graphql-js, whatever it asks, for an operator and for a partner", async () => {
    await using gateway = await createTestGateway();
    const partner = await onboard(gateway, "northwind-tv", ["derby-final"]);
    const parts = createServices(gateway.options);
    const { publish, subscribe } = gateway.sandbox.tokens;
    const schema = createSchema();
    const pools: Pools = {
      ids: [partner.id, "", "bm9uZQ"],
      tokenIds: [...publish(), ...subscribe()].map(({ id }) => id),
      streamNames: ["derby-final", "arena-cam1", "world-feed", "no-such-stream", ""],
      trackingIds: ["northwind-tv", "kestrel-media", "no-such-tracking-id"],
      texts: ["", "x", ".*", "2026-03", "PT1H"],
      lasts: ["PT1H", "P1D", "P3D"],
    };
    const cost = { requested: 0, limit: 0, remaining: 0, resetAt: 0 };
    for (const [index, key] of [OPERATOR_KEY, partner.key].entries()) {
      const caller = await parts.auth.authenticate({ authorization: `Bearer ${key}`, origin: null, address: null });
      if (!caller) throw new Error("nobody");
      const operations = createRandomOperations(schema, pools, seeded(SEED + index));
      for (let count = 0; count < 500; count += 1) {
        const text = operations();
        // A secret that is shown is in the log that the next answer shows.
        const showsItself = /\bsecret\b/.test(text) && /\bauditLog\b/.test(text);
        if (text.startsWith("mutation") || showsItself) continue;
        const [expected, ...found] = await bothAnswers(schema, text, () =>
          createContexts(parts)({ caller, address: null, cost }),
        );
        for (const answer of found) expect(answer, text).toBe(expected);
      }
    }
    await parts.upstream.close();
    await parts.auth.close();
  });

  it("is answered as by graphql-js whatever resolvers do: values, promises, errors and null, where they may and may not", async () => {
    const pools: Pools = { ids: [], tokenIds: [], streamNames: [], trackingIds: [], texts: [], lasts: [] };
    // All that an execution itself asks of it.
    const context = { loaders: { batchScheduler: createBatchScheduler() } } as GraphContext;
    let withErrors = 0;
    let withoutData = 0;
    for (let seed = 0; seed < 600; seed += 1) {
      const schema = unreliableSchema(seed);
      const text = createRandomOperations(schema, pools, seeded(SEED + seed))();
      if (text.startsWith("mutation")) continue;
      const [expected = "", ...found] = await bothAnswers(schema, text, () => context);
      if (!expected.endsWith('"errors":[]}')) withErrors += 1;
      if (expected.startsWith('{"data":null')) withoutData += 1;
      for (const answer of found) expect(answer, `seed ${seed}: ${text}`).toBe(expected);
    }
    expect(withErrors).toBeGreaterThan(200);
    expect(withErrors - withoutData).toBeGreaterThan(100);
  });

  it.each([
    [
      "skipped and included fields",
      "query ($a: Boolean!) { x: __typename @skip(if: $a) me { ...f @include(if: $a) role } } fragment f on Caller { name }",
    ],
    ["fields that are asked for in parts", "{ me { name } me { role } ... on Query { me { n: name } } }"],
    ["the schema of the schema", '{ __schema { queryType { name } } __type(name: "Query") { fields { name } } }'],
    ["a field named __proto__", "{ __proto__: __typename me { __proto__: name constructor: role } }"],
    ["arguments of a wrong variable", "query ($a: Boolean) { streams(first: 1) { totalCount @skip(if: false) } }"],
  ])("is answered as by graphql-js: %s", async (_what, text) => {
    await using gateway = await createTestGateway();
    const parts = createServices(gateway.options);
    const caller = await parts.auth.authenticate({
      authorization: `Bearer ${OPERATOR_KEY}`,
      origin: null,
      address: null,
    });
    if (!caller) throw new Error("nobody");
    const cost = { requested: 0, limit: 0, remaining: 0, resetAt: 0 };
    for (const a of [true, false]) {
      const context = () => createContexts(parts)({ caller, address: null, cost });
      const [expected, ...found] = await bothAnswers(createSchema(), text, context, { a });
      for (const answer of found) expect(answer).toBe(expected);
    }
    await parts.upstream.close();
    await parts.auth.close();
  });
});

/** A promise that fails, also where the items before it have failed and nobody looks at it any more. */
function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => undefined);
  return promise;
}

/** A schema of all kinds of types, whose every field now and then fails, waits, is null or holds what it must not. */
function unreliableSchema(seed: number): GraphQLSchema {
  const outcome = (place: string, count: number) => {
    let hash = seed + 1;
    for (const letter of place) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    return hash % count;
  };
  const unreliable = (place: string, value: unknown): unknown => {
    const failure = new Error(`failure at ${place}`);
    const unusual = [null, undefined, failure, Promise.resolve(null), Promise.resolve(failure)];
    const what = outcome(place, 40);
    if (what < 2) throw failure;
    if (what < 4) return Promise.reject(failure);
    if (what < 4 + unusual.length) return unusual[what - 4];
    return what < 25 ? Promise.resolve(value) : value;
  };
  const field = (type: GraphQLOutputType, value: (place: string) => unknown) => ({
    type,
    resolve: (
      _source: unknown,
      _args: unknown,
      _context: unknown,
      info: { path: Parameters<typeof responsePathAsArray>[0] },
    ) => {
      const place = responsePathAsArray(info.path).join(".");
      return unreliable(place, value(place));
    },
  });
  const items = (place: string, item: (place: string) => unknown) =>
    Array.from({ length: outcome(place, 4) }, (_, index) => {
      const value = item(`${place}[${index}]`);
      const what = outcome(`${place}[${index}]`, 12);
      if (what === 0) return Promise.resolve(value);
      if (what === 1) return rejected(new Error(`item ${index}`));
      return what === 2 ? null : what === 3 ? new Error("an item") : value;
    });
  const object = (place: string) => ({
    plain: outcome(`${place}!`, 9) === 0 ? () => unreliable(`${place}()`, "from a function") : "plainly",
    get surePlain() {
      return unreliable(`${place}?`, "plainly and surely");
    },
  });
  const kind = (place: string) =>
    Object.assign(object(place), {
      kind: outcome(place, 9) === 0 ? "Nothing" : outcome(place, 2) === 0 ? "Leaf" : "Branch",
    });
  const Thing = new GraphQLInterfaceType({
    name: "Thing",
    fields: { name: { type: GraphQLString } },
    resolveType: (value: { kind: string }) =>
      value.kind === "Nothing" ? Promise.reject(new Error("of no type")) : value.kind,
  });
  const fields = () => ({
    name: field(GraphQLString, () => "a name"),
    sure: field(new GraphQLNonNull(GraphQLString), () => "surely"),
    plain: { type: GraphQLString },
    surePlain: { type: new GraphQLNonNull(GraphQLString) },
    number: field(GraphQLInt, (place) => (outcome(place, 5) === 0 ? "no number" : 7)),
  });
  const Leaf = new GraphQLObjectType({ name: "Leaf", interfaces: [Thing], fields });
  const Branch: GraphQLObjectType = new GraphQLObjectType({
    name: "Branch",
    interfaces: [Thing],
    fields: () => ({
      ...fields(),
      leaf: field(Leaf, object),
      sureLeaf: field(new GraphQLNonNull(Leaf), object),
      thing: field(Thing, kind),
      names: field(new GraphQLList(new GraphQLNonNull(GraphQLString)), (place) => items(place, () => "one")),
      branches: field(new GraphQLNonNull(new GraphQLList(Branch)), (place) => items(place, object)),
      things: field(new GraphQLList(new GraphQLNonNull(Thing)), (place) => items(place, kind)),
    }),
  });
  const Mutation = new GraphQLObjectType({ name: "Mutation", fields });
  return new GraphQLSchema({ query: Branch, mutation: Mutation, types: [Leaf, Branch] });
}
