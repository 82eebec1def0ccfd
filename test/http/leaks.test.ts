import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestLimits } from "../../src/model/request-limits.ts";
import { createTestGateway, graphqlRequest, type TestGateway } from "../support/gateway.ts";

const SECRET = "hunter2-hunter2-hunter2";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await createTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function answerTo(query: string, v: unknown = null): Promise<string> {
  return (await gateway.gateway.fetch(graphqlRequest({ query, variables: { v } }))).text();
}

describe("error messages: a secret in the wrong place", () => {
  const usage = (of: string, selection = "{ freshUntil }") => `{ account { usage(${of}) ${selection} } }`;
  it.each<[string, string, unknown]>([
    [
      "an enum",
      `query ($v: Granularity!) ${usage('window: { last: "P1D" }', "{ series(granularity: $v) { freshUntil } }")}`,
      SECRET,
    ],
    ["a time", `query ($v: DateTime!) ${usage("window: { range: { from: $v, to: $v } }")}`, SECRET],
    ["an object of times", `query ($v: WindowInput!) ${usage("window: $v")}`, { range: { from: SECRET, to: SECRET } }],
    ["a time zone", `query ($v: TimeZone!) ${usage('window: { last: "P1D" }, timeZone: $v')}`, SECRET],
    ["a condition", "query ($v: Boolean!) { me { name @skip(if: $v) } }", SECRET],
    ["a list", "query ($v: [ID!]!) { nodes(ids: $v) { id } }", [[SECRET]]],
    [
      "a text",
      "mutation ($v: StreamRef!) { stopStream(input: { stream: $v }) { userErrors { message } } }",
      { name: [SECRET] },
    ],
    ["a number in the document", `{ streams(first: "${SECRET}") { totalCount } }`, null],
    ["a time in the document", usage(`window: { range: { from: "${SECRET}", to: "${SECRET}" } }`), null],
    [
      "an enum in the document",
      usage('window: { last: "P1D" }', "{ series(granularity: hunter2) { freshUntil } }"),
      null,
    ],
    ["a place without quotes", '{ stream(by: { name: "a" } hunter2 hunter2 hunter2) { name } }', null],
    ["a place where nothing stands", `{ me { name } } "${SECRET}"`, null],
    ["an unended text", `{ stream(by: { name: "${SECRET}) { name } }`, null],
  ])("comes not back, and is not logged: in place of %s", async (_what, query, value) => {
    const text = await answerTo(query, value);
    expect(text).toContain('"errors"');
    expect(text).not.toContain("hunter2");
    expect(gateway.logged()).not.toContain("hunter2");
  });
});

describe("HTTP response", () => {
  it("contains no address of the platform, file or stack, whatever goes wrong", async () => {
    await using broken = await createTestGateway({ isTimingSet: true });
    const query =
      '{ streams(first: 5) { nodes { isLive bandwidth(window: { last: "P1D" }) { total { bytesOut } } } } account { accountId usage(window: { last: "P1D" }) { total { bytesOut } } } }';
    const ask = async () => (await broken.gateway.fetch(graphqlRequest({ query }))).text();
    const { host } = new URL(broken.sandbox.origin);
    for (const fault of [
      { status: 500 },
      { status: 401 },
      { drop: "before" },
      { truncate: true },
      { latencyMs: 200 },
    ] as const) {
      broken.sandbox.fault({ path: "*", ...fault });
      expect(await ask()).not.toMatch(new RegExp(`${host}|/api/|\\bat .*\\(|node_modules|\\.ts:|ECONN|SyntaxError`));
      broken.sandbox.clearFaults();
    }
  });

  it("lists its first errors and counts the rest", async () => {
    const { max } = requestLimits.maxErrors;
    const failing = (alias: string) =>
      `${alias}: bandwidth(window: { last: "P2D" }) { byCountry(first: -1) { country } }`;
    const { errors } = await gateway.ask(`{ streams(first: 1) { nodes { ${failing("a")} } } }`);
    expect(errors).toHaveLength(1);
    const aliases = Array.from({ length: 12 }, (_, i) => failing(`a${i}`)).join(" ");
    const text = await answerTo(`{ streams(first: 100) { totalCount nodes { ${aliases} } } }`);
    const answer = JSON.parse(text) as {
      data: { streams: { nodes: unknown[] } };
      errors: unknown[];
      extensions: { omittedErrors: number };
    };
    const { nodes } = answer.data.streams;
    expect(answer.errors).toHaveLength(max);
    expect(answer.extensions.omittedErrors).toBe(12 * nodes.length - max);
  });
});
