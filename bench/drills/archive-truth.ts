import { pino } from "pino";
import { createUsageCollector } from "../../src/jobs/collect-usage.ts";
import { usageSeriesOf } from "../../src/jobs/collection-plan.ts";
import { type ArchiveGranularity, type ArchiveKind, BUCKET_MS } from "../../src/model/usage/archive.ts";
import { freshUntilAt } from "../../src/model/usage/retention.ts";
import { ceilTo, DAY_MS, floorTo, HOUR_MS, type TimeWindow } from "../../src/model/usage/time.ts";
import type { Traffic } from "../../src/model/usage/traffic.ts";
import { isMetered } from "../../src/sandbox/calendar.ts";
import { createSandbox, type Exchange, type FaultInput, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { realTimer } from "../../src/upstream/resilience/retry.ts";
import { withLongLeases } from "../../test/support/leases.ts";
import { type BalancedUsage, balanceOf } from "./account-balance.ts";
import type { Drill, Outcome, Size } from "./drill.ts";
import { createDrillServices, LAG_MS } from "./drill-services.ts";

const START = Date.parse("2025-01-08T10:20:00Z");
/** Longest time by which the sandbox's clock is moved at once, in milliseconds. The platform keeps hours for a day longer. */
const LONGEST_STEP_MS = 6 * DAY_MS;
/** Attempts to read what failed before the clock is moved on. */
const MAX_ATTEMPTS = 8;
/** Time between two attempts, in milliseconds. */
const ATTEMPT_MS = 61_000;

/** What happens during a run. */
interface Scenario {
  readonly days: number;
  readonly partners: number;
  readonly streamsOfPartner: number;
  /** Share of the calls of analytics that fail. */
  readonly faults: number;
  /** Calls that fail for some days, from a day of the run on. */
  readonly outages: readonly { readonly from: number; readonly days: number; readonly fault: FaultInput }[];
}

const sizes: Readonly<Record<Size, Pick<Scenario, "days" | "partners" | "streamsOfPartner">>> = {
  small: { days: 12, partners: 2, streamsOfPartner: 1 },
  full: { days: 400, partners: 50, streamsOfPartner: 20 },
};

/** Time at which a series was read without a failure. */
type Reads = Map<string, number[]>;

/** Archive that a collector has filled from a sandbox whose truth is known. */
interface World extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly store: Store;
  readonly owner: string;
  /** Time of the first and of the last reading. */
  readonly window: TimeWindow;
  readonly names: Readonly<Record<ArchiveKind, readonly string[]>>;
  readonly reads: Reads;
  readonly failures: number;
  isClaimed(trackingId: string): boolean;
}

const seriesPaths: Readonly<Record<string, ArchiveKind>> = {
  "/api/analytics/account/series": "ACCOUNT",
  "/api/analytics/account/geo_series": "ACCOUNT_COUNTRY",
  "/api/analytics/streams/series": "STREAM",
  "/api/analytics/streams/geo_series": "STREAM_COUNTRY",
  "/api/analytics/tracking/series": "TRACKING_STREAM",
};

