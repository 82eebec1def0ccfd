import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLError,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
} from "graphql";
import { GraphQLDateTime, GraphQLDuration, GraphQLSafeInt } from "graphql-scalars";
import { describe, expect, it } from "vitest";
import { createContexts, type GraphContext } from "../../src/context.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { InvalidInputError } from "../../src/model/errors.ts";
import { createDocumentCache } from "../../src/operation/document-cache.ts";
import { splitDocument } from "../../src/operation/document-template.ts";
import { createErrors, type ShownError } from "../../src/operation/mask-error.ts";
import type { RawVariables } from "../../src/operation/query-cost.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";
import { CountryCode } from "../../src/schema/scalars.ts";
import { createSchema } from "../../src/schema/schema.ts";
import { createServices } from "../../src/services.ts";
import { type Answer, createTestGateway, OPERATOR_KEY } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { createRandomOperations, type Pools, seeded } from "../support/random-operations.ts";

/** Documents that are compared, each with several sets of literals; more by the environment variable. */
const DOCUMENTS = Number(process.env["TEMPLATE_DOCUMENTS"] ?? 150);
const SEED = 20_261_130;

/** Two caches of one schema, with templates and without, and what each answers. */
function createCaches(schema: GraphQLSchema) {
  const internal: unknown[] = [];
  const errors = createErrors((error) => internal.push(error));
  const plans = { withTemplates: 0, without: 0 };
  const side = (name: keyof typeof plans) => {
    const engine = createEngine<GraphContext>("planned", schema, {
      createTimeSlicer: createScheduling({ maxRequestsInFlight: 1 }).createTimeSlicer,
      onDeferred: () => undefined,
    });
    const prepare = createDocumentCache({
      schema,
      errors,
      hasTemplates: name === "withTemplates",
      engine: (document, operation) => {
        plans[name] += 1;
        return engine(document, operation);
      },
    });
    return async (text: string, context: GraphContext, variables: RawVariables, operationName: string | null) => {
      const document = prepare(text);
      const operation = document.errors ? null : document.operation(operationName);
      if (!operation) return { operation: null, data: null, errors: shown(document.errors ?? []) };
      const { data, errors: failures = [], isCacheable } = await operation.execute({ context, variables });
      return {
        operation: { name: operation.name, type: operation.type, cost: operation.cost(variables) },
        ...{ data, isCacheable },
        errors: shown(errors.showFirst(failures, 100)),
      };
    };
  };
  return { plans, internal, withTemplates: side("withTemplates"), without: side("without") };
}

/** Where resolvers return promises, the order of errors is not defined. */
function shown(errors: readonly ShownError[]): readonly string[] {
  return errors.map(({ json, http }) => json + JSON.stringify(http)).sort();
}

const TIMES = ["2026-03-01T00:00:00Z", "2026-03-01T01:30:00.5+02:00", "2026-02-29T00:00:00Z", "yesterday"];

/** Literals of any type, right and wrong, as they are written. */
const literals = [
  ...["0", "7", "-7", "007", "2147483648", "9007199254740993", "1.0", "-2.5e3", "1e400", "1.", "0x1", "- 5"],
  ...[
    '""',
    '"a"',
    '"naïve ☃"',
    '"👩‍🚀"',
    '"line\\nbreak"',
    '"\\u0041"',
    '"#"',
    '"{"',
    '"7"',
    '"RED"',
    '"P1D"',
    '"DE"',
    '"de"',
  ],
  ...['"""block"""', '"""\n  two\n  lines\n"""', '"open', '"a" "b"', '""""', "'a'"],
  ...TIMES.map((time) => JSON.stringify(time)),
  ...[
    "true",
    "false",
    "null",
    "RED",
    "$v",
    "[]",
    "[1, 2]",
    '["a", "b"]',
    "[1, $v]",
    "{}",
    '{ text: "t" }',
    "{ int: 3 }",
  ],
];

