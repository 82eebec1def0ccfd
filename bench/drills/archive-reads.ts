import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { type ArchiveSubject, createArchivedUsage } from "../../src/loaders/archived-usage.ts";
import { readSeries } from "../../src/loaders/bandwidth.ts";
import { archiveOf, type BandwidthSource } from "../../src/loaders/bandwidth-source.ts";
import { retentionAt } from "../../src/model/usage/retention.ts";
import type { Granularity } from "../../src/model/usage/series.ts";
import { DAY_MS, HOUR_MS, type TimeWindow } from "../../src/model/usage/time.ts";
import { resolveWindow } from "../../src/model/usage/time-window.ts";
import type { Store } from "../../src/store/store.ts";
import { quantileOf } from "../measure.ts";
import type { Drill, Outcome, Size } from "./drill.ts";
import { createDrillStore, type DrillStore, type StoreName, storeNames } from "./drill-store.ts";

const ACCOUNT = "archive";
const STREAMS = 50;
const HOURS = 720;
/** Midnight before which the partners' 30 days end. */
const END = Date.UTC(2026, 3, 1);
const MONTH: TimeWindow = { from: END - HOURS * HOUR_MS, to: END };
/** Two years later, when the platform has nothing of these any more. */
const NOW = END + 730 * DAY_MS;

interface Query {
  readonly subject: (round: number, partners: number) => ArchiveSubject;
  readonly window: TimeWindow;
  readonly granularity: Granularity;
  readonly points: number;
  /** Largest 95th percentile, in milliseconds. */
  readonly maxMs: Readonly<Record<StoreName, number>>;
}

const partnerMonth: Query = {
  subject: (round, partners) => ({ kind: "TRACKING_STREAM", name: `partner-${(round * 37) % partners}` }),
  window: MONTH,
  granularity: "HOUR",
  points: HOURS,
  maxMs: { SQLite: 20, PostgreSQL: 30 },
};

const accountYear: Query = {
  subject: () => ({ kind: "ACCOUNT", name: "" }),
  window: { from: END - 365 * DAY_MS, to: END },
  granularity: "DAY",
  points: 365,
  maxMs: { SQLite: 50, PostgreSQL: 50 },
};

/** Bytes of a row: any function of the key serves, of which the sum is known. */
const bytesOf = (hour: number, stream: number) => BigInt(hour) * 1_000n + BigInt(stream) + 2n ** 40n;

/** Fills the tables, and returns their store. */
async function fill(database: DrillStore, partners: number): Promise<Store> {
  const store = await database.open();
  const lease = await store.leases.take("drill", "drill", 600_000);
  if (!lease) throw new Error("a free lease was refused");
  const days = Array.from({ length: 365 }, (_, day) => END - (day + 1) * DAY_MS);
  const traffic = { bytesOut: 7n, bytesIn: 1n, parts: null };
  const bucketsOf = (starts: readonly number[]) =>
    new Map(starts.map((start) => [start, [{ part: "", traffic, counts: null }]]));
  const account = { owner: ACCOUNT, kind: "ACCOUNT", subject: "", readAt: NOW } as const;
  // The archive creates the partitions of what it writes.
  await store.usageArchive.write(
    [
      { ...account, granularity: "DAY", buckets: bucketsOf(days) },
      { ...account, granularity: "HOUR", buckets: bucketsOf([MONTH.from, END - HOUR_MS]) },
    ],
    lease,
  );
  await store.close();
  for (let partner = 0; partner < partners; partner += 1) {
    await database.execute(`
      insert into usage_rows (owner, kind, subject, granularity, bucket, part, bytes_out, bytes_in, changed_at, read_at, settled_at)
      with recursive hours(h) as (select cast(0 as bigint) union all select h + 1 from hours where h < ${HOURS - 1}),
        streams(s) as (select 0 union all select s + 1 from streams where s < ${STREAMS})
      select 'partner-${partner}', 5, '', 1, ${MONTH.from} + h * ${HOUR_MS}, case s when 0 then '' else 'stream-' || s end,
        case s when 0 then 0 else h * 1000 + s + ${2 ** 40} end, 0, ${END}, ${END}, ${END}
      from hours cross join streams`);
  }
  if (database.name === "PostgreSQL") await database.execute("vacuum analyze usage_rows");
  return database.open();
}

/** Reads as a request does: a plan, the archive, and the points. */
async function measure(
  store: Store,
  { subject, window, granularity, points }: Query,
  partners: number,
  rounds: number,
) {
  const usageWindow = resolveWindow({ range: window }, "UTC", retentionAt(NOW, 0));
  const times: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let wrong = 0;
  for (let round = -10; round < rounds; round += 1) {
    if (round === 0) delay.enable();
    const archived = createArchivedUsage({
      reads: store.archiveReads,
      account: { id: async () => ACCOUNT, knownId: () => ACCOUNT },
      usageLagMs: 0,
      onStale: () => undefined,
    });
    const begun = performance.now();
    const source = archivedSource(() => archiveOf(archived, subject(round + 10, partners)));
    const { value } = await readSeries(source, usageWindow, granularity, "UTC");
    if (round >= 0) times.push(performance.now() - begun);
    if (value.length !== points || value.some(({ bytesOut }, index) => bytesOut !== expected(granularity, index)))
      wrong += 1;
  }
  delay.disable();
  return { p95: quantileOf(times, 0.95), blockedMs: delay.max / 1e6, wrong };
}

function expected(granularity: Granularity, hour: number): bigint {
  if (granularity === "DAY") return 7n;
  return Array.from({ length: STREAMS }, (_, stream) => bytesOf(hour, stream + 1)).reduce((a, b) => a + b);
}

/** Returns a source that the platform has nothing of. */
function archivedSource(archive: NonNullable<BandwidthSource["archive"]>): BandwidthSource {
  const fails = () => Promise.reject(new Error("the platform retains none of it"));
  return {
    retention: { monthsRetained: false },
    total: fails,
    series: fails,
    countries: null,
    countrySeries: null,
    archive,
  };
}

async function run(query: Query, size: Size): Promise<Outcome> {
  const [partners, rounds] = size === "full" ? [Math.ceil(10_000_000 / (HOURS * (STREAMS + 1))), 200] : [3, 5];
  const figures: [string, string][] = [];
  let passed = true;
  for (const name of storeNames) {
    const maxMs = query.maxMs[name];
    await using database = await createDrillStore(name);
    const store = await fill(database, partners);
    const { p95, blockedMs, wrong } = await measure(store, query, partners, rounds);
    passed &&= wrong === 0 && (size === "small" || p95 <= maxMs);
    figures.push([
      `${name}, ${(partners * HOURS * (STREAMS + 1)).toLocaleString("en")} rows`,
      `p95 ${p95.toFixed(1)} ms of ${maxMs}`,
    ]);
    figures.push([`${name}, longest block of the thread`, `${blockedMs.toFixed(1)} ms`]);
    figures.push([`${name}, wrong responses`, String(wrong)]);
  }
  return { passed, figures };
}

/** Drills of reads of the usage archive; PostgreSQL is that of TEST_DATABASE_URL. */
export const archiveReadDrills: Readonly<Record<string, Drill>> = {
  "archive-partner": {
    title:
      "30 days by hour of a partner with 50 streams, of 10 M rows: 95 of 100 in 20 ms on SQLite, 30 ms on PostgreSQL",
    run: (size) => run(partnerMonth, size),
  },
  "archive-account": {
    title: "a year by day of the account, of 10 M rows: 95 of 100 in 50 ms",
    run: (size) => run(accountYear, size),
  },
};