/** Runs a collector while the sandbox's clock moves on. */
async function collect(scenario: Scenario): Promise<World> {
  const reads: Reads = new Map();
  const onExchange = ({ request, response }: Exchange) => {
    const kind = seriesPaths[request.path];
    if (kind === undefined || response.status !== 200) return;
    const query = new URLSearchParams(request.query);
    const granularity = query.get("resolution") === "Hour" ? "HOUR" : "DAY";
    const names = [...query.getAll("streamNames"), ...query.getAll("trackingIds")];
    for (const name of names.length === 0 ? [""] : names) {
      const key = readKey(kind, granularity, name);
      reads.set(key, [...(reads.get(key) ?? []), sandbox.clock.now()]);
    }
  };
  const { partners, streamsOfPartner } = scenario;
  const sandbox = await createSandbox({
    startAt: START,
    frozen: true,
    goesOn: true,
    bulk: partners * streamsOfPartner,
    bulkPartners: partners,
    onExchange,
  });
  const { now } = sandbox.clock;
  const store = await openStore({ kind: "memory" });
  const services = createDrillServices({
    store,
    origin: sandbox.origin,
    secret: sandbox.secret,
    timing: { now, random: () => 0.5, pause: async () => undefined, timer: realTimer },
    clock: now,
    monotonicMs: now,
  });
  const claimed = new Set<string>();
  for (let partner = 0; partner < partners; partner += 2) claimed.add(`bulk-partner-${partner}`);
  for (const trackingId of claimed) {
    const details = { contact: null, timeZone: "UTC", currency: "EUR", notes: null };
    await store.partners.create({ name: trackingId, trackingIds: [trackingId], ...details }, now());
  }
  const collector = createUsageCollector({
    ...services,
    // Leases expire by the time of the machine.
    store: { ...store, leases: withLongLeases(store.leases) },
    analytics: services.upstream.analytics,
    gatewayId: "drill",
    timing: { pause: async () => undefined },
    logger: pino({ level: "silent" }),
  });
  const random = createRandom();
  const setFaults = () => {
    const day = (now() - START) / DAY_MS;
    sandbox.clearFaults();
    for (const { from, days, fault } of scenario.outages) if (day >= from && day < from + days) sandbox.fault(fault);
    if (scenario.faults > 0) {
      const path = "/api/analytics/*";
      sandbox.fault({ path, chance: scenario.faults / 2, status: 503 });
      sandbox.fault({ path, chance: scenario.faults / 2, drop: "after" });
    }
  };
  for (const end = START + scenario.days * DAY_MS; ; ) {
    setFaults();
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const { failures } = collector.stats();
      await collector.tick();
      await collector.idle();
      if (collector.stats().failures === failures) break;
      sandbox.clock.advance(ATTEMPT_MS);
    }
    if (now() >= end) break;
    sandbox.clock.advance(Math.min(end - now() + 1, HOUR_MS + Math.floor(random() * (LONGEST_STEP_MS - HOUR_MS))));
  }
  const { failures } = collector.stats();
  await collector.stop();
  const owner = sandbox.accountId;
  const names = { ACCOUNT: [], ACCOUNT_COUNTRY: [], STREAM: [], STREAM_COUNTRY: [], TRACKING_STREAM: [] } as Record<
    ArchiveKind,
    string[]
  >;
  for (const { kind, name, granularity } of await store.usageArchive.sources(owner))
    if (granularity === "HOUR") names[kind].push(name);
  return {
    sandbox,
    store,
    owner,
    window: { from: ceilTo(START - 7 * DAY_MS, HOUR_MS), to: floorTo(now(), HOUR_MS) },
    names,
    reads,
    failures,
    isClaimed: (trackingId) => claimed.has(trackingId),
    [Symbol.asyncDispose]: async () => {
      await services.auth.close();
      await services.upstream.close();
      await store.close();
      await sandbox.close();
    },
  };
}

const readKey = (kind: ArchiveKind, granularity: ArchiveGranularity, name: string) => `${kind} ${granularity} ${name}`;

/** Returns the buckets of a series that the archive knows as a whole. */
async function knownBuckets(
  { store, owner, window }: Pick<World, "store" | "owner" | "window">,
  kind: ArchiveKind,
  granularity: ArchiveGranularity,
  name: string,
): Promise<Map<number, Traffic>> {
  const series = { ...usageSeriesOf(owner, { kind }, name), granularity };
  const span = granularity === "HOUR" ? window : { from: window.from - 400 * DAY_MS, to: window.to };
  const length = BUCKET_MS[granularity];
  const known = new Map<number, Traffic>();
  for (const [start, { traffic, readAt }] of await store.archiveReads.buckets(series, span))
    if (start + length <= freshUntilAt(readAt, LAG_MS)) known.set(start, traffic);
  return known;
}

/** Returns the hours that a collector could know: the platform gave them, whole, at one of the times. */
function obtainableHours({ window }: World, times: readonly number[]): Set<number> {
  const hours = new Set<number>();
  for (const time of times) {
    const oldest = ceilTo(time - 7 * DAY_MS, HOUR_MS);
    for (let hour = Math.max(oldest, window.from); hour + HOUR_MS <= freshUntilAt(time, LAG_MS); hour += HOUR_MS)
      if (isMetered(hour / HOUR_MS)) hours.add(hour);
  }
  return hours;
}

/** Counts of a comparison of the archive with the truth. */
class Comparison {
  buckets = 0;
  bytesOff = 0n;
  /** Hours that the platform gave, and the archive does not know. */
  lost = 0;
  /** Hours that the archive claims to know, and the platform never gave. */
  invented = 0;
  /** Hours that nobody could have known. */
  missing = 0;
  /** Hours that are missing, and that no gap names, or the other way round. */
  unrecorded = 0;

  compare(archived: Traffic | undefined, truth: bigint): void {
    if (!archived) return;
    this.buckets += 1;
    const off = archived.bytesOut - truth;
    this.bytesOff += off < 0n ? -off : off;
  }
}

