import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { COLLECTOR_TICK_MS, createUsageCollector } from "../../src/jobs/collect-usage.ts";
import type { CountryUsage } from "../../src/model/usage/country-usage.ts";
import { ceilTo, DAY_MS, HOUR_MS, type TimeWindow } from "../../src/model/usage/time.ts";
import type { Traffic } from "../../src/model/usage/traffic.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Analytics, StreamRow } from "../../src/upstream/analytics.ts";
import { createDrillServices } from "./drill-services.ts";

/** What a collecting process tells its parent after each attempt to collect. */
export interface Collecting {
  /** Whether it holds the lease. */
  readonly isCollecting: boolean;
  /** Attempts that failed, since the lease or the connection was lost. */
  readonly refused: number;
}

/** Time that passes for the collector in one of the machine, so that usage is due all the time. */
const SPEED = 3_600;
/** Pause between two attempts to collect with the lease, in milliseconds. */
const PAUSE_MS = 100;
/** Time until a call of the platform is answered, in milliseconds: a process is mostly paused in it, and then writes. */
const LATENCY_MS = 50;
/** Age up to which the usage of a bucket changes with each reading, in milliseconds. */
const CHANGING_MS = 4 * HOUR_MS;
/** One in so many older buckets changes with a reading, so that settled ones are corrected. */
const ONE_IN = 16;
const COUNTRIES = ["DE", "FR", "US"];
const STREAMS = ["derby", "final", "talk", "news"];

// Collects over a database that it shares with others until it is killed. The names are the sandbox's; the figures are made here,
// since they have to change with each reading for rows to be written.
const { values } = parseArgs({
  options: {
    database: { type: "string" },
    platform: { type: "string" },
    secret: { type: "string" },
    name: { type: "string" },
  },
});
const { database = "", platform = "", secret = "", name = "" } = values;
const begin = Date.now();
const now = () => begin + (Date.now() - begin) * SPEED;
let readings = 0;
let refused = 0;

const services = createDrillServices({
  store: await openStore({ kind: "postgres", url: database }),
  origin: platform,
  secret,
});

function* startsIn({ from, to }: TimeWindow, step: number): Generator<number, void> {
  for (let start = ceilTo(from, step); start < to; start += step) yield start;
}

function trafficOf(start: number, index: number): Traffic {
  const changes = start > now() - CHANGING_MS || (start / HOUR_MS + readings) % ONE_IN === 0;
  return { bytesOut: BigInt(start + 1_000 * index + (changes ? readings : 0)), bytesIn: 0n, parts: null };
}

function bucketsOf<Value>(window: TimeWindow, resolution: string, of: (start: number) => Value): Map<number, Value> {
  const starts = startsIn(window, resolution === "HOUR" ? HOUR_MS : DAY_MS);
  return new Map([...starts].map((start) => [start, of(start)]));
}

const countriesOf = (start: number): CountryUsage[] =>
  COUNTRIES.map((country, index) => ({
    ...{ country, traffic: trafficOf(start, index) },
    ...{ viewSeconds: 60, publishSeconds: 0, views: 1, publishes: 0 },
  }));
const streamsOf = (start: number): StreamRow[] =>
  STREAMS.map((streamName, index) => ({ streamName, traffic: trafficOf(start, index) }));

/** Series of the platform that a collector reads. */
const analytics: Analytics = {
  ...services.upstream.analytics,
  accountSeries: async (window, resolution) => {
    await pause(LATENCY_MS);
    readings += 1;
    return bucketsOf(window, resolution, (start) => trafficOf(start, 0));
  },
  accountCountrySeries: async (window, resolution) => {
    await pause(LATENCY_MS);
    return bucketsOf(window, resolution, countriesOf);
  },
  streamSeries: async (names, window, resolution) => {
    await pause(LATENCY_MS);
    return new Map(
      names.map((each, index) => [each, bucketsOf(window, resolution, (start) => trafficOf(start, index))]),
    );
  },
  streamCountrySeries: async (names, window, resolution) => {
    await pause(LATENCY_MS);
    return new Map(names.map((each) => [each, bucketsOf(window, resolution, countriesOf)]));
  },
  trackingSeries: async (ids, window, resolution) => {
    await pause(LATENCY_MS);
    return new Map(ids.map((id) => [id, bucketsOf(window, resolution, streamsOf)]));
  },
};

const collector = createUsageCollector({
  ...services,
  analytics,
  gatewayId: name,
  platformClock: now,
  timing: { pause: async () => undefined },
  logger: pino(
    { level: "warn" },
    {
      write: (line: string) => {
        if (line.includes("usage could not be collected")) refused += 1;
      },
    },
  ),
});
for (;;) {
  await collector.tick();
  const renewing = setInterval(() => void collector.tick(), COLLECTOR_TICK_MS);
  await collector.idle();
  clearInterval(renewing);
  const isCollecting = collector.lease() !== null;
  process.send?.({ isCollecting, refused } satisfies Collecting);
  await pause(isCollecting ? PAUSE_MS : COLLECTOR_TICK_MS);
}