/** A schema whose fields answer with their arguments, so that data shows how each was coerced. */
function createEchoSchema(): GraphQLSchema {
  const Color = new GraphQLEnumType({ name: "Color", values: { RED: { value: 1 }, BLUE: { value: 2 } } });
  const Any = new GraphQLScalarType({ name: "Any" });
  const Input: GraphQLInputObjectType = new GraphQLInputObjectType({
    name: "Input",
    fields: () => ({
      int: { type: GraphQLInt, defaultValue: 5 },
      text: { type: GraphQLString },
      times: { type: new GraphQLList(GraphQLDateTime) },
      below: { type: Input },
      list: { type: new GraphQLList(new GraphQLNonNull(Input)) },
    }),
  });
  const Choice = new GraphQLInputObjectType({
    name: "Choice",
    isOneOf: true,
    fields: { text: { type: GraphQLString }, int: { type: GraphQLInt } },
  });
  const args = {
    int: { type: GraphQLInt, defaultValue: 7 },
    float: { type: GraphQLFloat },
    id: { type: GraphQLID },
    text: { type: GraphQLString },
    sure: { type: new GraphQLNonNull(GraphQLString), defaultValue: "sure" },
    flag: { type: GraphQLBoolean },
    color: { type: Color },
    colors: { type: new GraphQLList(Color) },
    time: { type: GraphQLDateTime },
    duration: { type: GraphQLDuration },
    country: { type: CountryCode },
    safe: { type: GraphQLSafeInt },
    any: { type: Any },
    ints: { type: new GraphQLList(new GraphQLNonNull(GraphQLInt)) },
    matrix: { type: new GraphQLList(new GraphQLList(GraphQLInt)) },
    input: { type: Input },
    inputs: { type: new GraphQLList(Input) },
    choice: { type: Choice },
  };
  const echo = (value: object) =>
    JSON.stringify(value, (_key, each: unknown) => (typeof each === "number" ? `${each} as a number` : each));
  const failure = new InvalidInputError("text", "`text` must be another one.");
  const fails = (_source: unknown, { text }: { readonly text?: string }) => {
    if (text === "a") throw new GraphQLError("An unlocated error.");
    if (text) throw failure;
    return 0;
  };
  const Thing = new GraphQLInterfaceType({
    name: "Thing",
    fields: { name: { type: GraphQLString } },
    resolveType: () => "Echo",
  });
  const Echo: GraphQLObjectType = new GraphQLObjectType({
    name: "Echo",
    interfaces: [Thing],
    fields: () => ({
      name: { type: GraphQLString, resolve: () => "echo" },
      echo: { type: GraphQLString, args, resolve: (_source, given: object) => echo(given) },
      fail: { type: GraphQLInt, args: { text: { type: GraphQLString } }, resolve: fails },
      sure: { type: new GraphQLNonNull(GraphQLInt), args: { text: { type: GraphQLString } }, resolve: fails },
      child: { type: Echo, args, resolve: () => ({}) },
      things: { type: new GraphQLList(Thing), args: { first: { type: GraphQLInt } }, resolve: () => [{}, {}] },
    }),
  });
  return new GraphQLSchema({ query: Echo, mutation: Echo, subscription: Echo, types: [Echo] });
}

const ARGUMENTS =
  "int float id text sure flag color colors time duration country safe any ints matrix input inputs choice".split(" ");