/** Compares every bucket of every series with the truth. */
async function compareAll(world: World): Promise<Comparison> {
  const { sandbox, store, owner, window, names, reads } = world;
  const result = new Comparison();
  const truthOf = (stream: string, from: number, to: number, trackingId?: string) =>
    BigInt(sandbox.truth({ stream, from, to, ...(trackingId !== undefined && { trackingId }) }).bytesOut);
  const accountTruth = new Map<number, bigint>();
  const streamTruth = new Map<string, Map<number, bigint>>();
  for (const stream of names.STREAM) {
    const ofStream = new Map<number, bigint>();
    for (let hour = window.from; hour < window.to; hour += HOUR_MS) {
      const bytes = truthOf(stream, hour, hour + HOUR_MS);
      ofStream.set(hour, bytes);
      accountTruth.set(hour, (accountTruth.get(hour) ?? 0n) + bytes);
    }
    streamTruth.set(stream, ofStream);
  }
  const gaps = new Map<string, Set<number>>();
  for (const gap of await store.usageArchive.gaps(owner, 1_000_000)) {
    if (gap.granularity !== "HOUR") continue;
    const key = readKey(gap.kind, "HOUR", gap.name);
    const hours = gaps.get(key) ?? new Set();
    for (let hour = gap.from; hour < gap.until; hour += HOUR_MS) hours.add(hour);
    gaps.set(key, hours);
  }
  for (const kind of Object.keys(names) as ArchiveKind[]) {
    for (const name of names[kind]) {
      const key = readKey(kind, "HOUR", name);
      const known = await knownBuckets(world, kind, "HOUR", name);
      const times = reads.get(key) ?? [];
      const obtainable = obtainableHours(world, times);
      for (const hour of obtainable) if (!known.has(hour)) result.lost += 1;
      const firstRead = Math.min(...times);
      const lastRead = Math.max(...times);
      const trackingIdTruth = (hour: number, length: number) =>
        BigInt(sandbox.truth({ trackingId: name, from: hour, to: hour + length }).bytesOut);
      const truthOfBucket = (start: number, length: number): bigint => {
        if (kind === "TRACKING_STREAM") return trackingIdTruth(start, length);
        const hours = kind.startsWith("ACCOUNT") ? accountTruth : streamTruth.get(name);
        let sum = 0n;
        for (let hour = start; hour < start + length; hour += HOUR_MS) sum += hours?.get(hour) ?? 0n;
        return sum;
      };
      for (const [hour, traffic] of known) {
        if (!obtainable.has(hour)) result.invented += 1;
        result.compare(traffic, truthOfBucket(hour, HOUR_MS));
      }
      const oldest = ceilTo(lastRead - 7 * DAY_MS, HOUR_MS);
      for (let hour = ceilTo(firstRead - 7 * DAY_MS, HOUR_MS); hour < oldest; hour += HOUR_MS) {
        if (!obtainable.has(hour)) result.missing += isMetered(hour / HOUR_MS) ? 1 : 0;
        if (obtainable.has(hour) === (gaps.get(key)?.has(hour) ?? false)) result.unrecorded += 1;
      }
      const days = await knownBuckets(world, kind, "DAY", name);
      for (let day = ceilTo(window.from, DAY_MS); day + DAY_MS <= floorTo(window.to, DAY_MS) - DAY_MS; day += DAY_MS) {
        result.compare(days.get(day), truthOfBucket(day, DAY_MS));
        if (!days.has(day)) result.lost += 1;
      }
    }
  }
  return result;
}

/** Counts of the balances of all hours. */
interface Balances {
  hours: number;
  complete: number;
  breaches: number;
}

