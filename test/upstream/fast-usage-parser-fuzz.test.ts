import { describe, expect, it } from "vitest";
import type { UsageSeries } from "../../src/model/usage/series.ts";
import type { Traffic } from "../../src/model/usage/traffic.ts";
import { createAnalytics } from "../../src/upstream/analytics.ts";
import { ShapeError } from "../../src/upstream/transport/decode.ts";
import type { Call, Http } from "../../src/upstream/transport/http-types.ts";
import { parseExact } from "../../src/upstream/transport/json.ts";
import { told } from "../support/traffic.ts";

const WINDOW = { from: Date.UTC(2026, 2, 1), to: Date.UTC(2026, 2, 2) };
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000);
const NAMES = ["derby", "cup", "1", "__proto__", "constructor", "東京", 'a"b', "\u007f", "caf\u00e9"];

/** Returns the calls that analytics makes, without a network. */
function callsOfAnalytics() {
  let last: Call<unknown> | null = null;
  const http: Pick<Http, "read"> = {
    read: (call) => {
      last = call as Call<unknown>;
      return new Promise(() => undefined);
    },
  };
  const analytics = createAnalytics(http as Http);
  const made = <Result>(make: () => Promise<Result>) => {
    void make();
    return last as unknown as Call<Result> & { readonly fastDecode: (body: Buffer) => Result | null };
  };
  return {
    totals: () => made(() => analytics.streamTotals(NAMES, WINDOW)),
    series: () => made(() => analytics.streamSeries(NAMES, WINDOW, "HOUR")),
  };
}

/** A random number generator with a seed, so that a failure can be repeated. */
function createRandom(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    chance: (share: number) => next() < share,
    pick: <Item>(items: readonly Item[]) => items[below(items.length)] as Item,
  };
}
type Random = ReturnType<typeof createRandom>;

const ODD_NUMBERS = [
  "1e3",
  "1E+2",
  "1.0",
  "0.5",
  "-0",
  "-1",
  "01",
  "00",
  "1234567890123456",
  "123456789012345678901",
  "999999999999999",
  "9007199254740993",
  "0x1",
  "+1",
  "1.",
  ".5",
  "NaN",
  "null",
  "true",
  '"1"',
  "[]",
  "{}",
  "",
] as const;

/** Writes JSON in a random spelling: mostly the common one, sometimes with one of many deviations. */
function createWriter(random: Random, oddness: number) {
  const odd = () => random.chance(oddness);
  const space = () => (odd() ? random.pick([" ", "\n", "\t", "\r\n", "\u00a0", "\ufeff"]) : "");
  const count = () =>
    odd() ? random.pick(ODD_NUMBERS) : String(random.pick([0, 1, 7, 42, 1_234, 10 ** 9, 10 ** 15 - 1]));
  const text = (value: string) => {
    if (!odd()) return JSON.stringify(value);
    const at = random.below(value.length + 1);
    const code = value.charCodeAt(at) || 97;
    const escaped = `\\u${code.toString(16).padStart(4, "0")}`;
    return `"${value.slice(0, at)}${random.pick([escaped, "\\n", "\\", "\ud83d\ude00", "\u0001"])}${value.slice(at + 1)}"`;
  };
  const object = (fields: readonly (readonly [string, string])[]) => {
    let entries = [...fields];
    if (odd()) entries = entries.reverse();
    if (odd() && entries.length > 0) entries.push(random.pick(entries));
    if (odd()) entries.push([random.pick(["duration", "secondsUsed", "bytesIn", "__proto__", "extra"]), count()]);
    if (odd()) entries.splice(random.below(entries.length), 1);
    const written = entries.map(([name, value]) => `${space()}${text(name)}${space()}:${space()}${value}`);
    return `{${written.join(`${space()},`)}${space()}}`;
  };
  const part = (): [string, string][] => [
    ["bytesOut", count()],
    ["bytesIn", count()],
  ];
  const restream = () => {
    const form = random.below(3);
    const seconds: [string, string] = ["secondsUsed", count()];
    return object(form === 0 ? part() : form === 1 ? [seconds, ...part()] : [...part(), seconds]);
  };
  const total = () =>
    object(
      random.chance(0.3)
        ? part()
        : [...part(), ["standardStream", object(part())], ["restream", restream()], ["geoCascade", object(part())]],
    );
  const series = (starts: readonly string[], earlier: Map<string, string>) => {
    const map = (kind: string, value: () => string) => {
      // Maps that equal an earlier one, in part or as a whole, take a way of their own through the parser.
      const known = earlier.get(random.pick([kind, "bandwidth"]));
      const written = known && random.chance(0.5) ? known : object(starts.map((start) => [start, value()]));
      earlier.set(kind, written);
      return written;
    };
    return object([
      ["bandwidth", map("bandwidth", () => object(part()))],
      ["standardStream", map("standardStream", () => object(part()))],
      ["restream", map("restream", restream)],
      ["geoCascade", map("geoCascade", () => object(part()))],
    ]);
  };
  const envelope = (data: string) =>
    object([
      ["status", odd() ? '"fail"' : '"success"'],
      ["data", data],
    ]);
  const names = () => Array.from({ length: random.below(5) }, () => random.pick(odd() ? NAMES : NAMES.slice(0, 5)));
  return {
    totals: () => envelope(object(names().map((name) => [name, total()]))),
    series: () => {
      const starts = Array.from({ length: 1 + random.below(4) }, (_, hour) => {
        const start = new Date(WINDOW.from + hour * 3_600_000).toISOString().replace(".000Z", "Z");
        return odd()
          ? random.pick([
              start.replace("Z", "+00:00"),
              start.slice(0, 10),
              "2026-02-30T00:00:00Z",
              "2026-03-01T24:00:00Z",
              "7",
              start.replace("T00", "T99"),
            ])
          : start;
      });
      if (odd()) starts.reverse();
      if (odd()) starts.push(random.pick(starts));
      const earlier = new Map<string, string>();
      return envelope(object(names().map((name) => [name, series(starts, earlier)])));
    },
  };
}

