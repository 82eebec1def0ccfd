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
  type OperationDefinitionNode,
  parse,
  responsePathAsArray,
} from "graphql";
import { describe, expect, it } from "vitest";
import { createContexts } from "../../src/context.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { FieldFailure } from "../../src/engine/error-collector.ts";
import type { SerializedResult } from "../../src/engine/serialized-result.ts";

import { createScheduling } from "../../src/scheduling/scheduling.ts";
import { createSchema } from "../../src/schema/schema.ts";
import { createServices } from "../../src/services.ts";
import { createTestGateway, OPERATOR_KEY } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { createRandomOperations, type Pools, seeded } from "../support/random-operations.ts";

/** Operations that are compared on schemas whose resolvers fail at random; more by the environment variable. */
const OPERATIONS = Number(process.env["ENGINE_OPERATIONS"] ?? 2_000);
/** Queries of the graph for each caller, which take ten times as long as one of those operations. */
const GRAPH_QUERIES = OPERATIONS / 40;
const SEED = 20_260_318;

/** The result as graphql-js gives it. */
function asExecutionResult({ data, errors }: SerializedResult): ExecutionResult {
  const located = errors?.map((error) => (error instanceof FieldFailure ? error.located() : (error as GraphQLError)));
  return { ...(located && { errors: located }), ...(data !== undefined && { data: JSON.parse(data) }) };
}

function createEngines<Context extends object>(createSchema: () => GraphQLSchema) {
  const schema = createSchema();
  const environment = {
    createTimeSlicer: createScheduling({ maxRequestsInFlight: 1 }).createTimeSlicer,
    onDeferred: () => undefined,
  };
  const reference = createSchema();
  return {
    schema,
    planned: createEngine<Context>("planned", schema, environment),
    reference: createEngine<Context>("graphql-js", reference, environment),
  };
}

/** Results of graphql-js itself, of the engine that calls it, and of the planned engine, twice because its plans grow. */
async function allResults<Context extends object>(
  { schema, planned, reference }: ReturnType<typeof createEngines<Context>>,
  text: string,
  createContext: () => Context,
  { variables = {}, isOrdered = false } = {},
): Promise<readonly string[]> {
  const document = parse(text);
  const operation = document.definitions[0] as OperationDefinitionNode;
  const executePlan = planned(document, operation);
  const request = () => ({ context: createContext(), variables });
  const direct = await execute({ schema, document, contextValue: createContext(), variableValues: variables });
  const results = [
    await reference(document, operation)(request()),
    await executePlan(request()),
    await executePlan(request()),
  ];
  const cacheable = new Set(results.filter(({ errors }) => !errors).map(({ isCacheable }) => isCacheable));
  expect(cacheable.size, text).toBeLessThanOrEqual(1);
  return [direct, ...results.map(asExecutionResult)].map((result) => comparable(result, isOrdered));
}

/**
 * Of several failures below one null, which is reported depends on time, and so does the order of errors where resolvers return
 * promises.
 */
function comparable({ data, errors = [] }: ExecutionResult, isOrdered: boolean): string {
  const shown = errors.map((error) => {
    const { path = [] } = error;
    const place = path.slice(0, depthOfNull(data, path));
    return place.length < path.length ? `below ${place.join(".")}` : `${JSON.stringify(error)} ${error.originalError}`;
  });
  const distinct = [...new Set(shown)];
  return JSON.stringify({ data, errors: isOrdered ? distinct : distinct.sort() });
}

function depthOfNull(data: unknown, [key, ...rest]: readonly (string | number)[]): number {
  if (data == null || key === undefined) return 0;
  return 1 + depthOfNull((data as Record<string, unknown>)[key], rest);
}

