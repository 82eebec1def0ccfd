import { describe, expect, it } from "vitest";
import { jsonValues } from "../../../src/upstream/transport/json-values.ts";

const valuesOf = (text: string, depth: number) => {
  const body = Buffer.from(text);
  return [...jsonValues(body, depth)].map(({ path, start, end }) => [
    path.join("/"),
    JSON.parse(body.subarray(start, end).toString()),
  ]);
};

/** Returns the same by the built-in parser. */
function expected(value: object, depth: number, path: readonly string[] = []): unknown[] {
  return Object.entries(value).flatMap(([name, member]) => {
    const own = [...path, name];
    const isObject = typeof member === "object" && member !== null && !Array.isArray(member);
    return isObject && own.length < depth ? expected(member as object, depth, own) : [[own.join("/"), member]];
  });
}

const document = {
  status: "success",
  data: {
    'with "quotes" and \\': { "2026-03-18": [{ bytesOut: 1, streamName: '}],{"' }, "ä\u{1f600}"], empty: {} },
    none: null,
    list: [[], [{}], "text", -1.5e3, true],
    "": { deep: { deeper: { deepest: 1 } } },
  },
};

describe("values of a JSON text", () => {
  it.each([1, 2, 3, 4, 9])("are those that the built-in parser finds %i names deep", (depth) => {
    for (const space of [0, 2, "\t"]) {
      expect(valuesOf(JSON.stringify(document, null, space), depth)).toEqual(expected(document, depth));
    }
  });

  it("are none in an empty object", () => {
    expect(valuesOf("{}", 3)).toEqual([]);
    expect(valuesOf(' { "data" : { } } ', 2)).toEqual([]);
  });

  it("cannot be read from a text that ends early, goes on, or is no object", () => {
    const text = JSON.stringify(document);
    for (let length = 0; length < text.length; length += 1) {
      expect(() => valuesOf(text.slice(0, length), 3), `the first ${length} characters`).toThrow(SyntaxError);
    }
    for (const broken of [`${text}x`, "[]", "null", '{"a" 1}', '{"a":1 "b":2}', "{a:1}", '{"a":}', '{"a":1,}'])
      expect(() => valuesOf(broken, 2), broken).toThrow(SyntaxError);
  });
});
