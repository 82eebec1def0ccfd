import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mayShareNames, openedBy, possiblyOpenedBy } from "../../../src/model/stream/stream.ts";
import { literalPrefix, readPattern, recordedReading } from "../../../src/model/stream/stream-pattern.ts";
import { grants } from "../../support/records.ts";

describe("a pattern", () => {
  it.each(["^(?!internal-).+$", "(?>a|b)", "(?<!a)b", "a(?#x)", "a{1,1024}", "(a)\\1", "(?x) a", "[a-z-[aeiou]]+"])(
    "%s of the platform is not read, and opens nothing for certain",
    (pattern) => {
      const { state, opens } = readPattern(pattern);
      expect(state).toBe("UNREADABLE");
      expect(["a", "b", "sport-1", pattern].some(opens)).toBe(false);
    },
  );

  it.each([
    ["sport-(?!x).*", "sport-"],
    ["^sport-(?!x).*", "sport-"],
    [String.raw`\Asport\.(?!x)`, "sport."],
    [String.raw`a\-b\+(?!x)`, "a-b+"],
    ["news/(?>[a-z]+)", "news/"],
    ["sports?(?!x)", "sport"],
    ["sports*(?!x)", "sport"],
    ["sports{0,2}(?!x)", "sport"],
    ["sport(?<=x)", "sport"],
    ["sport.(?!x)", "sport"],
    ["sport[0-9](?!x)", "sport"],
    [String.raw`sport\d(?!x)`, "sport"],
    ["sport$(?!x)", "sport"],
    ["(?:sport)-(?!x)", ""],
    ["sport-(?!x)|news", ""],
    ["sport-(?>a|b)", ""],
    ["(?i)sport-(?!x)", ""],
    ["sport-(?i)(?!x)", ""],
    ["sport-(?i:a)(?!x)", ""],
    ["(?-i)sport-(?!x)", ""],
    ["(?x)sport (?!x)", ""],
    ["^(?!internal-).+$", ""],
    ["[a-z0-9-]{1,1024}", ""],
    [String.raw`\w+-1(?#all ones)`, ""],
    // .NET passes over a comment between a character and its quantifier.
    ["sport(?#one)?-1(?!x)", "spor"],
    ["sport(?#one)(?#two){0,1}-1", "spor"],
  ])("%s begins with %j for certain", (pattern, prefix) => {
    expect(literalPrefix(pattern)).toBe(prefix);
  });

  it("that is not read may open each name with its literal beginning", () => {
    const { mayOpen } = readPattern("sport-(?!x).*");
    expect(["sport-1", "sport-", "sport-x", "news", "Sport-1"].map(mayOpen)).toEqual([true, true, true, false, false]);
  });

  it("begins every name that it matches with its literal prefix, whatever it is", () => {
    const part = fc.constantFrom(
      "a",
      "b",
      "-",
      "\\.",
      "a?",
      "b*",
      "b+",
      "[ab]",
      ".",
      "(a)",
      "(?:b)?",
      "^",
      "$",
      "a{2}",
    );
    const names = fc.array(fc.constantFrom("a", "b", "-", "."), { maxLength: 6 }).map((parts) => parts.join(""));
    let matched = 0;
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), names, (parts, name) => {
        const pattern = parts.join("");
        const { state, opens } = readPattern(pattern);
        if (state !== "READABLE" || !opens(name)) return;
        matched += 1;
        expect(name.startsWith(literalPrefix(pattern))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
    expect(matched).toBeGreaterThan(50);
  });

  it.each([
    // .NET has Unicode classes; ours are of ASCII: only what both match opens for certain.
    [String.raw`\w+`, "fußball", false, true],
    [String.raw`\d+`, "١٢", false, true],
    [String.raw`a\sb`, "a\u00a0b", false, true],
    [String.raw`\W`, "ß", false, true],
    [String.raw`[^\w]`, "ß", false, true],
    [String.raw`[\w-]+`, "fuß-ball", false, true],
    [String.raw`[^\d]`, "٣", false, true],
    [String.raw`\Bß`, "ß", false, true],
    [String.raw`\bcam\b.*`, "cam-ß", false, true],
    // A character outside the basic plane is one to ours and two to .NET.
    [".", "😀", false, true],
    ["..", "😀", false, true],
    [".*", "😀", true, true],
    // `$` of .NET also stands before the last line feed.
    ["cam", "cam\n", false, true],
    // No case of these letters is the same for both.
    ["(?i)k", "\u212a", false, true],
    ["(?i)straße", "STRAßE", true, true],
    [".*", "fußball", true, true],
    ["fußball", "fußball", true, true],
    ["[^/]+", "fußball", true, true],
    [String.raw`\w+`, "football", true, true],
  ])("%s on %j opens for certain: %s, may open: %s", (pattern, name, isOpen, mayBe) => {
    const { opens, mayOpen } = readPattern(pattern);
    expect([opens(name), mayOpen(name)]).toEqual([isOpen, mayBe]);
  });

  it("opens nothing for certain that it may not open", () => {
    const part = fc.constantFrom(
      "a",
      "ß",
      ".",
      "\\w",
      "\\W",
      "\\d",
      "\\s",
      "\\b",
      "[^\\w]",
      "[\\dß]",
      "(?i)",
      "+",
      "|",
      "$",
    );
    const names = fc.array(fc.constantFrom("a", "A", "ß", "1", "😀", "\n", " "), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), names, (parts, letters) => {
        const { opens, mayOpen } = readPattern(parts.join(""));
        const name = letters.join("");
        if (opens(name)) expect(mayOpen(name)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it("opens what is recorded of it, and nothing else", () => {
    const { opens, mayOpen, state } = recordedReading(new Set(["a"]));
    expect([state, opens("a"), mayOpen("a"), opens("b"), mayOpen("b")]).toEqual(["RECORDED", true, true, false, false]);
  });
});

describe("grants", () => {
  it("with a pattern that is not read open nothing more for certain, and more perhaps", () => {
    const all = grants("derby", "/cam[0-9]/", "/sport-(?!x).*/");
    const names = ["derby", "cam1", "sport-1", "news"];
    expect(names.filter(openedBy(all))).toEqual(["derby", "cam1"]);
    expect(names.filter(possiblyOpenedBy(all))).toEqual(["derby", "cam1", "sport-1"]);
  });

  it("may share names unless their literal beginnings exclude each other", () => {
    const share = (own: string, other: string) =>
      grants(own).some((grant) => mayShareNames(grant, grants(other), readPattern));
    expect(share("/sport-.*/", "/sport-(?!x).*/")).toBe(true);
    expect(share("/sport-1.*/", "/sport-(?!x).*/")).toBe(true);
    expect(share("/s.*/", "/sport-(?!x).*/")).toBe(true);
    expect(share("/news.*/", "/(?!x).*/")).toBe(true);
    expect(share("/news.*/", "/sport-(?!x).*/")).toBe(false);
    expect(share("sport-1", "/sport-(?!x).*/")).toBe(false);
    expect(share("/sport-.*/", "/sport-.*/")).toBe(false);
  });
});
