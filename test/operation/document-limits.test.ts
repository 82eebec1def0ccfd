import fc from "fast-check";
import { type DocumentNode, getIntrospectionQuery, parse, type SelectionSetNode, validate } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestLimits } from "../../src/model/request-limits.ts";
import {
  assertWithinLimits,
  isTooManyTokens,
  measureDocument,
  type SelectionSize,
} from "../../src/operation/document-limits.ts";
import { RequestError } from "../../src/operation/request-error.ts";
import { createSchema } from "../../src/schema/schema.ts";
import { createTestGateway, graphqlRequest, type TestGateway } from "../support/gateway.ts";

const many = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(" ");

/** Reads of the document's nodes that validation may take: twice those of the largest number of fields of one name. */
const MAX_VALIDATION_READS = 1_000_000;
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await createTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Returns the status of the response, its errors and the extensions of the first one. */
async function ask(query: string) {
  const response = await gateway.gateway.fetch(graphqlRequest({ query }));
  const { errors = [] } = (await response.json()) as { errors?: { message: string; extensions: object }[] };
  return { status: response.status, errors, extensions: errors[0]?.extensions };
}

describe("a document", () => {
  it.each<[keyof typeof requestLimits, (count: number) => string]>([
    ["maxOperations", (count) => many(count, (i) => `query q${i} { __typename }`)],
    ["maxRootFields", (count) => `{ ${many(count, () => "__typename")} }`],
    ["maxFields", (count) => `{ me { ${many(count - 1, () => "name")} } }`],
    ["maxDepth", (count) => `{ ${"node(id: 1) { ".repeat(count - 1)} id ${"}".repeat(count - 1)} }`],
    ["maxAliases", (count) => `{ me { ${many(count, (i) => `a${i}: __typename`)} } }`],
    ["maxDirectives", (count) => `{ me { ${many(count, () => "name @skip(if: false)")} } }`],
  ])("at the limit %s is validated, and one beyond is refused with it", async (limit, document) => {
    const { max } = requestLimits[limit];
    expect((await ask(document(max))).extensions).not.toMatchObject({ code: "QUERY_TOO_COMPLEX" });
    expect(await ask(document(max + 1))).toMatchObject({
      status: 400,
      extensions: { code: "QUERY_TOO_COMPLEX", limit, max, actual: max + 1 },
    });
  });

  it("at the limit of tokens is parsed, and one beyond is not", async () => {
    const { max } = requestLimits.maxTokens;
    const document = (tokens: number) => `{ node(id: [${many(tokens - 12, () => "1")}]) { id } }`;
    expect((await ask(document(max))).extensions).toMatchObject({ code: "GRAPHQL_VALIDATION_FAILED" });
    expect(await ask(document(max + 1))).toMatchObject({
      status: 400,
      extensions: { code: "QUERY_TOO_COMPLEX", limit: "maxTokens", max },
    });
  });

  it("of GraphiQL's introspection is within the limits, for every caller with a key", async () => {
    const query = getIntrospectionQuery({
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect(await ask(query)).toMatchObject({ status: 200, errors: [] });
    const { fields, depth } = measureDocument(parse(query));
    expect({ fields, depth }).toEqual({ fields: 230, depth: 15 });
  });

  it("of a dashboard is within the limits: twelve months of six figures each", async () => {
    const months = many(12, (i) => {
      const usage = `usage(window: { month: "2025-${String(i + 1).padStart(2, "0")}" })`;
      return `m${i}: ${usage} { total { bytesIn bytesOut gigabytesIn gigabytesOut } percentile(granularity: DAY) { bitsPerSecond } }`;
    });
    expect((await ask(`{ account { ${months} } }`)).extensions).not.toMatchObject({ code: "QUERY_TOO_COMPLEX" });
  });

  it("tells those who hold a key what they may have meant, because introspection would tell them as well", async () => {
    expect((await ask("{ strems { totalCount } }")).errors[0]?.message).toBe(
      'Cannot query field "strems" on type "Query". Did you mean "streams" or "stream"?',
    );
  });

  it("with many mistakes is answered with the first few", async () => {
    const { errors } = await ask(`{ ${many(50, (i) => `x${i}`)} }`);
    expect(errors).toHaveLength(6);
    expect(errors[5]?.message).toBe("Too many validation errors, error limit reached. Validation aborted.");
  });

  it("with a name of a hundred thousand letters is answered in two hundred", async () => {
    const { errors } = await ask(`{ ${"x".repeat(90_000)} }`);
    expect(errors[0]?.message.length).toBeLessThanOrEqual(200);
  });
});

describe("a hostile document", () => {
  const { maxTokens, maxFields, maxBodyBytes } = requestLimits;
  const chain = (length: number, spreads: number) =>
    `{ ...f0 } ${many(length, (i) => `fragment f${i} on Query { ${`...f${i + 1} `.repeat(spreads)}}`)} fragment f${length} on Query { me { name } }`;
  const text = (bytes: number) => "x".repeat(bytes);
  const documents: [string, string][] = [
    ["fragments that double 150 times", chain(150, 2)],
    ["fragments that multiply by 40", chain(20, 40)],
    [
      "fragments within themselves",
      `{ ...a } fragment a on Query { ...b ...b } fragment b on Query { ...a ...a me { name } }`,
    ],
    [
      "fragments that each spread all later ones",
      `{ ...f0 } ${many(28, (i) => `fragment f${i} on Query { ${many(28 - i, (j) => `...f${i + j + 1}`)} __typename }`)} fragment f28 on Query { me { name } }`,
    ],
    ["fields nested by the hundred", `{ ${"me { ".repeat(600)} name ${"}".repeat(600)} }`],
    ["lists nested by the hundred", `{ node(id: ${"[".repeat(980)}${"]".repeat(980)}) { id } }`],
    ["lists nested by the ten thousand", `{ node(id: ${"[".repeat(45_000)}${"]".repeat(45_000)}) { id } }`],
    ["objects nested by the hundred", `{ stream(by: ${"{ a: ".repeat(480)} 1 ${"}".repeat(480)}) { name } }`],
    ["fields of one name", `{ ${"me { name } ".repeat(maxFields.max / 2)} }`],
    ["fields of one name, all below another", `{ me { ${"name ".repeat(maxFields.max - 1)} } }`],
    ["fields of one name at three levels", `{ ${"partners { nodes { name name name name name name } } ".repeat(50)} }`],
    ["fields of one name behind inline fragments", `{ ${"... { me { name } } ".repeat(maxFields.max / 2)} }`],
    [
      "fields of one name with long arguments",
      `{ ${many(49, () => `stream(by: { name: "${text(1_900)}" }) { name }`)} }`,
    ],
    [
      "nested fields of one name with long arguments",
      `{ me { ${many(190, () => `x(by: "${"\\u00e9".repeat(80)}")`)} } }`,
    ],
    ["one long text", `{ stream(by: { name: "${text(99_000)}" }) { name } }`],
    ["one long block of text", `{ stream(by: { name: """${" x\n".repeat(33_000)}""" }) { name } }`],
    ["nothing but comments", `{ __typename ${"#\n".repeat(49_000)} }`],
    ["nothing but blanks", `{ __typename ${" ,".repeat(49_000)} }`],
    ["variables by the hundred", `query (${many(380, (i) => `$a${i}: Int`)}) { me { name } }`],
    ["directives by the hundred", `{ me { name ${"@skip(if: true) ".repeat(300)} } }`],
    ["unknown names that resemble known ones", `{ ${many(49, (i) => `stream${i}`)} }`],
    ["operations by the hundred", many(300, (i) => `query q${i} { me { name } }`)],
  ];

  it.each(documents)("is answered by no fault of the gateway: %s", async (_what, document) => {
    expect(document.length).toBeLessThan(maxBodyBytes.max);
    expect((await ask(document)).extensions).not.toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    expect(gateway.complaints()).toBe("");
  });

  it.each(documents)("is refused before validation, or validated in few steps: %s", (_what, text) => {
    const document = withinLimits(text);
    if (document === null) return;
    const reads = countReads(document);
    validate(createSchema(), document, undefined, { maxErrors: 5 });
    expect(reads()).toBeLessThan(MAX_VALIDATION_READS);
  });

  it("at the limit of tokens ends in no exhausted stack", () => {
    expect(() =>
      measureDocument(parse(`{ ${"a { ".repeat(660)} a ${"}".repeat(660)} }`, { maxTokens: maxTokens.max })),
    ).not.toThrow();
  });
});

describe("the size of a document", () => {
  it("is that of the document with every fragment written out", () => {
    fc.assert(
      fc.property(documents(), (text) => {
        const document = parse(text);
        expect(measureDocument(document)).toMatchObject(naiveSize(document));
      }),
      { numRuns: 500 },
    );
  });

  it("is found in linear time, however often fragments are spread", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 50, maxLength: 150 }), (spreads) => {
        const fragments = spreads.map((count, i) => `fragment f${i} on Q { ${`...f${i + 1} `.repeat(count)} }`);
        const document = parse(`{ ...f0 } ${fragments.join(" ")} fragment f${spreads.length} on Q { a }`);
        // A walk of each spread would take up to 6^150 steps, and not end.
        const reads = countReads(document);
        const { fields } = measureDocument(document);
        const selections = spreads.reduce((sum, count) => sum + count, 1);
        expect(reads()).toBeLessThanOrEqual(8 * (selections + spreads.length));
        const expected = spreads.reduce((product, count) => product * count, 1);
        expect(fields / expected).toBeCloseTo(1);
      }),
      { numRuns: 50 },
    );
  });
});