/** Balances each hour, and compares what is left with the truth of what is missing. */
async function balanceAll(world: World): Promise<Balances> {
  const { sandbox, store, owner, window, names, isClaimed } = world;
  const result: Balances = { hours: 0, complete: 0, breaches: 0 };
  const isIn = <Value>(map: ReadonlyMap<number, Value>, hour: number) => map.get(hour) ?? null;
  for (let from = window.from; from < window.to; from += DAY_MS) {
    const span = { from, to: Math.min(from + DAY_MS, window.to) };
    const part = { store, owner, window: span };
    const account = await knownBuckets(part, "ACCOUNT", "HOUR", "");
    const streams = new Map<string, Map<number, Traffic>>();
    for (const name of names.STREAM) streams.set(name, await knownBuckets(part, "STREAM", "HOUR", name));
    const trackingIds = new Map<string, Map<number, ReadonlyMap<string, Traffic>>>();
    for (const name of names.TRACKING_STREAM) {
      const known = await knownBuckets(part, "TRACKING_STREAM", "HOUR", name);
      const series = { owner: name, kind: "TRACKING_STREAM", subject: "", granularity: "HOUR" } as const;
      const parts = await store.archiveReads.partsByBucket(series, span);
      trackingIds.set(
        name,
        new Map(
          [...parts]
            .filter(([hour]) => known.has(hour))
            .map(([hour, all]) => [hour, new Map(all.map(({ part: stream, traffic }) => [stream, traffic]))]),
        ),
      );
    }
    for (let hour = span.from; hour < span.to; hour += HOUR_MS) {
      const usage: BalancedUsage = {
        account: isIn(account, hour),
        streams: new Map([...streams].map(([name, known]) => [name, isIn(known, hour)])),
        trackingIds: new Map([...trackingIds].map(([name, known]) => [name, isIn(known, hour)])),
      };
      const balance = balanceOf(usage, isClaimed);
      if (!balance) continue;
      const of = (filter: { stream?: string; trackingId?: string | null }) =>
        BigInt(sandbox.truth({ ...filter, from: hour, to: hour + HOUR_MS }).bytesOut);
      const viewersOf = (stream: string) => sandbox.truth({ stream, from: hour, to: hour + HOUR_MS }).standard.bytesOut;
      let hidden = 0n;
      const hiddenIds = [...usage.trackingIds].filter(([, known]) => !known).map(([name]) => name);
      for (const trackingId of hiddenIds) hidden += of({ trackingId });
      // Viewers under a tracking id that nobody knows count as those without one.
      const trackedOn = (stream: string) =>
        names.TRACKING_STREAM.reduce((sum, trackingId) => sum + of({ stream, trackingId }), 0n);
      for (const [stream, known] of usage.streams) {
        if (hiddenIds.length === 0 && known) continue;
        hidden += viewersOf(stream) - trackedOn(stream);
      }
      result.hours += 1;
      if (balance.missing === 0) result.complete += 1;
      const { partners, unclaimed, untracked, restream, geoCascade, residual } = balance;
      const sum = partners + unclaimed + (untracked ?? 0n) + restream + geoCascade + residual;
      if (residual !== hidden || sum !== of({})) result.breaches += 1;
    }
  }
  return result;
}

/** Returns numbers from 0 to 1, the same in each run. */
function createRandom(): () => number {
  let state = 20_260_131;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Outages of a run: all calls, and those of tracking ids and streams alone for longer than the platform keeps hours. */
function outagesOf(size: Size): Scenario["outages"] {
  const path = "/api/analytics/";
  const [all, some] =
    size === "small"
      ? [
          { from: 9.5, days: 1 },
          { from: 0.1, days: 9 },
        ]
      : [
          { from: 80, days: 12 },
          { from: 220, days: 9 },
        ];
  return [
    { ...all, fault: { path: `${path}*`, status: 503 } },
    { ...some, fault: { path: `${path}tracking/series`, status: 503 } },
    { ...some, fault: { path: `${path}streams/series`, chance: 0.9, status: 503 } },
  ];
}

/** Returns the runs of a drill, by their titles. The small size has the one with faults alone. */
function scenariosOf(size: Size): readonly (readonly [title: string, scenario: Scenario])[] {
  const scale = sizes[size];
  const faulty = ["with faults", { ...scale, faults: 0.15, outages: outagesOf(size) }] as const;
  return size === "small" ? [faulty] : [["without faults", { ...scale, faults: 0, outages: [] }], faulty];
}

const archiveYear: Drill = {
  title:
    "the archive of a year in steps of up to 6 days, without faults and with 15 %: 0 bytes off, MISSING where nobody could know",
  run: async (size) => {
    const figures: [string, string][] = [];
    let passed = true;
    for (const [title, scenario] of scenariosOf(size)) {
      await using world = await collect(scenario);
      const { buckets, bytesOff, lost, invented, missing, unrecorded } = await compareAll(world);
      figures.push([
        title,
        `${buckets} buckets, ${bytesOff} bytes off; ${missing} hours that nobody could know, ${lost} lost, ${invented} invented, ${unrecorded} not recorded as they are; ${world.failures} failures`,
      ]);
      passed &&= buckets > 0 && bytesOff === 0n && lost === 0 && invented === 0 && unrecorded === 0;
      passed &&= scenario.faults > 0 ? missing > 0 : missing === 0;
    }
    return { passed, figures };
  },
};

const archiveBalance: Drill = {
  title: "for every hour partners, unclaimed, untracked, re-streams, relays and what faults hid sum to the account",
  run: async (size) => {
    const figures: [string, string][] = [];
    let passed = true;
    for (const [title, scenario] of scenariosOf(size)) {
      await using world = await collect(scenario);
      const { hours, complete, breaches } = await balanceAll(world);
      figures.push([title, `${hours} hours, ${complete} of them complete, ${breaches} breaches`]);
      passed &&= hours > 0 && breaches === 0;
      passed &&= scenario.faults > 0 ? complete < hours : complete === hours;
    }
    return { passed, figures } satisfies Outcome;
  },
};

export const archiveTruthDrills: Readonly<Record<string, Drill>> = {
  "archive-year": archiveYear,
  "archive-balance": archiveBalance,
};
