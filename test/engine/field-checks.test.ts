import { type GraphQLFieldResolver, GraphQLObjectType, GraphQLSchema, GraphQLString, parse } from "graphql";
import { describe, expect, it } from "vitest";
import { createEngine, type EngineName, engineNames } from "../../src/engine/engine.ts";
import { accessExtension } from "../../src/engine/field-checks.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";

/** Executes `{ field }` on a field that is guarded by one check, and returns which resolvers ran. */
function execute(name: EngineName, isAllowed: boolean, replaced?: GraphQLFieldResolver<unknown, unknown>) {
  const calls: string[] = [];
  const check = () => {
    calls.push("check");
    if (!isAllowed) throw new Error("not allowed");
  };
  const resolve = () => {
    calls.push("resolve");
    return "value";
  };
  const guarded = () => {
    check();
    return resolve();
  };
  const field = {
    type: GraphQLString,
    resolve: replaced ?? guarded,
    extensions: accessExtension(check, resolve, guarded),
  };
  const schema = new GraphQLSchema({ query: new GraphQLObjectType({ name: "Query", fields: { field } }) });
  const { createTimeSlicer } = createScheduling({ maxRequestsInFlight: 1 });
  const document = parse("{ a: field b: field }");
  const [operation] = document.definitions;
  if (operation?.kind !== "OperationDefinition") throw new Error("no operation");
  const engine = createEngine<object>(name, schema, { createTimeSlicer, onDeferred: () => undefined });
  const result = engine(document, operation)({ context: {}, variables: {} });
  return { calls, result };
}

describe.each(engineNames)("field checks of the engine %s", (name) => {
  it("are made before the resolver runs", async () => {
    const { calls, result } = execute(name, true);
    expect(calls).toEqual(["check", "resolve", "check", "resolve"]);
    expect((await result).data).toBe('{"a":"value","b":"value"}');
  });

  it("keep the resolver from running if they fail", async () => {
    const { calls, result } = execute(name, false);
    expect(calls).not.toContain("resolve");
    const { data, errors } = await result;
    expect([data, errors?.length]).toEqual(['{"a":null,"b":null}', 2]);
  });

  it("are not made for a resolver that replaces the guarded one, which makes its own", async () => {
    const { calls, result } = execute(name, false, () => "replaced");
    expect(calls).toEqual([]);
    expect((await result).data).toBe('{"a":"replaced","b":"replaced"}');
  });
});