/** Makes documents with places for literals, written as `?`, and fills them. */
function createRandomDocuments(random: () => number) {
  const any = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const chance = (share: number) => random() < share;
  const some = <Item>(most: number, make: () => Item) => Array.from({ length: Math.ceil(random() * most) }, make);

  const value = (name: string): string => {
    if (name === "input" || name === "inputs") {
      const field = any(["int: ?", "text: ?", "times: [?, ?]", "times: ?", "below: { text: ? }", "list: { int: ? }"]);
      return chance(0.2) ? `[{ ${field} }]` : `{ ${field} }`;
    }
    if (name === "choice") return any(["{ text: ? }", "{ int: ? }", "?"]);
    if (name === "matrix") return any(["?", "[?, ?]", "[[?], ?]"]);
    return chance(0.2) ? "[?, ?]" : "?";
  };
  const argument = () => {
    const name = any(ARGUMENTS);
    return `${name}: ${value(name)}`;
  };
  const args = () => `(${some(2, argument).join(any([", ", "\n", ' # a "comment" of 7\n']))})`;
  let aliases = 0;
  const field = (): string => {
    aliases += 1;
    const alias = chance(0.9) ? `f${aliases}: ` : "";
    const directive = chance(0.05) ? any([" @skip(if: ?)", " @include(if: false)", " @include(if: $if)"]) : "";
    return any([
      () => `${alias}echo${args()}${directive}`,
      () => `${alias}echo${args()}${directive}`,
      () => `${alias}fail(text: ?)`,
      () => `${alias}sure(text: ?)`,
      () => `${alias}child${args()} { ${field()} ...Part }`,
      () => `things(first: ?) { name ... on Echo { ${field()} } }`,
      () => `__type(name: ?) { name }`,
    ])();
  };
  const defaults = () => (chance(0.2) ? " = ?" : "");
  return {
    shape: () => {
      aliases = 0;
      const fields = some(3, field).join("\n  ");
      const [type, used] = any([
        ["Int", "int"],
        ["String", "text"],
        ["String!", "input: { text: ? } sure"],
      ] as const);
      const kind = chance(0.1) ? "mutation" : "query";
      const other = chance(0.1) ? "query Other { echo(text: ?) }\n" : "";
      return `${other}${kind} Main($v: ${type}${defaults()}, $if: Boolean = true) { ${fields} used: echo(${used}: $v) unused: name @skip(if: $if) ...Part }\nfragment Part on Echo { part: echo(text: ?) }`;
    },
    /** Values that mostly fit their place, so that many documents are valid. */
    fill: (shape: string) => {
      let name = "";
      return shape.replaceAll(/(\w+): |\?/g, (found: string, named: string | undefined) => {
        if (named !== undefined) name = named;
        return named === undefined ? any((chance(0.95) ? fitting[name] : undefined) ?? literals) : found;
      });
    },
    variables: () => any([{}, { v: 3 }, { v: "three" }, { v: null }, { v: 1.5 }, { if: false }]),
  };
}

const texts = ['"a"', '"b"', '""', '"a longer text"', '"naïve"'];
const numbers = ["0", "1", "-12", "345678"];
const times = TIMES.slice(0, 2).map((time) => JSON.stringify(time));
const fitting: Readonly<Record<string, readonly string[]>> = {
  ...{ int: numbers, safe: numbers, ints: numbers, matrix: numbers, first: numbers },
  ...{ float: [...numbers, "1.5", "2e3"], id: [...numbers, ...texts], any: [...numbers, ...texts] },
  ...{ text: texts, sure: texts, name: ['"Echo"', '"Input"', '"None"'] },
  ...{ flag: ["true", "false"], if: ["true"], color: ["RED", "BLUE"], colors: ["RED"], choice: ['{ text: "a" }'] },
  ...{ time: times, times, duration: ['"P1D"', '"PT1H"'], country: ['"DE"', '"GB"'] },
};

const context = {} as GraphContext;

