import { describe, expect, it } from "vitest";
import {
  assertGrant,
  assertMetered,
  compilePattern,
  isMetered,
  isWildcard,
  openedBy,
} from "../../../src/model/stream/stream.ts";
import { assertName } from "../../../src/model/text.ts";
import { grants } from "../../support/records.ts";
import { refusalOf } from "../../support/refusal.ts";

const matches = (pattern: string, name: string) => compilePattern(pattern, "pattern").matches(name);

describe("a name", () => {
  it("holds 1 to 128 characters", () => {
    for (const name of ["x", "x".repeat(128), "Cooked or Cooking??", "東京"]) {
      expect(() => assertName(name, "input.label")).not.toThrow();
    }
    for (const name of ["", "x".repeat(129)]) {
      expect(refusalOf(() => assertName(name, "input.label"))).toMatchObject({
        code: "INVALID_INPUT",
        facts: { argument: "input.label", maxLength: 128 },
      });
    }
  });

  it("is whole: half a character, as JSON can write it, is none", () => {
    for (const name of ["\ud800", "a\udc00", "\udc00\ud800"]) {
      expect(refusalOf(() => assertName(name, "input.label")).code).toBe("INVALID_INPUT");
    }
    expect(() => assertName("😀", "input.label")).not.toThrow();
  });

  it.each(["a/b", "a*", "a--b", "", "x".repeat(129)])("is not metered when it is %j", (name) => {
    expect(isMetered(name)).toBe(false);
    expect(refusalOf(() => assertMetered(name))).toMatchObject({ code: "NOT_METERED", facts: { streamName: name } });
  });

  it.each(["a-b", "Cooked or Cooking??", "a - - b", "x".repeat(128)])("is metered when it is %j", (name) => {
    expect(isMetered(name)).toBe(true);
    expect(() => assertMetered(name)).not.toThrow();
  });
});

describe("a pattern", () => {
  it("stands for names that it matches as a whole and with their case", () => {
    expect(matches("cam[0-9]+", "cam7")).toBe(true);
    for (const name of ["cam", "xcam7", "cam7x", "Cam7", "cam7\n", "\ncam7"])
      expect(matches("cam[0-9]+", name)).toBe(false);
    expect(matches("a|b", "ab")).toBe(false);
    expect(matches("^cam.*$", "cam-1")).toBe(true);
  });

  it.each(["(a+)+$", "(a|a)*b", "(a|aa)+$", "([a-z]+)*1", "(.*)*x"])(
    "%s is tried on a long name in linear time: a backtracking engine would not come back",
    (pattern) => {
      expect(matches(pattern, `${"a".repeat(50_000)}!`)).toBe(false);
    },
  );

  it.each(["(?=a)", "(?!a)", "(?<=a)b", "(a)\\1", "(", "a{2,1}", "*", "[z-a]", "a{1001}", "((a{30}){30}){30}"])(
    "%s is refused: it does not compile, or would not run in linear time",
    (pattern) => {
      expect(refusalOf(() => assertGrant({ pattern, isRegex: true }, "input.streams.0.pattern"))).toMatchObject({
        code: "UNSAFE_PATTERN",
        facts: { argument: "input.streams.0.pattern", pattern },
      });
    },
  );

  it("is as long as a name, and not longer", () => {
    expect(() => compilePattern("a".repeat(128), "pattern")).not.toThrow();
    expect(refusalOf(() => compilePattern("a".repeat(129), "pattern")).code).toBe("INVALID_INPUT");
    expect(refusalOf(() => compilePattern("", "pattern")).code).toBe("INVALID_INPUT");
  });
});

describe("a grant", () => {
  it("by name takes the name literally, whatever is in it", () => {
    expect(() => assertGrant({ pattern: "Cooked or Cooking??(", isRegex: false }, "grant")).not.toThrow();
    const isOpen = openedBy(grants("cam.", "live"));
    expect(["cam.", "live", "cam1", "Live", "livel"].filter(isOpen)).toEqual(["cam.", "live"]);
  });

  it("opens a stream together with others: one of them is enough", () => {
    const isOpen = openedBy(grants("live", "/cam[0-9]/", "/vip-.*/"));
    expect(["live", "cam1", "vip-", "cam10", "vip"].filter(isOpen)).toEqual(["live", "cam1", "vip-"]);
  });

  it("that does not compile opens nothing, and takes nothing from the others", () => {
    const isOpen = openedBy(grants("/(/", "/(?=cam)cam/", "/cam/"));
    expect(["cam", "(", "(?=cam)cam"].filter(isOpen)).toEqual(["cam"]);
  });

  it("opens no stream when there is none", () => {
    expect(openedBy([])("live")).toBe(false);
  });

  it.each(["/.*/", "/.+/", "/^.*$/", "/^.+/"])("of any name is %s", (text) => {
    expect(grants(text).every(isWildcard)).toBe(true);
  });

  it.each([".*", "/a.*/", "/.*a/", "/./", "/.?/"])("of any name is not %s", (text) => {
    expect(grants(text).some(isWildcard)).toBe(false);
  });
});