/** Returns the parsed document, or null if it exceeds a limit. */
function withinLimits(text: string): DocumentNode | null {
  try {
    const document = parse(text, { maxTokens: requestLimits.maxTokens.max });
    assertWithinLimits(measureDocument(document));
    return document;
  } catch (error) {
    if (error instanceof RequestError || isTooManyTokens(error)) return null;
    throw error;
  }
}

/** Counts reads of the properties of a document's nodes: a number of steps that is the same on every machine. */
function countReads(document: DocumentNode): () => number {
  let reads = 0;
  const instrument = (node: object) => {
    for (const [key, value] of Object.entries(node)) {
      if (key === "loc") continue;
      if (typeof value === "object" && value !== null) instrument(value);
      if (Array.isArray(node)) continue;
      Object.defineProperty(node, key, {
        enumerable: true,
        get: () => {
          reads += 1;
          return value;
        },
      });
    }
  };
  instrument(document);
  return () => reads;
}

/** Documents whose fragments spread later ones only, so that they can be written out. */
function documents(): fc.Arbitrary<string> {
  const selection = (fragments: readonly string[]) =>
    fc.letrec<{ set: string; each: string }>((tie) => ({
      set: fc.array(tie("each"), { minLength: 1, maxLength: 4 }).map((parts) => `{ ${parts.join(" ")} }`),
      each: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        fc.constantFrom("a", "b: a", "c: b @skip(if: true)", ...fragments.map((name) => `...${name}`)),
        tie("set").map((set) => `d ${set}`),
        tie("set").map((set) => `... @include(if: true) ${set}`),
        tie("set").map((set) => `... on T ${set}`),
      ),
    })).set;
  return fc
    .tuple(selection(["f0", "f1", "f2"]), selection(["f1", "f2"]), selection(["f2"]), selection([]))
    .map(
      ([query, f0, f1, f2]) =>
        `query q @d ${query} fragment f0 on T ${f0} fragment f1 on T @e ${f1} fragment f2 on T ${f2}`,
    );
}