describe("documents that differ in literals alone", () => {
  it("share one plan from the third on", async () => {
    const { withTemplates, plans } = createCaches(createEchoSchema());
    const ask = (text: string, int: number) =>
      withTemplates(`{ echo(text: "${text}", int: ${int}) child(time: "${TIMES[0]}") { name } }`, context, {}, null);
    for (let count = 0; count < 10; count += 1) {
      const { data } = await ask("x".repeat(count), -count);
      expect(data).toContain("x".repeat(count));
    }
    expect(plans.withTemplates).toBe(3);
  });

  it("have their own plan if one is executed again and again", async () => {
    const { withTemplates, plans } = createCaches(createEchoSchema());
    for (const int of [1, 2, 3]) await withTemplates(`{ echo(int: ${int}) }`, context, {}, null);
    const repeat = async (times: number) => {
      for (let time = 0; time < times; time += 1) await withTemplates("{ echo(int: 3) }", context, {}, null);
    };
    await repeat(19);
    expect(plans.withTemplates).toBe(3);
    await repeat(2);
    expect(plans.withTemplates).toBe(4);
  });

  it("are prepared again if their template is no longer cached", async () => {
    const { withTemplates, plans } = createCaches(createEchoSchema());
    const ask = (text: string) => withTemplates(text, context, {}, null);
    for (const int of [1, 2, 3]) await ask(`{ echo(int: ${int}) }`);
    expect(plans.withTemplates).toBe(3);
    const fields = Array.from({ length: 45 }, (_, index) => `f${index}: name`).join(" ");
    for (let count = 0; count < 250; count += 1) {
      for (const int of [1, 2]) await ask(`{ e${count}: echo(int: ${int}) ${fields} }`);
      // One that is used stays.
      await ask(`{ echo(id: ${count}) }`);
    }
    expect(plans.withTemplates).toBe(3 + 500 + 3);
    const { data } = await ask("{ echo(int: 3) }");
    expect(data).toContain("3 as a number");
    expect(plans.withTemplates).toBe(3 + 500 + 3 + 1);
  });

  it("share no plan with a document that would stay in memory with its long literals", async () => {
    const { withTemplates, plans } = createCaches(createEchoSchema());
    const ask = (text: string) => withTemplates(`{ echo(text: "${text}") }`, context, {}, null);
    for (const letter of ["a", "b"]) await ask(letter.repeat(30_000));
    expect(plans.withTemplates).toBe(2);
    for (const text of ["a", "b", "c", "c".repeat(30_000)]) expect((await ask(text)).data).toContain(`${text}\\"`);
    expect(plans.withTemplates).toBe(4);
  });

  it("are prepared on their own if they have more literals than tokens are allowed", () => {
    const split = (literals: number) => splitDocument(`{ name } # ${"1 ".repeat(literals)}`);
    expect(split(2_000)?.literals).toHaveLength(2_000);
    expect(split(2_001)).toBeNull();
  });

  it.each(["mutation", "subscription"])("have plans of their own as a %s, which yoga may execute", async (kind) => {
    const { withTemplates, plans } = createCaches(createEchoSchema());
    for (const int of [1, 2, 3, 4]) await withTemplates(`${kind} { echo(int: ${int}) }`, context, {}, null);
    expect(plans.withTemplates).toBe(4);
  });

  it("are not those of a document with the character that marks a literal", async () => {
    const { withTemplates } = createCaches(createEchoSchema());
    for (const id of ["1", "2", "3"]) await withTemplates(`{ echo(id: ${id}) }`, context, {}, null);
    const { operation, errors } = await withTemplates("{ echo(id: \0) }", context, {}, null);
    expect([operation, errors]).toEqual([null, [expect.stringContaining("GRAPHQL_PARSE_FAILED")]]);
  });

  it("are quoted by errors in a client's variable as they are written", async () => {
    const { withTemplates, without } = createCaches(createEchoSchema());
    for (const int of [1, 2, 3, 4]) {
      const text = `query ($v: Int = 3) { echo(ints: [${int}, $v]) }`;
      const expected = await without(text, context, { v: null }, null);
      expect(expected.errors[0]).toContain(`[${int}, $v]`);
      expect(await withTemplates(text, context, { v: null }, null)).toEqual(expected);
    }
  });

  it("are answered as if each was prepared on its own, whatever the literals", { timeout: 180_000 }, async () => {
    const { withTemplates, without, plans, internal } = createCaches(createEchoSchema());
    const { shape, fill, variables } = createRandomDocuments(seeded(SEED));
    const outcomes = { succeeded: 0, failed: 0, invalid: 0 };
    for (let count = 0; count < DOCUMENTS; count += 1) {
      const document = shape();
      for (let filled = 0; filled < 8; filled += 1) {
        const [text, values] = [fill(document), variables()];
        for (const name of ["Main", null]) {
          const expected = await without(text, context, values, name);
          expect(await withTemplates(text, context, values, name), text).toEqual(expected);
          if (expected.operation === null) outcomes.invalid += 1;
          else if (expected.errors.length > 0) outcomes.failed += 1;
          else outcomes.succeeded += 1;
        }
      }
    }
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(DOCUMENTS / 2);
    expect(plans.withTemplates).toBeLessThan(plans.without - DOCUMENTS);
    expect(internal).toEqual([]);
  });
});

/** Returns a document with each literal replaced by a random one, mostly of the same kind. */
function withOtherLiterals(text: string, pools: Pools, random: () => number): string {
  const any = (items: readonly unknown[]) => JSON.stringify(items[Math.floor(random() * items.length)]);
  return text.replace(/"[^"]*"|\b\d+\b/g, (found) => {
    const what = random();
    if (what < 0.5) return found;
    if (!found.startsWith('"')) return what < 0.95 ? any([1, 2, 7, 50, 5_000]) : '"one"';
    if (found.includes("T")) return any(what < 0.75 ? pools.lasts : TIMES);
    return what < 0.97 ? any([...pools.ids, ...pools.streamNames, ...pools.trackingIds, ...pools.texts]) : "3";
  });
}