describe("the planned engine", () => {
  it.each(["an operator", "a partner"])(
    "executes random queries of the graph as graphql-js does, for %s",
    async (who) => {
      await using gateway = await createTestGateway();
      const partner = await onboard(gateway, "northwind-tv", ["derby-final"]);
      const parts = createServices(gateway.options);
      const { publish, subscribe } = gateway.sandbox.tokens;
      const engines = createEngines(createSchema);
      const pools: Pools = {
        ids: [partner.id, "", "bm9uZQ"],
        tokenIds: [...publish(), ...subscribe()].map(({ id }) => id),
        streamNames: ["derby-final", "arena-cam1", "world-feed", "no-such-stream", ""],
        trackingIds: ["northwind-tv", "kestrel-media", "no-such-tracking-id"],
        texts: ["", "x", ".*", "2026-03", "PT1H"],
        lasts: ["PT1H", "P1D", "P3D"],
      };
      const cost = { requested: 0, limit: 0, remaining: 0, resetAt: 0 };
      const [key, seed] = who === "an operator" ? [OPERATOR_KEY, SEED] : [partner.key, SEED + 1];
      const caller = await parts.auth.authenticate({ authorization: `Bearer ${key}`, origin: null, address: null });
      if (!caller) throw new Error("nobody");
      const operations = createRandomOperations(engines.schema, pools, seeded(seed));
      for (let count = 0; count < GRAPH_QUERIES; count += 1) {
        const text = operations();
        // A shown secret is in the audit log of the next response.
        const showsItself = /\bsecret\b/.test(text) && /\bauditLog\b/.test(text);
        if (text.startsWith("mutation") || showsItself) continue;
        const [expected, ...found] = await allResults(engines, text, () =>
          createContexts(parts)({ caller, address: null, cost }),
        );
        for (const result of found) expect(result, text).toBe(expected);
      }
      await parts.upstream.close();
      await parts.auth.close();
    },
  );

  it("executes random operations as graphql-js does if resolvers fail, wait and return null at random", async () => {
    const pools: Pools = { ids: [], tokenIds: [], streamNames: [], trackingIds: [], texts: [], lasts: [] };
    let withErrors = 0;
    let withoutData = 0;
    for (let seed = 0; seed < OPERATIONS; seed += 1) {
      // Every second schema has no promises, so that the order of errors is defined.
      const isOrdered = seed % 2 === 1;
      const engines = createEngines(() => unreliableSchema(seed, !isOrdered));
      const text = createRandomOperations(engines.schema, pools, seeded(SEED + seed))();
      if (text.startsWith("mutation")) continue;
      const [expected = "", ...found] = await allResults(engines, text, () => ({}), { isOrdered });
      if (!expected.endsWith('"errors":[]}')) withErrors += 1;
      if (expected.startsWith('{"data":null')) withoutData += 1;
      for (const result of found) expect(result, `seed ${seed}: ${text}`).toBe(expected);
    }
    expect(withErrors).toBeGreaterThan(OPERATIONS / 3);
    expect(withErrors - withoutData).toBeGreaterThan(OPERATIONS / 6);
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
  ])("executes as graphql-js does: %s", async (_what, text) => {
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
      const engines = createEngines(createSchema);
      const [expected, ...found] = await allResults(engines, text, context, { variables: { a } });
      for (const result of found) expect(result).toBe(expected);
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
function unreliableSchema(seed: number, hasPromises: boolean): GraphQLSchema {
  const outcome = (place: string, count: number) => {
    let hash = seed + 1;
    for (const letter of place) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    return hash % count;
  };
  const unreliable = (place: string, value: unknown): unknown => {
    const failure = new Error(`failure at ${place}`);
    const unusual = hasPromises
      ? [null, undefined, failure, Promise.resolve(null), Promise.resolve(failure)]
      : [null, undefined, failure, null, failure];
    const what = outcome(place, 40);
    if (what < 2) throw failure;
    if (what < 4) {
      if (hasPromises) return Promise.reject(failure);
      throw failure;
    }
    if (what < 4 + unusual.length) return unusual[what - 4];
    return hasPromises && what < 25 ? Promise.resolve(value) : value;
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
      if (what === 0) return hasPromises ? Promise.resolve(value) : value;
      if (what === 1) return hasPromises ? rejected(new Error(`item ${index}`)) : new Error(`item ${index}`);
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
    resolveType: (value: { kind: string }) => {
      if (value.kind !== "Nothing") return value.kind;
      if (hasPromises) return Promise.reject(new Error("of no type"));
      throw new Error("of no type");
    },
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
