import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { iso, type TimeWindow } from "../../src/model/usage/time.ts";
import { createAnalytics } from "../../src/upstream/analytics.ts";
import { createFastUsageParser } from "../../src/upstream/fast-usage-parser.ts";
import { createScriptedPlatform } from "../support/platform.ts";
import { at } from "../support/time.ts";
import { told } from "../support/traffic.ts";

const MARCH: TimeWindow = { from: at("2026-03-01T00:00:00Z"), to: at("2026-04-01T00:00:00Z") };
const envelope = (data: string) => `{"status":"success","data":${data}}`;
const parser = createFastUsageParser();
const bytes = (text: string) => Buffer.from(text);
/** The answer in a form that the fast parser declines. */
const spaced = (text: string) => text.replace('"data":', '"data": ');

const counts = fc.maxSafeNat().map((count) => count % 10 ** 15);
const part = fc.record({ bytesOut: counts, bytesIn: counts });
const restream = fc.oneof(
  fc.record({ secondsUsed: counts, bytesOut: counts, bytesIn: counts }),
  fc.record({ bytesIn: counts, bytesOut: counts, secondsUsed: counts }),
  part,
);
const names = ["a", "b", "c d", "__proto__"];
const starts = fc
  .uniqueArray(fc.nat(700), { maxLength: 8 })
  .map((hours) => hours.sort((a, b) => a - b).map((hour) => iso(MARCH.from + hour * 3_600_000)));

/** By name, without the prototypes of objects. */
const named = (name: string, value: unknown) => `${JSON.stringify(name)}:${JSON.stringify(value)}`;

async function ask<Answer>(
  text: string,
  call: (analytics: ReturnType<typeof createAnalytics>) => Promise<Answer>,
): Promise<Answer> {
  await using platform = createScriptedPlatform();
  platform.answer({ body: text });
  return await call(createAnalytics(platform.http));
}

describe("fast usage parser", () => {
  it("reads totals in their most common form as the general decoder reads any other form", async () => {
    const total = fc.oneof(
      part,
      fc
        .tuple(part, part, restream, part)
        .map(([all, standardStream, pushed, geoCascade]) => ({ ...all, standardStream, restream: pushed, geoCascade })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(total, { maxLength: 4 }), async (totals) => {
        const text = envelope(`{${totals.map((each, place) => named(names[place] ?? "", each)).join(",")}}`);
        expect(parser.totals(bytes(text))).not.toBeNull();
        expect(parser.totals(bytes(spaced(text)))).toBeNull();
        const [usual, general] = await Promise.all(
          [text, spaced(text)].map((form) => ask(form, (analytics) => analytics.streamTotals(names, MARCH))),
        );
        const figures = (answer: typeof usual) => [...(answer ?? [])].map(([name, traffic]) => [name, told(traffic)]);
        expect(figures(usual)).toEqual(figures(general));
      }),
      { numRuns: 60 },
    );
  });

  it("reads series in their most common form as the general decoder reads any other form", async () => {
    const buckets = starts.chain((times) =>
      fc
        .array(fc.array(fc.tuple(part, part, restream, part), { minLength: times.length, maxLength: times.length }), {
          maxLength: 4,
        })
        .map((all) =>
          all.map((series) => {
            const column = (place: 0 | 1 | 2 | 3) =>
              Object.fromEntries(series.map((parts, bucket) => [times[bucket] ?? "", parts[place]]));
            return { bandwidth: column(0), standardStream: column(1), restream: column(2), geoCascade: column(3) };
          }),
        ),
    );
    await fc.assert(
      fc.asyncProperty(buckets, async (all) => {
        const text = envelope(`{${all.map((each, place) => named(names[place] ?? "", each)).join(",")}}`);
        const hasBuckets = all.every(({ bandwidth }) => Object.keys(bandwidth).length > 0);
        if (hasBuckets) expect(parser.series(bytes(text))).not.toBeNull();
        const [usual, general] = await Promise.all(
          [text, spaced(text)].map((form) => ask(form, (analytics) => analytics.streamSeries(names, MARCH, "HOUR"))),
        );
        const figures = (answer: typeof usual) =>
          [...(answer ?? [])].map(([name, series]) => [
            name,
            [...series.keys()].map((start) => {
              const traffic = series.get(start);
              return [start, traffic && told(traffic)];
            }),
            [...series.values()].map(told),
          ]);
        expect(figures(usual)).toEqual(figures(general));
      }),
      { numRuns: 60 },
    );
  });
});

