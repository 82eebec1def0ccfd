import {
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  type OperationDefinitionNode,
  parse,
} from "graphql";
import { describe, expect, it } from "vitest";
import { createEngine } from "../../src/engine/engine.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";

type Numbers = Readonly<Record<string, () => unknown>>;

const never = () => new Promise<never>(() => undefined);
const later = (value: number) => () => Promise.resolve(value);
const fails = () => Promise.reject(new Error("no number"));
const failsAtOnce = () => {
  throw new Error("no number");
};

/** Executes an operation whose fields are numbers, which the resolvers of these names give. */
async function execute(text: string, { resolvers = {}, required = {} }: { resolvers?: Numbers; required?: Numbers }) {
  const ofType = (type: GraphQLNonNull<typeof GraphQLInt> | typeof GraphQLInt, all: Numbers) =>
    Object.fromEntries(Object.entries(all).map(([name, resolve]) => [name, { type, resolve }]));
  const numbers = () => ({ ...ofType(GraphQLInt, resolvers), ...ofType(new GraphQLNonNull(GraphQLInt), required) });
  const group = new GraphQLObjectType({ name: "Group", fields: numbers });
  const groupOf = { type: group, resolve: () => ({}) };
  const list = { type: new GraphQLList(group), resolve: () => [{}, {}] };
  const query = new GraphQLObjectType({ name: "Query", fields: () => ({ ...numbers(), group: groupOf, list }) });
  const mutation = new GraphQLObjectType({ name: "Mutation", fields: () => ({ ...numbers(), group: groupOf }) });
  const schema = new GraphQLSchema({ query, mutation });
  const { createTimeSlicer } = createScheduling({ maxRequestsInFlight: 1 });
  const engine = createEngine("planned", schema, { createTimeSlicer, onDeferred: () => undefined });
  const document = parse(text);
  const result = await engine(
    document,
    document.definitions[0] as OperationDefinitionNode,
  )({
    context: {},
    variables: {},
  });
  return { data: JSON.parse(result.data ?? "null") as unknown, errors: result.errors?.length ?? 0 };
}

describe("text that waits", () => {
  it("takes its place among text that does not", async () => {
    const resolvers = { a: later(1), b: () => 2, c: later(3) };
    expect(await execute("{ a b group { c b a } list { c } }", { resolvers })).toEqual({
      data: { a: 1, b: 2, group: { c: 3, b: 2, a: 1 }, list: [{ c: 3 }, { c: 3 }] },
      errors: 0,
    });
  });

  it("is not waited for below a value that a later failure has made null", async () => {
    const asked = { resolvers: { a: never, b: () => 2 }, required: { c: fails } };
    expect(await execute("{ b group { a c } }", asked)).toEqual({ data: { b: 2, group: null }, errors: 1 });
  });

  it("is not waited for beside a field that has failed at once", async () => {
    const asked = { resolvers: { a: never, b: later(2) }, required: { c: failsAtOnce } };
    expect(await execute("{ b list { a c } }", asked)).toEqual({ data: { b: 2, list: [null, null] }, errors: 2 });
  });

  it("is not waited for if a failure leaves no data", async () => {
    const asked = { resolvers: { a: never }, required: { c: fails } };
    expect(await execute("{ a group { a } c }", asked)).toEqual({ data: null, errors: 1 });
  });

  it("below a value that is null adds no further error", async () => {
    const asked = { required: { c: fails, d: fails } };
    expect(await execute("{ group { c d } }", asked)).toEqual({ data: { group: null }, errors: 1 });
  });

  it("of one field of a mutation is complete before the next field starts", async () => {
    const order: string[] = [];
    const noting = (name: string, value: () => Promise<number>) => async () => {
      order.push(`${name} starts`);
      const settled = await value();
      order.push(`${name} ends`);
      return settled;
    };
    const resolvers = { a: noting("a", later(1)), b: noting("b", later(2)), c: noting("c", fails) };
    expect(await execute("mutation { a group { b } c again: a }", { resolvers })).toEqual({
      data: { a: 1, group: { b: 2 }, c: null, again: 1 },
      errors: 1,
    });
    expect(order).toEqual(["a starts", "a ends", "b starts", "b ends", "c starts", "a starts", "a ends"]);
  });
});
