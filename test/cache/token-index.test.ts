import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PatternIndex } from "../../src/cache/pattern-index.ts";
import { TokenIndex } from "../../src/cache/token-index.ts";
import { compilePattern, openedBy } from "../../src/model/stream/stream.ts";
import type { SubscribeTokenRecord } from "../../src/model/token/token.ts";
import { grants, subscribeToken } from "../support/records.ts";

/** Expressions that are put together at random: most compile, some match much, some nothing. */
const parts = [
  "a",
  "b",
  "ab",
  "[ab]",
  "[^a]",
  ".",
  ".*",
  "b+",
  "a?",
  "(a|b)",
  "|",
  "^",
  "$",
  "\\w",
  "a{1,2}",
  "(?i)A",
  "(?s).",
  "\\b",
  "é",
  "\\n",
  "(",
];
const patterns = fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 5 }).map((chosen) => chosen.join(""));
const names = fc
  .array(fc.constantFrom("a", "b", "A", "1", "-", "é", "😀", "\n", "\ud83d"), { maxLength: 5 })
  .map((chosen) => chosen.join(""));

/** One by one, as the rules say it. */
function matchesAlone(pattern: string, name: string): boolean {
  try {
    return compilePattern(pattern, "pattern").matches(name);
  } catch {
    return false;
  }
}

describe("pattern index", () => {
  it("tells the patterns that match a whole name, as each would tell by itself", () => {
    let matches = 0;
    fc.assert(
      fc.property(fc.uniqueArray(patterns, { maxLength: 8 }), fc.array(names, { maxLength: 4 }), (all, asked) => {
        const index = new PatternIndex();
        for (const pattern of all) index.add(pattern);
        for (const name of asked) {
          const expected = all.filter((pattern) => matchesAlone(pattern, name));
          matches += expected.length;
          expect(index.matching(name).sort()).toEqual(expected.sort());
        }
      }),
      { numRuns: 400 },
    );
    expect(matches).toBeGreaterThan(100);
  });

  it("knows patterns that come and go, each once, beyond what one automaton holds", () => {
    const index = new PatternIndex();
    const all = Array.from({ length: 450 }, (_, number) => `cam${number}(-.*)?`);
    for (const pattern of [...all, ...all]) index.add(pattern);
    expect(index.matching("cam7-left")).toEqual(["cam7(-.*)?"]);
    expect(index.matching("cam449")).toEqual(["cam449(-.*)?"]);
    for (const pattern of all.slice(0, 300)) index.delete(pattern);
    expect(index.matching("cam7-left")).toEqual([]);
    expect(index.matching("cam449")).toEqual(["cam449(-.*)?"]);
    index.add("cam7-.*");
    expect(index.matching("cam7-left")).toEqual(["cam7-.*"]);
  });

  it("is not troubled by patterns that do not compile, nor by deleting what is not there", () => {
    const index = new PatternIndex();
    for (const pattern of ["(", "(?=a)", "", "x".repeat(129)]) index.add(pattern);
    index.delete("never added");
    expect(index.matching("a")).toEqual([]);
  });
});

describe("token index", () => {
  const ids = (tokens: readonly SubscribeTokenRecord[]) => tokens.map(({ id }) => id);

  it("finds tokens by id and by stream, in the order in which they were made", () => {
    const index = new TokenIndex<SubscribeTokenRecord>();
    index.put(subscribeToken({ id: 9, streams: grants("derby") }));
    index.put(subscribeToken({ id: 2, streams: grants("/der.*/") }));
    index.put(subscribeToken({ id: 5, streams: grants("final", "derby") }));
    expect(ids(index.all())).toEqual([2, 5, 9]);
    expect(ids(index.covering("derby"))).toEqual([2, 5, 9]);
    expect(ids(index.covering("final"))).toEqual([5]);
    expect(ids(index.covering("nobody"))).toEqual([]);
    expect(index.names()).toEqual(["derby", "final"]);
    expect(index.get(5)?.id).toBe(5);
    expect(index.get(6)).toBeUndefined();
  });

  it("finds a token once, though several of its grants open the stream", () => {
    const index = new TokenIndex<SubscribeTokenRecord>();
    index.put(subscribeToken({ id: 1, streams: grants("derby", "derby", "/der.*/", "/.*/") }));
    expect(ids(index.covering("derby"))).toEqual([1]);
  });

  it("keeps names and patterns apart, though they read alike", () => {
    const index = new TokenIndex<SubscribeTokenRecord>();
    index.put(subscribeToken({ id: 1, streams: grants("a.c") }));
    index.put(subscribeToken({ id: 2, streams: grants("/a.c/") }));
    expect(ids(index.covering("a.c"))).toEqual([1, 2]);
    expect(ids(index.covering("abc"))).toEqual([2]);
    expect(index.names()).toEqual(["a.c"]);
  });

  it("shows a token as it was put last", () => {
    const index = new TokenIndex<SubscribeTokenRecord>();
    index.put(subscribeToken({ id: 1, label: "old" }));
    expect(index.covering("derby")[0]?.label).toBe("old");
    index.put(subscribeToken({ id: 1, label: "new" }));
    expect([index.covering("derby")[0]?.label, index.all()[0]?.label]).toEqual(["new", "new"]);
  });

  it("gives the same list until a token changes, so that others may keep what they made of it", () => {
    const index = new TokenIndex<SubscribeTokenRecord>();
    index.put(subscribeToken({ id: 1 }));
    const [all, known] = [index.all(), index.names()];
    index.delete(7);
    expect(index.all()).toBe(all);
    expect(index.names()).toBe(known);
    index.put(subscribeToken({ id: 2 }));
    expect(index.all()).not.toBe(all);
  });

  it("answers after any changes as one that was made anew", () => {
    const streams = fc
      .array(fc.constantFrom("derby", "final", "/der.*/", "/.*/", "/(/", "/fin(al)?/"), { maxLength: 3 })
      .map((texts) => grants(...texts));
    const puts = fc.record({ id: fc.nat({ max: 6 }), streams, isActive: fc.boolean() });
    const changes = fc.array(fc.oneof(puts, fc.record({ id: fc.nat({ max: 6 }) })), { maxLength: 25 });
    fc.assert(
      fc.property(changes, (all) => {
        const index = new TokenIndex<SubscribeTokenRecord>();
        const expected = new Map<number, SubscribeTokenRecord>();
        for (const change of all) {
          if ("streams" in change) {
            const token = subscribeToken(change);
            index.put(token);
            expected.set(token.id, token);
          } else {
            index.delete(change.id);
            expected.delete(change.id);
          }
          const tokens = [...expected.values()].sort((a, b) => a.id - b.id);
          expect(index.all()).toEqual(tokens);
          for (const name of ["derby", "final", "fin", "(", ""]) {
            expect(index.covering(name)).toEqual(tokens.filter((token) => openedBy(token.streams)(name)));
          }
          const spelled = tokens.flatMap((token) =>
            token.streams.flatMap(({ pattern, isRegex }) => (isRegex ? [] : pattern)),
          );
          expect(index.names()).toEqual([...new Set(spelled)].sort());
        }
      }),
      { numRuns: 60 },
    );
  });
});