describe("queries of the graph that differ in literals alone", () => {
  it("have the data, errors and price that each has on its own", { timeout: 180_000 }, async () => {
    await using gateway = await createTestGateway();
    const partner = await onboard(gateway, "northwind-tv", ["derby-final"]);
    const parts = createServices(gateway.options);
    const caller = await parts.auth.authenticate({
      authorization: `Bearer ${OPERATOR_KEY}`,
      origin: null,
      address: null,
    });
    if (!caller) throw new Error("nobody");
    const cost = { requested: 0, limit: 0, remaining: 0, resetAt: 0 };
    const newContext = () => createContexts(parts)({ caller, address: null, cost });
    const { publish, subscribe } = gateway.sandbox.tokens;
    const pools: Pools = {
      ids: [partner.id, "", "bm9uZQ"],
      tokenIds: [...publish(), ...subscribe()].map(({ id }) => id),
      streamNames: ["derby-final", "arena-cam1", "no-such-stream", ""],
      trackingIds: ["northwind-tv", "no-such-tracking-id"],
      texts: ["", "x", "2026-03", "derby-.*"],
      lasts: ["PT1H", "P1D", "P3D"],
    };
    const { withTemplates, without, plans } = createCaches(createSchema());
    const random = seeded(SEED);
    const operations = createRandomOperations(createSchema(), pools, random);
    for (let count = 0; count < DOCUMENTS / 12; count += 1) {
      const document = operations();
      if (document.startsWith("mutation") || /\bsecret\b|\bauditLog\b/.test(document)) continue;
      for (let filled = 0; filled < 6; filled += 1) {
        const text = withOtherLiterals(document, pools, random);
        const expected = await without(text, newContext(), {}, null);
        expect(await withTemplates(text, newContext(), {}, null), text).toEqual(expected);
      }
    }
    expect(plans.withTemplates).toBeLessThan(plans.without - DOCUMENTS / 50);
    await parts.upstream.close();
    await parts.auth.close();
  });

  it("are answered with the price, the locations and the values of their own text", async () => {
    await using gateway = await createTestGateway();
    const pages = [
      ["a", 1],
      ["derby-final", 30],
      ["arena-cam1", 200],
      ["", 999],
      ["derby-final", 1_001],
    ] as const;
    for (const [name, first] of pages) {
      const text = `{ stream(by: { name: "${name}" }) { name } page: streams(first: ${first}) { nodes { id name } } }`;
      const answer = await gateway.ask(text);
      // A comment is the document's own.
      const expected = await gateway.ask(`${text} # ${name} ${first}`);
      expect(withoutBudget(answer)).toEqual(withoutBudget(expected));
      if (first > 1_000) {
        expect(answer.errors[0]).toMatchObject({ locations: [{ line: 1, column: text.indexOf("page") + 1 }] });
      }
    }
  });

  it("do not share cached responses", async () => {
    await using gateway = await createTestGateway();
    type Page = { streams: { nodes: { name: string }[] } };
    const { data } = await gateway.ask<Page>("{ streams(first: 6) { nodes { name } } }");
    for (let time = 0; time < 10; time += 1) {
      for (const { name } of data.streams.nodes) {
        const answer = await gateway.ask(`{ stream(by: { name: "${name}" }) { name } }`);
        expect(answer.data).toEqual({ stream: { name } });
      }
    }
  });

  it("are refused with their own message if a literal is wrong", async () => {
    await using gateway = await createTestGateway();
    const messages: unknown[] = [];
    for (const first of ["1", "2", "3", '"4"', "99999999999", "5"]) {
      const { errors } = await gateway.ask(`{ streams(first: ${first}) { totalCount } }`);
      messages.push(errors?.[0]?.message ?? null);
    }
    const [text, large] = [
      "Int cannot represent non-integer value.",
      "Int cannot represent non 32-bit signed integer value.",
    ];
    expect(messages).toEqual([null, null, null, text, large, null]);
  });
});

function withoutBudget({ extensions, ...answer }: Answer): object {
  return { ...answer, requested: (extensions["cost"] as { readonly requested: number }).requested };
}
