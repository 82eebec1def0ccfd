import { describe, expect, it, vi } from "vitest";
import {
  boolean,
  count,
  type Decode,
  instant,
  integer,
  list,
  mapOf,
  object,
  optional,
  optionalList,
  ShapeError,
  text,
} from "../../../src/upstream/transport/decode.ts";
import { at } from "../../support/time.ts";

describe("a check", () => {
  const checks: [string, Decode<unknown>, string, unknown[], unknown[]][] = [
    ["a text", text, "a text", ["", "x"], [undefined, null, 1, {}, ["x"]]],
    ["a truth", boolean, "true or false", [true, false], [undefined, null, 0, 1, "true"]],
    [
      "a whole number",
      integer,
      "a whole number",
      [0, -1, 2 ** 53 - 1],
      [undefined, null, 1.5, "1", 2 ** 53, 1n, Number.NaN],
    ],
    [
      "a count",
      count,
      "a count",
      [0, 5, 5n, 1n << 64n, undefined, null],
      [-1, -1n, 1.5, "5", 2 ** 53, Number.POSITIVE_INFINITY, {}],
    ],
    ["an object", object, "an object", [{}, { a: 1 }], [undefined, null, [], "x", 1]],
    ["a list", (value, place) => list(value, place, text), "a list", [[], ["a"]], [undefined, null, {}, "ab"]],
    [
      "a list that may be absent",
      (value, place) => optionalList(value, place, text),
      "a list",
      [null, undefined, ["a"]],
      [{}, "ab"],
    ],
    ["a map", (value, place) => mapOf(value, place, text), "an object", [{}, { a: "b" }], [undefined, null, [], "x"]],
    [
      "a text that may be absent",
      (value, place) => optional(value, place, text),
      "a text",
      [undefined, null, "x"],
      [1, {}],
    ],
  ];

  it.each(checks)("for %s takes what is one, and nothing else", (_what, check, expected, good, bad) => {
    for (const value of good) expect(() => check(value, "data.x")).not.toThrow();
    for (const value of bad) expect(() => check(value, "data.x")).toThrow(new ShapeError("data.x", expected));
  });

  it("reaches into lists and maps, and says where and what was expected but never the value", () => {
    const secret = "a secret of the platform";
    const where = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return String(error);
      }
      return "nothing";
    };
    expect(where(() => list(["a", { secret }], "data.names", text))).toBe("ShapeError: data.names is not a text");
    expect(where(() => mapOf({ [secret]: 1 }, "data.names", text))).toBe("ShapeError: data.names is not a text");
  });

  it("makes an absent count zero and keeps every digit of a large one", () => {
    expect([undefined, null, 7, 18_446_744_073_709_551_615n].map((value) => count(value, "x"))).toEqual([
      0n,
      0n,
      7n,
      18_446_744_073_709_551_615n,
    ]);
  });

  it("keeps a map in order, whatever its keys are called", () => {
    const wire = JSON.parse('{"b":"1","__proto__":"2","a":"3","constructor":"4"}') as unknown;
    expect([...mapOf(wire, "x", text)]).toEqual([
      ["b", "1"],
      ["__proto__", "2"],
      ["a", "3"],
      ["constructor", "4"],
    ]);
  });
});

describe("a time", () => {
  it.each([
    ["2026-03-18T10:20:00Z", "2026-03-18T10:20:00Z"],
    ["2026-03-18T10:20:00.1234567Z", "2026-03-18T10:20:00.123Z"],
    ["2026-03-18T10:20:00", "2026-03-18T10:20:00Z"],
    ["2026-03-18T10:20", "2026-03-18T10:20:00Z"],
    ["2026-03-18T10:20:00+02:00", "2026-03-18T08:20:00Z"],
    ["2026-03-18T10:20:00-0330", "2026-03-18T13:50:00Z"],
    ["2026-03-18", "2026-03-18T00:00:00Z"],
    ["2026-03", "2026-03-01T00:00:00Z"],
  ])("%s is %s: without a zone it is UTC, wherever the gateway runs", (written, meant) => {
    vi.stubEnv("TZ", "America/St_Johns");
    expect(instant(written, "x")).toBe(at(meant));
    vi.unstubAllEnvs();
  });

  it.each([
    "",
    "banana 5",
    "1",
    "2026",
    "18.03.2026",
    "Wed, 18 Mar 2026 10:20:00 GMT",
    "2026-03-18 10:20:00",
    "2026-13-01",
    "2026-03-18T25:00:00Z",
  ])("is not %j", (written) => {
    expect(() => instant(written, "x")).toThrow(new ShapeError("x", "a time"));
  });
});