/** Changes the bytes of a body: cuts, doubles, swaps or overwrites some of them. */
function mutate(body: Buffer, random: Random): Buffer {
  let bytes = body;
  for (let times = random.below(3); times >= 0; times -= 1) {
    const [at, to] = [random.below(bytes.length + 1), random.below(bytes.length + 1)].sort((a, b) => a - b) as [
      number,
      number,
    ];
    const splice = (middle: Buffer, end = to) => Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(end)]);
    const edits = [
      () => bytes.subarray(0, to),
      () => splice(Buffer.from(random.pick([...'{}[]":,.0123456789eE+- \\'])), at + 1),
      () => splice(Buffer.from(random.pick([...'{}[]":,.0123456789eE+- \\'])), at),
      () => splice(Buffer.alloc(0), Math.min(to, at + 1 + random.below(8))),
      () => splice(Buffer.concat([bytes.subarray(at, to), bytes.subarray(at, to)])),
      () => splice(Buffer.from([random.below(256)]), at + 1),
    ];
    bytes = random.pick(edits)();
  }
  return bytes;
}

function plainSeries(series: UsageSeries) {
  return [...series.keys()]
    .map((start) => [start, told(series.get(start) as Traffic)])
    .concat([...series.values()].map((traffic) => [told(traffic)]) as never);
}

/** Decodes a body as the HTTP client does when the fast parser declines; throws for a body without the envelope. */
function general<Result>(call: Call<Result>, body: Buffer): Result {
  const envelope = parseExact(new TextDecoder("utf-8", { fatal: true }).decode(body)) as {
    status?: unknown;
    data?: unknown;
  };
  if (envelope.status !== "success") throw new ShapeError("status", "success");
  return call.decode(envelope.data, (text) => text);
}

/** Compares both decoders for random bodies. @returns how many of them the fast one read */
function compare<Value>(seed: number, kind: "totals" | "series", plain: (value: Value) => unknown): number {
  const random = createRandom(seed);
  const calls = callsOfAnalytics();
  let read = 0;
  for (let run = 0; run < RUNS / 2; run += 1) {
    const written = createWriter(random, random.pick([0, 0, 0.01, 0.05]))[kind]();
    const body = random.chance(0.5) ? Buffer.from(written) : mutate(Buffer.from(written), random);
    const call = calls[kind]() as unknown as Call<ReadonlyMap<string, Value>> & {
      readonly fastDecode: (body: Buffer) => ReadonlyMap<string, Value> | null;
    };
    const fast = call.fastDecode(body);
    if (fast === null) continue;
    read += 1;
    const values = (all: ReadonlyMap<string, Value>) => [...all].map(([name, value]) => [name, plain(value)]);
    expect(values(fast), `run ${run} of seed ${seed}: ${body}`).toEqual(values(general(call, body)));
  }
  return read;
}

describe("fast usage parser, given random bodies,", () => {
  const seed = Number(process.env["FUZZ_SEED"] ?? 20_260_301);

  it("reads totals as decoding the result of JSON.parse does, or declines", () => {
    const read = compare<Traffic>(seed, "totals", told);
    expect(read).toBeGreaterThan(RUNS / 20);
    expect(read).toBeLessThan(RUNS / 2);
  });

  it("reads series as decoding the result of JSON.parse does, or declines", () => {
    const read = compare<UsageSeries>(seed, "series", plainSeries);
    expect(read).toBeGreaterThan(RUNS / 20);
    expect(read).toBeLessThan(RUNS / 2);
  });
});
