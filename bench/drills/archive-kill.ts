import { archiveTables } from "../../src/model/usage/archive-tables.ts";
import { freshUntilAt } from "../../src/model/usage/retention.ts";
import { ceilTo, DAY_MS, floorTo, HOUR_MS } from "../../src/model/usage/time.ts";
import { isMetered } from "../../src/sandbox/calendar.ts";
import { createSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { kindCodes } from "../../src/store/archive/archive-codec.ts";
import type { Drill, Size } from "./drill.ts";
import { LAG_MS } from "./drill-services.ts";
import { createDrillStore, type DrillStore, type StoreName, storeNames } from "./drill-store.ts";
import { startSandboxedGateway } from "./sandboxed-gateway.ts";

/** Rounds over each store, unless DRILL_MINUTES is over before: each round begins two gateways. */
const ROUNDS: Readonly<Record<Size, number>> = { small: 1, full: 100 };
/** Newest days that are compared with the truth, which is summed hour by hour. Hours are all compared. */
const COMPARED_DAYS: Readonly<Record<Size, number>> = { small: 1, full: 365 };
const START = Date.parse("2026-03-18T10:20:00Z");
/** Longest time by which the sandbox's clock is moved on between two rounds, in milliseconds. */
const LONGEST_STEP_MS = 40 * HOUR_MS;
/** Longest time from a response of the platform until the gateway is killed, in milliseconds. */
const LONGEST_DELAY_MS = 200;

/** Sums of each bucket that was read; its columns have the same names on both databases. */
const BUCKETS = `
  select owner, kind, subject, granularity, bucket, max(read_at) as read_at, cast(sum(bytes_out) as text) as bytes
  from usage_rows group by owner, kind, subject, granularity, bucket having min(part) = ''`;
const SOURCES = "select kind, name, granularity from usage_sources";
const GAPS = "select name from usage_gaps";

const EMPTY = archiveTables.map(({ name }) => `delete from ${name}`).join(";");
/** Ends the lease of a killed gateway, whose expiry a successor would wait for. */
const END_LEASE = "update leases set expires_at = 0";

interface Counts {
  rounds: number;
  /** Rounds in which the gateway was killed before it had collected everything. */
  halfWay: number;
  /** Rounds that begin with an empty archive. */
  backfills: number;
  /** Buckets that were compared with the truth. */
  compared: number;
  lost: number;
  /** Buckets with more than the truth. */
  doubled: number;
  /** Buckets with less than the truth, also before the next gateway has completed them. */
  torn: number;
}

/** Counts calls for usage until one is awaited. */
function createCalls() {
  let count = 0;
  let onCall: () => void = () => undefined;
  return {
    add: () => {
      count += 1;
      onCall();
    },
    count: () => count,
    /** Calls `then` after so many further calls. */
    after: (calls: number, then: () => void) => {
      const at = count + calls;
      onCall = () => {
        if (count === at) then();
      };
    },
  };
}

async function killRounds(storeName: StoreName, endsAt: number, size: Size): Promise<[string, Counts]> {
  const calls = createCalls();
  await using sandbox = await createSandbox({
    startAt: START,
    frozen: true,
    goesOn: true,
    onExchange: ({ request }) => {
      if (request.path.endsWith("series")) calls.add();
    },
  });
  await using store = await createDrillStore(storeName);
  const truth = createTruth(sandbox);
  const counts: Counts = { rounds: 0, halfWay: 0, backfills: 0, compared: 0, lost: 0, doubled: 0, torn: 0 };
  const days = COMPARED_DAYS[size];
  let since = START;
  let callsOfAll = 24;
  for (let round = 0; round < ROUNDS[size] && performance.now() < endsAt; round += 1) {
    const now = sandbox.clock.now();
    if (round % 2 === 0) {
      await store.execute(EMPTY);
      since = now;
      counts.backfills += 1;
    }
    const killed = startGateway(store, sandbox);
    let isOver = false;
    calls.after(1 + Math.floor(Math.random() * callsOfAll), () => {
      setTimeout(() => void killed.kill("SIGKILL"), Math.random() * LONGEST_DELAY_MS);
    });
    void killed.collected.then(() => {
      isOver = true;
      killed.kill("SIGKILL");
    });
    await killed.ended;
    if (!isOver) counts.halfWay += 1;
    await compare(store, truth, { days, now, since: null }, counts);
    await store.execute(END_LEASE);
    const before = calls.count();
    calls.after(Number.POSITIVE_INFINITY, () => undefined);
    const next = startGateway(store, sandbox);
    await Promise.race([next.collected, next.ended.then(() => Promise.reject(new Error("A gateway has ended.")))]);
    if (round === 0) callsOfAll = Math.max(calls.count() - before, 1);
    next.kill("SIGKILL");
    await next.ended;
    await compare(store, truth, { days, now, since }, counts);
    await store.execute(END_LEASE);
    counts.rounds += 1;
    sandbox.clock.advance(Math.floor(Math.random() * LONGEST_STEP_MS));
  }
  return [storeName, counts];
}

/** Starts a gateway whose clock stands still at the sandbox's time. */
function startGateway({ environment }: DrillStore, sandbox: Sandbox) {
  const gateway = startSandboxedGateway({
    sandbox,
    environment: { LOG_LEVEL: "debug", ...environment },
    standsAt: sandbox.clock.now(),
  });
  return { ...gateway, collected: gateway.printed("collected up to the newest quarter hour") };
}

/** Bytes that really flowed in a span, by kind and name. The past does not change, so each is summed once. */
type TruthOf = (kind: number, name: string, from: number, to: number) => bigint;

function createTruth(sandbox: Sandbox): TruthOf {
  const known = new Map<string, bigint>();
  return (kind, name, from, to) => {
    const isOfAccount = kind === kindCodes.ACCOUNT || kind === kindCodes.ACCOUNT_COUNTRY;
    const filter = isOfAccount ? {} : kind === kindCodes.TRACKING_STREAM ? { trackingId: name } : { stream: name };
    const key = JSON.stringify([filter, from, to]);
    const bytes = known.get(key) ?? BigInt(sandbox.truth({ ...filter, from, to }).bytesOut);
    known.set(key, bytes);
    return bytes;
  };
}

interface Comparison {
  /** Newest days that are compared. */
  readonly days: number;
  readonly now: number;
  /** Time of the first reading of a complete archive; null for one whose gateway was killed. */
  readonly since: number | null;
}

/** Compares each bucket that was read as a whole with the truth, and finds those that a complete archive lacks. */
async function compare(store: DrillStore, truthOf: TruthOf, { days, now, since }: Comparison, counts: Counts) {
  const lengths: Readonly<Record<number, number>> = { 1: HOUR_MS, 2: DAY_MS };
  const known = new Set<string>();
  for (const row of await store.rows(BUCKETS)) {
    const [kind, granularity, bucket] = [Number(row["kind"]), Number(row["granularity"]), Number(row["bucket"])];
    const length = lengths[granularity] ?? Number.NaN;
    if (bucket + length > freshUntilAt(Number(row["read_at"]), LAG_MS)) continue;
    const name = kind === kindCodes.TRACKING_STREAM ? `${row["owner"]}` : `${row["subject"]}`;
    known.add(JSON.stringify([kind, name, granularity, bucket]));
    if (length === DAY_MS && bucket < floorTo(now, DAY_MS) - days * DAY_MS) continue;
    const off = BigInt(`${row["bytes"]}`) - truthOf(kind, name, bucket, bucket + length);
    counts.compared += 1;
    if (off > 0n) counts.doubled += 1;
    if (off < 0n) counts.torn += 1;
  }
  if (since === null) return;
  counts.lost += (await store.rows(GAPS)).length;
  for (const { kind, name, granularity } of await store.rows(SOURCES)) {
    const length = lengths[Number(granularity)] ?? Number.NaN;
    const retainedMs = length === HOUR_MS ? 7 * DAY_MS : 365 * DAY_MS;
    const until = floorTo(freshUntilAt(now, LAG_MS), length);
    for (let bucket = ceilTo(since - retainedMs, length); bucket < until; bucket += length) {
      if (length === HOUR_MS && !isMetered(bucket / HOUR_MS)) continue;
      if (!known.has(JSON.stringify([Number(kind), name, Number(granularity), bucket]))) counts.lost += 1;
    }
  }
}

export const archiveKill: Drill = {
  title:
    "a gateway that is killed while it collects or backfills, on SQLite and PostgreSQL (TEST_DATABASE_URL): nothing lost, doubled or torn, and the next one completes it",
  run: async (size) => {
    const endsAt = performance.now() + 60_000 * Number(process.env["DRILL_MINUTES"] ?? Number.POSITIVE_INFINITY);
    const ended = await Promise.allSettled(storeNames.map((name) => killRounds(name, endsAt, size)));
    const results = ended.map((each) => {
      if (each.status === "rejected") throw each.reason;
      return each.value;
    });
    return {
      passed: results.every(
        ([, { lost, doubled, torn, compared, halfWay }]) =>
          lost + doubled + torn === 0 && compared > 0 && (size === "small" || halfWay > 0),
      ),
      figures: results.map(([name, counts]) => [
        name,
        `${counts.rounds} rounds, ${counts.backfills} of them from an empty archive, ${counts.halfWay} killed half way: ${counts.lost} lost, ${counts.doubled} doubled, ${counts.torn} torn of ${counts.compared.toLocaleString("en")} buckets`,
      ]),
    };
  },
};
