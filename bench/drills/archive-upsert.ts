import type { ArchivedPart, UsageReading } from "../../src/model/usage/archive.ts";
import { DAY_MS, HOUR_MS } from "../../src/model/usage/time.ts";
import { COLLECTOR_LEASE } from "../../src/store/leases.ts";
import { quantileOf } from "../measure.ts";
import { figure } from "../table.ts";
import type { Drill, Size } from "./drill.ts";
import { createDrillStore, type StoreName, storeNames } from "./drill-store.ts";

/** Tracking ids of one call, hours of the platform's memory, and rows of an hour: streams, and the one that marks it as read. */
const SHAPE: Readonly<Record<Size, { readonly trackingIds: number; readonly hours: number; readonly parts: number }>> =
  {
    small: { trackingIds: 2, hours: 50, parts: 21 },
    full: { trackingIds: 10, hours: 167, parts: 21 },
  };
/** Archives that are filled from nothing; the figures are medians. */
const REPEATS: Readonly<Record<Size, number>> = { small: 1, full: 5 };
/** Least rows in a second. */
const ROWS_PER_SECOND: Readonly<Record<StoreName, number>> = { SQLite: 30_000, PostgreSQL: 50_000 };
/** One in so many rows changes. */
const ONE_IN = 10;
const START = Date.parse("2026-03-18T10:00:00Z");

/** One reading of all series, and what the archive has afterwards: shares of all rows. */
interface Step {
  readonly title: string;
  /** Time since the first reading, in milliseconds. */
  readonly at: number;
  /** Number that the changed rows have, and which rows these are. */
  readonly changes: { readonly by: bigint; readonly oneIn: number };
  readonly settled: number;
  readonly corrections: number;
}

const NONE = { by: 0n, oneIn: 1 };
const TENTH = { by: 1n, oneIn: ONE_IN };
/** Each changes the former reading: a row that has changed settles a day later. */
const STEPS: readonly Step[] = [
  { title: "insert", at: 0, changes: NONE, settled: 0, corrections: 0 },
  { title: "unchanged", at: HOUR_MS, changes: NONE, settled: 0, corrections: 0 },
  { title: "a tenth changed", at: 2 * HOUR_MS, changes: TENTH, settled: 0, corrections: 0 },
  { title: "settled", at: 2 * DAY_MS, changes: TENTH, settled: 1, corrections: 0 },
  {
    title: "a tenth corrected",
    at: 3 * DAY_MS,
    changes: { by: 2n, oneIn: ONE_IN },
    settled: 1,
    corrections: 1 / ONE_IN,
  },
];

export const archiveUpsert: Drill = {
  title: `rows in a second by the collector's own statements: at least ${ROWS_PER_SECOND.SQLite / 1_000} k on SQLite, and ${ROWS_PER_SECOND.PostgreSQL / 1_000} k on PostgreSQL (TEST_DATABASE_URL)`,
  run: async (size) => {
    const figures: [string, string][] = [];
    let passed = true;
    for (const store of storeNames) {
      const runs: Map<string, number>[] = [];
      for (let repeat = 0; repeat < REPEATS[size]; repeat += 1) runs.push(await fill(store, size));
      const rates = STEPS.map(
        ({ title }) =>
          [
            title,
            quantileOf(
              runs.map((run) => run.get(title) ?? 0),
              0.5,
            ),
          ] as const,
      );
      figures.push([
        `${store}, k rows/s`,
        rates.map(([title, rate]) => `${title} ${figure(rate / 1_000, 0)}`).join(", "),
      ]);
      passed &&= size === "small" || rates.every(([, rate]) => rate >= ROWS_PER_SECOND[store]);
    }
    return { passed, figures };
  },
};

/** Writes all readings into an empty archive. Returns the rows in a second of each. @throws Error if the archive differs */
async function fill(name: StoreName, size: Size): Promise<Map<string, number>> {
  await using database = await createDrillStore(name);
  const store = await database.open();
  const lease = await store.leases.take(COLLECTOR_LEASE, "drill", 600_000);
  if (!lease) throw new Error("a free lease was refused");
  const { trackingIds, hours, parts } = SHAPE[size];
  const rows = trackingIds * hours * parts;
  const rates = new Map<string, number>();
  for (const { title, at, changes, settled, corrections } of STEPS) {
    const readings = readingsOf(SHAPE[size], START + at, changes);
    const begun = performance.now();
    await store.usageArchive.write(readings, lease);
    rates.set(title, (1_000 * rows) / (performance.now() - begun));
    const found = { rows: 0, settled: 0, corrections: 0 };
    const window = { from: START - hours * HOUR_MS - DAY_MS, to: START };
    for (const reading of readings) {
      const archived = await store.usageArchive.rows(reading, window);
      found.rows += archived.length;
      found.settled += archived.filter(({ state }) => state === "SETTLED").length;
      found.corrections += (await store.usageArchive.corrections(reading, window)).length;
    }
    const expected = { rows, settled: settled * rows, corrections: Math.round(corrections * rows) };
    if (JSON.stringify(found) !== JSON.stringify(expected))
      throw new Error(`${name}, ${title}: ${JSON.stringify(found)} in place of ${JSON.stringify(expected)}`);
  }
  return rates;
}

function readingsOf(
  { trackingIds, hours, parts }: (typeof SHAPE)[Size],
  readAt: number,
  { by, oneIn }: Step["changes"],
): UsageReading[] {
  let row = 0;
  const partOf = (index: number): ArchivedPart => {
    row += 1;
    const traffic = { bytesOut: BigInt(1_000_000_007 * row) + (row % oneIn === 0 ? by : 0n), bytesIn: 0n, parts: null };
    return { part: index === 0 ? "" : `stream ${index}`, traffic, counts: null };
  };
  return Array.from({ length: trackingIds }, (_, id) => ({
    ...({ owner: `partner ${id}`, kind: "TRACKING_STREAM", subject: "", granularity: "HOUR", readAt } as const),
    buckets: new Map(
      Array.from({ length: hours }, (_, hour) => [
        START - DAY_MS - hour * HOUR_MS,
        Array.from({ length: parts }, (_, index) => partOf(index)),
      ]),
    ),
  }));
}
