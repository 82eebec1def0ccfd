import { GraphQLError, graphql } from "graphql";
import { describe, expect, it } from "vitest";
import { ApplicationError, InvalidInputError, NotFoundError } from "../../src/model/errors.ts";
import { createErrors } from "../../src/operation/mask-error.ts";
import { createSchema } from "../../src/schema/schema.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { TOKEN } from "../support/platform.ts";

/** What a client reads of an error, and what was told to the log. */
function masked(error: unknown) {
  const faults: unknown[] = [];
  const { message, ...shown } = createErrors((fault) => faults.push(fault)).mask(error);
  return { message, extensions: shown.extensions, path: shown.path, faults };
}

/** As graphql-js wraps what a resolver throws. */
const atField = (originalError: Error) =>
  new GraphQLError(originalError.message, { originalError, path: ["stream", "bandwidth"] });

const schema = createSchema();
/** What a client reads of the mistakes in its document or variables. */
async function mistakes(source: string, variableValues: Record<string, unknown> = {}) {
  const { errors = [] } = await graphql({ schema, source, variableValues, contextValue: {} });
  return errors.map((error) => masked(error));
}

describe("masking of an error of the API", () => {
  it.each([
    new InvalidInputError("window.last", "It is a duration.", { max: 7 }),
    new NotFoundError("by"),
    new ApplicationError("CONFLICT", "It is live."),
    new UpstreamError("UPSTREAM_TIMEOUT", "Too late.", { operation: "Analytics_StreamsTotal", status: 504 }),
  ])("comes with its message, code and facts, and is no fault: %s", (error) => {
    expect(masked(atField(error))).toEqual({
      message: error.message,
      extensions: { code: error.code, ...error.facts },
      path: ["stream", "bandwidth"],
      faults: [],
    });
  });

  it("omits cause and stack", () => {
    const cause = new Error("connect ECONNREFUSED 10.0.0.1:443");
    const error = new UpstreamError(
      "UPSTREAM_UNAVAILABLE",
      "The platform could not be reached.",
      { operation: "x" },
      { cause },
    );
    const shown = createErrors(() => undefined).mask(atField(error));
    expect(JSON.stringify(shown)).not.toMatch(/ECONNREFUSED|10\.0\.0\.1|\.ts/);
    expect(shown.originalError).toBeUndefined();
  });

  it("finds the error within any number of wrapping errors", () => {
    const error = new NotFoundError("by");
    expect(masked(atField(atField(atField(error)))).extensions["code"]).toBe("NOT_FOUND");
  });
});

describe("masking of an internal error", () => {
  it.each<[string, unknown, unknown]>([
    [
      "an error at a field",
      atField(new TypeError(`undefined is no ${TOKEN}`)),
      new TypeError(`undefined is no ${TOKEN}`),
    ],
    ["an error outside of any field", new RangeError("stack"), new RangeError("stack")],
    ["something that is no error", "thrown text", "thrown text"],
    ["nothing", undefined, undefined],
  ])("tells the client nothing and the log everything: %s", (_what, error, told) => {
    const { message, extensions, faults } = masked(error);
    expect(message).toBe("The gateway failed. The fault has been logged.");
    expect(extensions).toEqual({ code: "INTERNAL_SERVER_ERROR" });
    expect(faults).toEqual([told]);
  });

  it("keeps the path of the field", () => {
    expect(masked(atField(new TypeError("x"))).path).toEqual(["stream", "bandwidth"]);
  });

  it.each([
    "Cannot return null for non-nullable field Stream.name.",
    "Int cannot represent non 32-bit signed integer value: 99999999999",
    'Enum "Granularity" cannot represent value: "YEAR"',
  ])("may be a value that we returned: %s", (message) => {
    const { extensions, faults } = masked(new GraphQLError(message, { path: ["stream", "name"] }));
    expect(extensions).toEqual({ code: "INTERNAL_SERVER_ERROR" });
    expect(faults).toHaveLength(1);
  });
});

describe("masking of an error in the client's document or variables", () => {
  it.each([
    ["GRAPHQL_PARSE_FAILED", "GRAPHQL_PARSE_FAILED"],
    ["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_VALIDATION_FAILED"],
    ["BAD_REQUEST", "BAD_REQUEST"],
    ["SOMETHING_ELSE", "INVALID_INPUT"],
    [undefined, "INVALID_INPUT"],
  ])("that the server calls %s has the code %s", (code, shown) => {
    const error = new GraphQLError("Bad.", { extensions: { ...(code && { code }), http: { status: 400 } } });
    expect(masked(error)).toMatchObject({
      message: "Bad.",
      extensions: { code: shown, http: { status: 400 } },
      faults: [],
    });
  });

  it("names the variable and the rule", async () => {
    const [wrong] = await mistakes("query ($first: Int!) { streams(first: $first) { totalCount } }", { first: "five" });
    expect(wrong?.message).toBe('Variable "$first" got an invalid value: Int cannot represent non-integer value.');
    const [missing] = await mistakes("query ($first: Int!) { streams(first: $first) { totalCount } }");
    expect(missing?.message).toBe('Variable "$first" of required type "Int!" was not provided.');
  });

  it("names the place within the variable", async () => {
    const document = "query ($window: WindowInput!) { account { usage(window: $window) { freshUntil } } }";
    const [wrong] = await mistakes(document, { window: { month: 5 } });
    expect(wrong?.message).toBe(
      'Variable "$window" got an invalid value at "window.month": String cannot represent a non string value.',
    );
  });

  it("suggests names for an unknown name", async () => {
    const [wrong] = await mistakes("{ streams(filter: { isAlive: true }) { totalCount } }");
    expect(wrong?.message).toContain('Field "isAlive" is not defined by type');
  });

  const secret = "hunter2-hunter2-hunter2";
  it.each<[string, string, unknown]>([
    ["a number", "query ($v: Int!) { streams(first: $v) { totalCount } }", secret],
    ["a truth", "query ($v: Boolean!) { streams(filter: { isLive: $v }) { totalCount } }", secret],
    ["a text", "query ($v: String!) { stream(by: { name: $v }) { name } }", { [secret]: secret }],
    ["an id", "query ($v: ID!) { node(id: $v) { id } }", [secret]],
    ["a duration", "query ($v: Duration!) { account { usage(window: { last: $v }) { freshUntil } } }", secret],
    [
      "a time zone",
      'query ($v: TimeZone!) { account { usage(window: { last: "P1D" }, timeZone: $v) { freshUntil } } }',
      secret,
    ],
    ["an object", "query ($v: StreamRef!) { stream(by: $v) { name } }", secret],
    ["a duration in the document", `{ account { usage(window: { last: "${secret}" }) { freshUntil } } }`, null],
    ["a number in the document", `{ streams(first: "${secret}") { totalCount } }`, null],
    [
      "an enum in the document",
      `{ account { usage(window: { last: "P1D" }) { series(granularity: "${secret}") { freshUntil } } } }`,
      null,
    ],
  ])("is told without the value that stood where %s should be", async (_what, document, value) => {
    const all = await mistakes(document, { v: value });
    expect(all.length).toBeGreaterThan(0);
    expect(JSON.stringify(all)).not.toContain(secret);
  });

  it("omits tokens, wherever they stand in the document", async () => {
    const name = `x${TOKEN}`;
    expect(JSON.stringify(await mistakes(`{ ${name} stream(by: { ${name}: 1 }) { name } }`))).not.toContain(TOKEN);
  });
});