/** The same by writing every fragment out. */
function naiveSize({ definitions }: DocumentNode): Omit<SelectionSize, "rootFields"> {
  const walk = ({ selections }: SelectionSetNode): Omit<SelectionSize, "rootFields"> => {
    const size = { fields: 0, depth: 0, aliases: 0, directives: 0 };
    for (const each of selections) {
      const fragment =
        each.kind === "FragmentSpread"
          ? definitions.find((it) => "name" in it && it.name?.value === each.name.value)
          : undefined;
      const set =
        each.kind === "FragmentSpread"
          ? fragment && "selectionSet" in fragment && fragment.selectionSet
          : each.selectionSet;
      const below = set ? walk(set) : { fields: 0, depth: 0, aliases: 0, directives: 0 };
      const own = each.kind === "Field" ? 1 : 0;
      size.fields += below.fields + own;
      size.depth = Math.max(size.depth, below.depth + own);
      size.aliases += below.aliases + (each.kind === "Field" && each.alias ? 1 : 0);
      size.directives += below.directives + (each.directives?.length ?? 0) + (fragment?.directives?.length ?? 0);
    }
    return size;
  };
  const sizes = definitions.flatMap((definition) =>
    "selectionSet" in definition ? [{ ...walk(definition.selectionSet), own: definition.directives?.length ?? 0 }] : [],
  );
  const most = (of: (size: (typeof sizes)[number]) => number) => Math.max(...sizes.map(of));
  return {
    fields: most(({ fields }) => fields),
    depth: most(({ depth }) => depth),
    aliases: most(({ aliases }) => aliases),
    directives: most(({ directives, own }) => directives + own),
  };
}
