import { describe, expect, it } from "vitest";
import { publishTokenFindings, streamFindings, subscribeTokenFindings } from "../../../src/model/partner/findings.ts";
import { broadGrants, grantViolations, isBroad } from "../../../src/model/partner/syndication.ts";
import { sampleNames } from "../../../src/model/stream/sample-names.ts";
import { countOpened, isWildcard, openAllKnown, openAnyName } from "../../../src/model/stream/stream.ts";
import { grants, inCluster, publishToken, subscribeToken } from "../../support/records.ts";

const matching = (pattern: string) => ({ pattern, isRegex: true });

describe("the sample names", () => {
  it("are 1,000 permitted names of 1 to 128 characters, and the same at every call", () => {
    const names = sampleNames();
    expect(names).toHaveLength(1_000);
    expect(names).toEqual(sampleNames());
    const lengths = names.map(({ length }) => length);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([1, 128]);
    for (const odd of [/_/, /\./, / /, /\//, /[^ -~]/]) {
      const share = names.filter((name) => odd.test(name)).length;
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(50);
    }
  });
});

describe("a grant of everything", () => {
  it.each([
    "(.*)",
    ".{1,128}",
    "[^/]+",
    String.raw`\S+`,
    ".*.*",
    String.raw`[\s\S]+`,
    "(?i).*",
    ".+?",
    "(?s).*",
    String.raw`[\w-]+`,
    "^(.*)$",
    ".*|x",
    "(?:.+)",
  ])("is known by its meaning: %s", (pattern) => {
    expect(isWildcard(matching(pattern))).toBe(true);
  });

  it.each([
    ".*?",
    ".{0,}",
    ".{1,}",
    ".{0,128}",
    ".{1,64}",
    ".{1,100}",
    ".{2,}",
    "..*",
    "..+",
    ".+.*",
    ".*.+",
    "(.+)",
    "(.+)+",
    "((.*))",
    "(?:.*)?",
    "(?s:.+)",
    "(?is).+",
    "(?i:.*)",
    "(?P<name>.*)",
    "^.*",
    ".*$",
    "^.+$",
    String.raw`\A.*\z`,
    "x|.*",
    "|.+",
    "(|.+)",
    "(a|.)*",
    "a*.*",
    ".*a*",
    "x?.+",
    "sport-.*|.*",
    String.raw`[\d\D]+`,
    String.raw`[\w\W]*`,
    String.raw`(.|\n)*`,
    String.raw`(\w|\W)+`,
    String.raw`(\S|\s)+`,
    "[^,]+",
    "[^*]+",
    "[^.]+",
    "[^_]+",
    "[^ ]+",
    String.raw`[^\n]*`,
    String.raw`[^\x00]+`,
    "[ -~]+",
    String.raw`[\x21-\x7e]+`,
    "[a-zA-Z0-9_-]+",
    "[A-Za-z0-9._-]+",
    "[0-9A-Za-z-]{1,128}",
    "(?i)[a-z0-9_-]+",
    String.raw`\w[\w-]*`,
    String.raw`\w.*`,
    String.raw`.*\w`,
    String.raw`\S.*`,
    String.raw`[\pL\pN_-]+`,
    "[[:alnum:]_-]+",
    "(?:[a-z]|[A-Z]|[0-9]|-)+",
    "[^a].*|a.*",
    "[a-m].*|[^a-m].*",
  ])("is known in the further spelling %s", (pattern) => {
    expect(isWildcard(matching(pattern))).toBe(true);
  });

  it.each([
    "sport-.*",
    "cam[0-9]+",
    "news/.+",
    "(football|tennis)-.+",
    "event-[0-9]{4}-.*",
    "container1/.+",
    "special_regex_stream[0-9]+",
    "arena-cam[0-9]+",
    "popup-.+",
    "derby-.*",
    "^sport-.*$",
    "(?i)sport-.*",
    "(?i)news.*",
    "[a-m].*",
    "[A-Z]{3}-[0-9]+",
    "[0-9]+",
    "[0-9]{1,8}",
    "[a-z]+",
    "[a-z]{1,12}",
    "[A-Z].*",
    ".",
    ".?",
    ".{1,4}",
    ".{40,}",
    ".*-live",
    ".*-hd",
    ".*_backup",
    ".*[0-9]{4}",
    ".*sport.*",
    ".*cam.*",
    "a.*",
    ".*a",
    "team-[a-f0-9]{8}",
    "[a-f0-9]{32}",
    String.raw`match\.[0-9]+`,
    String.raw`studio\d+`,
    String.raw`studio-\d+-\w+`,
    String.raw`\d{4}-\d{2}-\d{2}-.*`,
    "region-(eu|us|ap)-[0-9]+",
    "(eu|us)-.*",
    "channel-([1-9]|10)",
    "(a|b|c)",
    "lobby|stage|hall",
    "vip.+",
    "x[^/]+",
    "acme/[^/]+",
    "acme/[^/]+/main",
    "acme-.*-(main|backup)",
    "test-?[0-9]*",
    "rehearsal(-.*)?",
    ".*@studio",
    "[^a-zA-Z0-9].*",
    ".+ .+",
    ".+/.+",
  ])("is not the ordinary pattern %s", (pattern) => {
    expect(isWildcard(matching(pattern))).toBe(false);
    expect(grantViolations([matching(pattern)], { allowWildcard: false, streamNames: [] }, "input.grants")).toEqual([]);
  });

  it("is no name, however it looks", () => {
    expect(isWildcard({ pattern: ".*", isRegex: false })).toBe(false);
    expect(openAnyName(grants("a", "b"))).toBe(false);
    expect(openAnyName([])).toBe(false);
  });
});

describe("grants to a partner", () => {
  const known = ["sport-1", "sport-2", "sport-3", "sport-4", "sport-5"];
  const rules = { allowWildcard: false, streamNames: [] };
  const argumentsOf = (...texts: readonly string[]) =>
    grantViolations(grants(...texts), rules, "input.grants").map(({ code, facts }) => [code, facts["argument"]]);

  it("are refused one by one, the others of them not", () => {
    expect(argumentsOf("/(.*)/", "derby", "/sport-.*/", "/.+?/")).toEqual([
      ["WILDCARD_GRANT", "input.grants.0.pattern"],
      ["WILDCARD_GRANT", "input.grants.3.pattern"],
    ]);
  });

  it("are refused together where only together they open everything", () => {
    expect(argumentsOf("/[a-m].*/", "/[^a-m].*/")).toEqual([["WILDCARD_GRANT", "input.grants"]]);
    expect(argumentsOf("/[a-m].*/", "/[n-s].*/")).toEqual([]);
  });

  it("are accepted where everything is meant", () => {
    expect(
      grantViolations(grants("/(.*)/"), { allowWildcard: true, streamNames: ["a"], known }, "input.grants"),
    ).toEqual([]);
  });

  it("are refused for a wildcard and for a stream that none of them opens, both at once", () => {
    const violations = grantViolations(
      grants("/[0-9A-Za-z-]+/"),
      { allowWildcard: false, streamNames: ["a b"] },
      "input.grants",
    );
    expect(violations.map(({ code }) => code)).toEqual(["WILDCARD_GRANT", "GRANT_NOT_COVERED"]);
  });

  it("are refused where a pattern opens every known stream, from five known streams on", () => {
    const violation = (names: readonly string[], ...texts: readonly string[]) =>
      grantViolations(grants(...texts), { ...rules, known: names }, "input.grants").map(({ code }) => code);
    expect(violation(known, "/sport-.*/")).toEqual(["WILDCARD_GRANT"]);
    expect(violation(known, "/sport-[1-4]/", "/sport-5/")).toEqual(["WILDCARD_GRANT"]);
    expect(violation(known.slice(1), "/sport-.*/")).toEqual([]);
    expect(violation([...known, "news"], "/sport-.*/")).toEqual([]);
    expect(violation(known, ...known)).toEqual([]);
  });

  it("warn of a pattern that opens more than half of the known streams, with the count", () => {
    const names = [...known, "news", "talk", "film", "kids", "jazz"];
    expect(broadGrants(grants("/sport-.*/"), names)).toEqual([]);
    expect(broadGrants(grants("/sport-[12]/", "/sport-.*|news/"), names)).toEqual([
      { grant: matching("sport-.*|news"), index: 1, opened: 6, known: 10 },
    ]);
    expect(broadGrants(grants(...known), known)).toEqual([]);
    expect([isBroad(1, 1), isBroad(2, 4), isBroad(2, 3), isBroad(3, 4)]).toEqual([false, false, true, true]);
    expect(countOpened(grants("/sport-[1-3]/", "news"), names)).toBe(3);
    expect(openAllKnown(grants("news"), [])).toBe(false);
  });
});

describe("findings of tokens by themselves", () => {
  const found = (...tokens: readonly Parameters<typeof subscribeToken>[0][]) =>
    subscribeTokenFindings(
      tokens.map((fields, index) => subscribeToken({ id: index + 1, trackingId: "acme", ...fields })),
      0,
      0,
    ).map(({ kind, token, trackingId }) => [kind, token?.id ?? null, trackingId]);

  it("name a token with one pattern of everything beside named streams", () => {
    expect(found({ streams: grants("derby", "/(.*)/") })).toEqual([["WILDCARD_GRANT", 1, "acme"]]);
    expect(found({ streams: grants("/[a-m].*/", "/[^a-m].*/") })).toEqual([["WILDCARD_GRANT", 1, "acme"]]);
  });

  it("name no token that is disabled, has expired, or opens what it is named for", () => {
    expect(found({ streams: grants("/.*/"), isActive: false })).toEqual([]);
    expect(found({ streams: grants("/.*/"), expiresAt: -1 })).toEqual([]);
    expect(found({ streams: grants(".*", "derby", "/sport-.*/") })).toEqual([]);
  });

  it("name a tracking id whose tokens only together open everything", () => {
    const halves = [{ streams: grants("/[a-m].*/") }, { streams: grants("/[^a-m].*/") }];
    expect(found(...halves)).toEqual([["WILDCARD_GRANT", null, "acme"]]);
    expect(found({ streams: grants("/[a-m].*/") }, { streams: grants("/[^a-m].*/"), trackingId: "rival" })).toEqual([]);
  });

  it("of a stream leave out a grant of everything that does not meet it, also beside named streams", () => {
    const stranded = (...texts: readonly string[]) =>
      streamFindings(
        {
          streamName: "derby",
          publish: [publishToken(inCluster("phx-1"))],
          subscribe: [subscribeToken({ ...inCluster("fra-1"), streams: grants(...texts) })],
        },
        0,
      ).map(({ kind }) => kind);
    expect(stranded("derby")).toEqual(["CLUSTER_MISMATCH"]);
    expect(stranded("derby", "/der.*/")).toEqual(["CLUSTER_MISMATCH"]);
    expect(stranded("derby", "/(.*)/")).toEqual([]);
    expect(stranded("/[^/]+/")).toEqual([]);
  });

  it("name each pattern that can't be read, of tokens of both kinds that are usable", () => {
    expect(found({ streams: grants("/sport-(?!x).*/") })).toEqual([["PATTERN_UNREADABLE", 1, "acme"]]);
    const published = publishTokenFindings(
      [publishToken({ streams: grants("/(?>a)b/") }), publishToken({ streams: grants("/(?>a)c/"), isActive: false })],
      0,
      0,
    );
    expect(published.map(({ kind }) => kind)).toEqual(["PATTERN_UNREADABLE"]);
    expect(published[0]?.summary).toContain("covering every name");
  });
});
