import { setTimeout as pause } from "node:timers/promises";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { MAX_NAMES_PER_CALL } from "../../src/upstream/analytics.ts";
import { quantileOf } from "../measure.ts";
import { figure } from "../table.ts";
import type { Drill, Size } from "./drill.ts";
import { createDrillStore, type DrillStore } from "./drill-store.ts";
import { authorization, probeGateway } from "./probing.ts";

/** Partners and streams of each, beside those of the sandbox, and seconds of the measurement before. */
const SHAPE: Readonly<Record<Size, { readonly partners: number; readonly streams: number; readonly seconds: number }>> =
  {
    small: { partners: 2, streams: 1, seconds: 0.2 },
    full: { partners: 50, streams: 20, seconds: 15 },
  };
/** Longest time of the first backfill, in seconds. */
const MAX_SECONDS = 60;
/** Largest p99 of a cached query meanwhile, as a multiple of that before. */
const MAX_FACTOR = 2;
/** Longest wait for the backfill, in milliseconds. */
const MAX_WAIT_MS = 150_000;
/** Interval between two questions whether it is complete, in milliseconds. */
const POLL_MS = 100;

export const archiveBackfill: Drill = {
  title: `the first backfill of 50 partners with 20 streams each: at most ${MAX_SECONDS} s, the fewest calls of ten names, p99 of a cached query at most ${MAX_FACTOR} times that before`,
  run: async (size) => {
    const { partners, streams, seconds } = SHAPE[size];
    let calls = 0;
    await using sandbox = await createSandbox({
      bulk: partners * streams,
      bulkPartners: partners,
      onExchange: ({ request }) => {
        if (request.path.startsWith("/api/analytics/") && request.path.endsWith("eries")) calls += 1;
      },
    });
    await using place = await createDrillStore("SQLite");
    const { environment } = place;
    const before = await probeGateway({ sandbox, environment: { ...environment, COLLECT_USAGE: "off" } }, () =>
      pause(seconds * 1_000),
    );
    calls = 0;
    const during = await probeGateway({ sandbox, environment }, async (url) => ({
      tookS: (await untilComplete(url)) / 1_000,
      made: calls,
    }));
    const { tookS, made } = during.result;
    const { rows, bound } = await archived(place, sandbox.accountId);
    const [idle, busy] = [before, during].map(({ probed }) => quantileOf(probed.list, 0.99)) as [number, number];
    const delaysMs = [before, during].map(
      ({ metric }) => 1_000 * metric('syndigraph_event_loop_delay_seconds{quantile="1"}'),
    );
    const isFast = tookS <= MAX_SECONDS && busy <= MAX_FACTOR * idle;
    return {
      passed: rows > 0 && made <= bound && (size === "small" || isFast),
      figures: [
        ["rows", `${rows.toLocaleString("en")} on SQLite in ${figure(tookS, 1)} s`],
        ["upstream calls", `${made}; ${bound} are the fewest for the series of each kind`],
        ["p99 of a list in ms, before and meanwhile", `${figure(idle, 1)}, ${figure(busy, 1)}`],
        ["longest delay of the event loop in ms", delaysMs.map((delay) => figure(delay, 0)).join(", ")],
      ],
    };
  },
};

const query = "{ usageCollection { progress { granularity series lateSeconds } } }";

interface Progress {
  readonly granularity: "HOUR" | "DAY";
  readonly series: number;
  readonly lateSeconds: number;
}

/** Waits until all hours and all days have been read. Returns the milliseconds since the call. */
async function untilComplete(url: URL): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < MAX_WAIT_MS) {
    const response = await fetch(new URL("/graphql", url), {
      method: "POST",
      headers: { ...authorization, "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    const { data } = (await response.json()) as { data?: { usageCollection: { progress: Progress[] } } };
    const progress = data?.usageCollection.progress ?? [];
    const of = (granularity: string) => progress.find((each) => each.granularity === granularity);
    const [hours, days] = [of("HOUR"), of("DAY")];
    // Days are read after hours, and of the same series.
    if (hours && days && hours.series === days.series && hours.lateSeconds + days.lateSeconds === 0)
      return performance.now() - begun;
    await pause(POLL_MS);
  }
  throw new Error("The backfill does not end.");
}

/** Returns the rows of the archive, and the fewest calls that read its series once. */
async function archived(place: DrillStore, account: string): Promise<{ rows: number; bound: number }> {
  const store = await place.open();
  const names = new Map<string, number>();
  for (const { kind, granularity } of await store.usageArchive.sources(account)) {
    const key = `${kind} ${granularity}`;
    names.set(key, (names.get(key) ?? 0) + 1);
  }
  const bound = [...names.values()].reduce((sum, count) => sum + Math.ceil(count / MAX_NAMES_PER_CALL), 0);
  const [counted] = await place.rows("select count(*) as rows from usage_rows");
  return { rows: Number(counted?.["rows"]), bound };
}
