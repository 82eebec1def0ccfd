import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExact } from "../../../src/upstream/transport/json.ts";

/** JSON as an exact writer writes it: bigints in full. */
function write(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, entry]) => `${JSON.stringify(key)}:${write(entry)}`)
    .join(",")}}`;
}

describe("a number", () => {
  it.each([
    ["9007199254740991", 9_007_199_254_740_991],
    ["9007199254740993", 9_007_199_254_740_993n],
    ["18446744073709551615", 18_446_744_073_709_551_615n],
    ["-9007199254740993", -9_007_199_254_740_993n],
    ["1234567890123456", 1_234_567_890_123_456],
    ["0", 0],
    ["1.5", 1.5],
    ["1e3", 1_000],
    ["0.1234567890123456789", 0.123_456_789_012_345_68],
  ])("%s is itself, without rounding when it is whole", (text, value) => {
    expect(parseExact(text)).toBe(value);
    expect(parseExact(`{"a":[${text}]}`)).toEqual({ a: [value] });
  });

  it("is itself wherever it stands in the text", () => {
    for (let place = 0; place < 40; place += 1) {
      expect(parseExact(`${" ".repeat(place)}9007199254740993`)).toBe(9_007_199_254_740_993n);
      expect(parseExact(`${" ".repeat(place)}[1,900719925474099,9007199254740993]`)).toHaveProperty(
        "2",
        9007199254740993n,
      );
    }
  });

  it("of any length is exact beside texts and keys of any kind", () => {
    const whole = fc.bigInt({ min: -(1n << 80n), max: 1n << 80n });
    const values = fc.oneof(fc.string({ unit: "binary" }), fc.boolean(), fc.constant(null), whole);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(values, fc.array(values))), (value) => {
        const exact = (entry: unknown): unknown => {
          if (Array.isArray(entry)) return entry.map(exact);
          return typeof entry === "bigint" && Number.isSafeInteger(Number(entry)) ? Number(entry) : entry;
        };
        const expected = Object.entries(value).map(([key, entry]) => [key, exact(entry)]);
        expect(Object.entries(parseExact(write(value)) as object)).toEqual(expected);
      }),
    );
  });

  it("is read as by everybody else, but for its digits", () => {
    const rounded = (value: unknown): unknown => {
      if (typeof value === "bigint") return Number(value);
      if (Array.isArray(value)) return value.map(rounded);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, rounded(entry)]));
    };
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(rounded(parseExact(`[${text},"1234567890123456"]`))).toEqual([JSON.parse(text), "1234567890123456"]);
      }),
    );
  });
});

describe("a text", () => {
  const long = "1234567890123456789";

  it.each([
    "",
    "{",
    `{"a":${long}`,
    `{"a":${long}}}`,
    `[${long},]`,
    `{a:${long}}`,
    `'${long}'`,
    `0${long}`,
    `${long} ${long}`,
  ])("that is no JSON is refused: %s", (text) => {
    expect(() => parseExact(text)).toThrow(SyntaxError);
  });

  it("that says two things under one name is refused when it holds long numbers", () => {
    expect(() => parseExact(`{"bytes":${long},"bytes":1}`)).toThrow(SyntaxError);
  });

  it("that is nested too deeply for the exact parser is refused, and is no fault of ours", () => {
    expect(() => parseExact(`${"[".repeat(100_000)}${long}${"]".repeat(100_000)}`)).toThrow(SyntaxError);
  });

  it("may use names of JavaScript's own as keys", () => {
    const parsed = parseExact(`{"__proto__":{"bytes":${long}},"constructor":1,"toString":null}`) as object;
    expect(Object.keys(parsed)).toEqual(["__proto__", "constructor", "toString"]);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect("bytes" in parsed).toBe(false);
  });
});