describe("fast usage parser, given another form,", () => {
  const figure = '{"bytesOut":1,"bytesIn":2}';
  it.each([
    ["a missing bracket", `{"a":${figure}`],
    ["a count of 16 digits", '{"a":{"bytesOut":1234567890123456,"bytesIn":2}}'],
    ["a fraction", '{"a":{"bytesOut":1.5,"bytesIn":2}}'],
    ["an exponent", '{"a":{"bytesOut":1e3,"bytesIn":2}}'],
    ["a negative count", '{"a":{"bytesOut":-1,"bytesIn":2}}'],
    ["a count with a leading zero", '{"a":{"bytesOut":01,"bytesIn":2}}'],
    ["a count as text", '{"a":{"bytesOut":"1","bytesIn":2}}'],
    ["a count of null", '{"a":{"bytesOut":null,"bytesIn":2}}'],
    ["a count that is missing", '{"a":{"bytesOut":1}}'],
    ["an unknown field", '{"a":{"bytesOut":1,"bytesIn":2,"bytes":3}}'],
    ["a name with an escape", `{"\\u0061":${figure}}`],
    ["a name outside ASCII", `{"é":${figure}}`],
    [
      "seconds outside of re-streaming",
      `{"a":{"bytesOut":1,"bytesIn":2,"standardStream":{"secondsUsed":1,"bytesOut":1,"bytesIn":2}}}`,
    ],
    ["a field after the data", `{"a":${figure}},"message":"b"`],
  ])("declines totals with %s", (_what, data) => {
    expect(parser.totals(bytes(envelope(data)))).toBeNull();
  });

  const hour = (start: string) => `"${start}":${figure}`;
  const series = (bandwidth: string, others = bandwidth) =>
    `{"a":{"bandwidth":{${bandwidth}},"standardStream":{${others}},"restream":{${others}},"geoCascade":{${others}}}}`;
  const [first, second] = [hour("2026-03-01T00:00:00Z"), hour("2026-03-01T01:00:00Z")];
  it.each([
    ["buckets out of order", series(`${second},${first}`)],
    ["a bucket twice", series(`${first},${first}`)],
    ["a part without one of the buckets", series(`${first},${second}`, first)],
    ["a part with other buckets", series(first, second)],
    ["parts that are missing", `{"a":{"bandwidth":{${first}}}}`],
    ["a time with an offset", series(hour("2026-03-01T00:00:00+00:00"))],
    ["a text that is no time", series(hour("2026-13-01T00:00:00Z"))],
    ["names with different buckets", `${series(first).slice(0, -1)},"b":${series(second).slice(5)}`],
  ])("declines series with %s", (_what, data) => {
    expect(parser.series(bytes(envelope(data)))).toBeNull();
  });

  it("reads two names with the same two buckets", () => {
    const both = series(`${first},${second}`);
    const usual = parser.series(bytes(envelope(`${both.slice(0, -1)},"b":${both.slice(5)}`)));
    expect(usual?.starts).toEqual(["2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z"]);
    expect([...(usual?.series.keys() ?? [])]).toEqual(["a", "b"]);
  });
});

describe("fast usage parser, given equal maps in a series,", () => {
  const START = "2026-03-01T00:00:00Z";
  const map = (out: number) => `{"${START}":{"bytesOut":${out},"bytesIn":2}}`;
  const series = (...[all = 0, standard = 0, restream = 0, geoCascade = 0]: number[]) =>
    `{"bandwidth":${map(all)},"standardStream":${map(standard)},"restream":${map(restream)},"geoCascade":${map(geoCascade)}}`;
  const read = (...all: string[]) =>
    parser.series(bytes(envelope(`{${all.map((each, place) => `"${names[place]}":${each}`).join(",")}}`)));

  it("stores their counts once: standard traffic that is all traffic, and what the previous name has as well", () => {
    const [first, second] = [...(read(series(7, 7), series(8, 8))?.series.values() ?? [])];
    expect(first?.counts).toEqual([7, 2, 0, 0, 2, 0, 0, 2, 0, 8, 2, 0]);
    expect(first?.layout).toEqual({ all: 0, standard: 0, restream: 3, geoCascade: 6 });
    expect(second?.layout).toEqual({ all: 9, standard: 9, restream: 3, geoCascade: 6 });
  });

  it("parses a map that differs from an earlier one in one digit, or in its end", () => {
    const counts = (...all: string[]) => [...(read(...all)?.series.values() ?? [])][0]?.counts;
    expect(counts(series(17, 18))).toEqual([17, 2, 0, 18, 2, 0, 0, 2, 0, 0, 2, 0]);
    expect(
      read(series(7, 7).replace(/2}}(?=,"restream)/, '2},"2026-03-01T01:00:00Z":{"bytesOut":1,"bytesIn":2}}')),
    ).toBeNull();
    expect(read(series(7, 7).slice(0, -10))).toBeNull();
  });
});

describe("fast usage parser, given a body of more than 2,000,000 bytes,", () => {
  it("declines, as it would keep the memory that the body needs", () => {
    const of = (name: string) => envelope(`{"${name}":{"bytesOut":1,"bytesIn":2}}`);
    expect(parser.totals(bytes(of("a".repeat(1_000))))).not.toBeNull();
    expect(parser.totals(bytes(of("a".repeat(2_000_000))))).toBeNull();
    expect(parser.series(bytes(of("a".repeat(2_000_000))))).toBeNull();
  });
});
