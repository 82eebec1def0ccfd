import fc from "fast-check";
import { type FieldNode, type GraphQLError, parse, type ResponsePath } from "graphql";
import { createYoga, processRegularResult } from "graphql-yoga";
import { describe, expect, it } from "vitest";
import { FieldFailure } from "../../src/engine/error-collector.ts";
import { createStatusRule, type MediaType, serializeResult, toYogaResult } from "../../src/http/response-body.ts";
import { ApplicationError, InvalidInputError } from "../../src/model/errors.ts";
import { createErrors } from "../../src/operation/mask-error.ts";
import { requestError } from "../../src/operation/request-error.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { createTestGateway, range } from "../support/gateway.ts";

const document = parse("{\n  streams { nodes {\n  name } }\n  name }");
const nodes = ((): readonly FieldNode[] => {
  const [operation] = document.definitions;
  if (operation?.kind !== "OperationDefinition") throw new Error("no operation");
  return operation.selectionSet.selections as readonly FieldNode[];
})();

const { fetchAPI } = createYoga({ logging: false });

/** Returns yoga's own response to errors of graphql-js. */
function byYoga(errors: readonly GraphQLError[], rest: object, mediaType: MediaType) {
  return processRegularResult({ errors, ...rest }, fetchAPI, mediaType);
}

function withoutLength(headers: Headers): Record<string, string> {
  const all = [...headers].map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(all.filter(([name]) => name !== "content-length"));
}

const paths: fc.Arbitrary<ResponsePath> = fc
  .array(fc.oneof(fc.constantFrom("streams", "nodes", "a_1", "__proto__"), fc.nat(200)), { minLength: 1, maxLength: 5 })
  .map((keys) => keys.reduce<ResponsePath | undefined>((prev, key) => ({ prev, key, typename: undefined }), undefined))
  .filter((path) => path !== undefined);
const causes = fc.oneof(
  fc.string().map((text) => new InvalidInputError("window.range", text, { valid: { from: text } }, "INVALID_WINDOW")),
  fc.constantFrom<Error>(
    new ApplicationError("CONFLICT", "It is live."),
    new UpstreamError("UPSTREAM_TIMEOUT", "Too late.", { operation: "Analytics_StreamsTotal", status: 504 }),
    new TypeError("x is no function"),
  ),
);
const refusals = fc.constantFrom(
  requestError("THROTTLED", "Later.", { status: 429, headers: { "retry-after": "10" } }, { cost: 5 }),
  requestError("QUERY_TOO_EXPENSIVE", "Too much.", { status: 400 }),
  requestError("OVERLOADED", "Later.", { status: 503, headers: { "retry-after": "1" } }),
);
const failures = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(causes, fc.constantFrom(nodes, nodes.slice(0, 1), []), paths) },
  { weight: 1, arbitrary: refusals },
);

describe("response with errors", () => {
  it("has the text, status and headers that yoga gives to the errors that graphql-js makes", () => {
    const errors = createErrors(() => undefined);
    const statusOf = createStatusRule(fetchAPI);
    return fc.assert(
      fc.asyncProperty(
        fc.array(failures, { minLength: 1, maxLength: 5 }),
        fc.constantFrom<MediaType>("application/json", "application/graphql-response+json"),
        fc.boolean(),
        async (all, mediaType, hasData) => {
          const found = all.map((each) => (Array.isArray(each) ? new FieldFailure(each[0], each[1], each[2]) : each));
          const extensions = { cost: { requested: 1 } };
          const masked = found.map((each) => errors.mask(each instanceof FieldFailure ? each.located() : each));
          const expected = byYoga(masked, { extensions, ...(hasData && { data: { a: null } }) }, mediaType);
          const result = {
            errors: errors.showFirst(found, 100),
            extensions,
            ...(hasData && { data: '{"a":null}' }),
          };
          const text = await expected.text();
          expect(serializeResult(result)).toBe(text);
          expect(statusOf(result, mediaType)).toEqual({
            status: expected.status,
            headers: withoutLength(expected.headers),
          });
          const { errors: standIns = [], stringify } = toYogaResult(result);
          expect(stringify()).toBe(text);
          expect(standIns.map(({ extensions: { code } }) => code)).toEqual(
            masked.map((each) => each.extensions["code"]),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it("leaves out errors beyond the limit, and logs an unhandled error among them all the same", () => {
    const faults: unknown[] = [];
    const errors = createErrors((fault) => faults.push(fault));
    const fault = new TypeError("x");
    const path = { prev: undefined, key: "name", typename: undefined };
    const found = [new ApplicationError("CONFLICT", "no"), fault].map((cause) => new FieldFailure(cause, nodes, path));
    expect(errors.showFirst(found, 1).map(({ code }) => code)).toEqual(["CONFLICT"]);
    expect(faults).toEqual([fault]);
  });
});

describe("ApplicationError", () => {
  it("has no stack, while an error of the gateway has one", () => {
    expect(new InvalidInputError("a", "b").stack).not.toContain("\n    at ");
    expect(requestError("BAD_REQUEST", "b", { status: 400 }).stack).not.toContain("\n    at ");
    expect(new TypeError("x").stack).toContain("\n    at ");
  });

  it("is reported for each object of a page that requests the same invalid window", async () => {
    await using gateway = await createTestGateway();
    const window = range("2026-03-17T05:17:00Z", "2026-03-17T06:17:00Z");
    const { errors, data } = await gateway.ask<{ streams: { nodes: unknown[] } }>(
      `{ streams(first: 12) { nodes { bandwidth(window: ${window}) { total { bytesOut } } } } }`,
    );
    expect(data.streams.nodes).toHaveLength(12);
    expect(errors.map(({ path }) => path)).toEqual(
      Array.from({ length: 12 }, (_, index) => ["streams", "nodes", index, "bandwidth"]),
    );
    expect(new Set(errors.map(({ message, extensions }) => JSON.stringify({ message, extensions }))).size).toBe(1);
    expect(errors[0]).toMatchObject({ locations: [{ line: 1, column: 32 }], extensions: { code: "INVALID_WINDOW" } });
  });
});
