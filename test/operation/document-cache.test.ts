import { GraphQLError } from "graphql";
import { describe, expect, it } from "vitest";
import type { GraphContext } from "../../src/context.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { createDocumentCache, type PreparedOperation } from "../../src/operation/document-cache.ts";
import { createErrors } from "../../src/operation/mask-error.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";
import { createSchema } from "../../src/schema/schema.ts";

const schema = createSchema();
const engine = createEngine<GraphContext>("planned", schema, {
  createTimeSlicer: createScheduling({ maxRequestsInFlight: 1 }).createTimeSlicer,
  onDeferred: () => undefined,
});
const prepare = createDocumentCache({
  schema,
  engine,
  errors: createErrors(() => undefined),
  hasTemplates: true,
});
const context = {} as GraphContext;

/** The operation of a document that is right. */
function operationOf(text: string, name: string | null = null): PreparedOperation {
  const document = prepare(text);
  const operation = document.errors ? null : document.operation(name);
  if (!operation) throw new Error("there is no such operation");
  return operation;
}

describe("document cache", () => {
  it("prepares a document once, whether it is valid or not", () => {
    for (const text of ["{ __typename }", "{ nonsense }", "{"]) expect(prepare(text)).toBe(prepare(text));
  });

  it("does not cache a very long document", () => {
    const text = `{ __typename ${"#".repeat(60_000)}\n}`;
    expect(prepare(text)).not.toBe(prepare(text));
  });

  it("finds operations by name, and the only one without a name", () => {
    expect(operationOf("query a { __typename } mutation b { __typename }", "a").type).toBe("query");
    const document = prepare("query a { __typename } query b { __typename }");
    expect(document.errors === null && document.operation(null)).toBeNull();
    expect(document.errors === null && document.operation("c")).toBeNull();
  });

  it("gives null and numbers beyond all bounds different cache keys, at any depth", () => {
    const { cacheKey } = operationOf("query ($v: StreamFilter) { streams(filter: $v) { totalCount } }");
    const values = [
      null,
      Infinity,
      -Infinity,
      "Infinity",
      { isLive: null },
      { isLive: Infinity },
      { isLive: -Infinity },
      [null],
      [Infinity],
    ];
    expect(new Set(values.map((v) => cacheKey({ v }))).size).toBe(values.length);
    expect(cacheKey({ v: { isLive: null } })).toBe(cacheKey({ v: { isLive: null } }));
  });

  it("executes every combination of conditions, also beyond those whose plans are cached", async () => {
    const names = ["a", "b", "c", "d"];
    const text = `query (${names.map((name) => `$${name}: Boolean!`).join(", ")}) { ${names
      .map((name) => `${name}: __typename @include(if: $${name})`)
      .join(" ")} }`;
    for (let combination = 0; combination < 16; combination += 1) {
      const variables = Object.fromEntries(names.map((name, index) => [name, (combination & (1 << index)) !== 0]));
      const { data } = await operationOf(text).execute({ context, variables });
      expect(Object.keys(JSON.parse(data ?? "{}"))).toEqual(names.filter((name) => variables[name]));
    }
  });

  it("executes nothing if variables are invalid, and returns why", async () => {
    const { data, errors } = await operationOf("query ($a: Boolean!) { __typename @skip(if: $a) }").execute({
      context,
      variables: {},
    });
    expect([data, errors?.[0]]).toEqual([undefined, expect.any(GraphQLError)]);
  });
});
