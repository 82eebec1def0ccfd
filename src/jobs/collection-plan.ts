import { setImmediate as nextTurn } from "node:timers/promises";
import type { DiscoveredNames } from "../cache/discovered-names.ts";
import type { StreamCatalog } from "../cache/stream-catalog.ts";
import type { TokenCache } from "../cache/token-cache.ts";
import { isMetered } from "../model/stream/stream.ts";
import { type ArchiveGranularity, type ArchiveKind, BUCKET_MS, SETTLED_AFTER_MS } from "../model/usage/archive.ts";
import type { Retention } from "../model/usage/retention.ts";
import { ceilTo, DAY_MS, floorTo, HOUR_MS, type TimeWindow } from "../model/usage/time.ts";
import type { ArchiveSource } from "../store/archive/archive-records.ts";
import type { Store } from "../store/store.ts";
import { perCall } from "../upstream/analytics.ts";

/** Series of one kind that one call reads, and the window. */
export interface CollectionCall {
  readonly kind: ArchiveKind;
  readonly granularity: ArchiveGranularity;
  readonly names: readonly string[];
  readonly window: TimeWindow;
  /** Whether this gateway has not read one of the series yet: then it is read without a pause. */
  readonly isCatchingUp: boolean;
}

type SourceKey = Pick<ArchiveSource, "kind" | "granularity" | "name">;

/** Series that are collected, how far this gateway has read them, and the calls that are due. */
export interface CollectionPlan {
  /** Loads the series that were collected before. Each is read once more, since another gateway may have read it. */
  load(owner: string): Promise<void>;
  /** Forgets all series until the next {@link load}. */
  clear(): void;
  /** Returns the number of series. */
  size(): number;
  get(key: SourceKey): ArchiveSource | undefined;
  /** Records how far series have been read. */
  set(sources: readonly ArchiveSource[]): void;
  /** Returns whether a series was read at a later time than is published now, so that a clock has moved backwards. */
  isAhead(retention: Retention): boolean;
  /** Leaves out a name that the platform refuses. */
  refuse(kind: ArchiveKind, name: string): void;
  /** Lets all refused names be tried again. */
  retryRefused(): void;
  /** Returns the fewest calls that read what is due of a kind. */
  callsOf(
    owner: string,
    kind: ArchiveKind,
    granularity: ArchiveGranularity,
    retention: Retention,
  ): Promise<CollectionCall[]>;
  /**
   * Returns the number of series whose newest whole hour or day is still to be read. One in which the platform left out an earlier
   * bucket is not behind.
   */
  behind(retention: Retention): number;
}

interface PlanOptions {
  readonly store: Pick<Store, "usageArchive" | "partners">;
  readonly tokenCache: Pick<TokenCache, "read">;
  readonly streamCatalog: Pick<StreamCatalog, "names">;
  readonly discoveredNames: DiscoveredNames;
}

/**
 * Span that is read again each time, in milliseconds, so that a bucket is seen unchanged for 24 hours after its end. It costs
 * no call, as a call may span any time.
 */
const REREAD_MS: Record<ArchiveGranularity, number> = { HOUR: 26 * HOUR_MS, DAY: 4 * DAY_MS };
/** Interval at which all that the platform has is read again, in milliseconds, so that a late change is seen. */
const REREAD_ALL_EVERY_MS: Record<ArchiveGranularity, number> = { HOUR: DAY_MS, DAY: 7 * DAY_MS };

/** Creates an empty plan. */
export function createCollectionPlan(options: PlanOptions): CollectionPlan {
  const { store, tokenCache, streamCatalog, discoveredNames } = options;
  const sources = new Map<string, ArchiveSource>();
  /** Series that this gateway has read since it has the lease. */
  const read = new Set<string>();
  /** Names that the platform refuses; tried again each day. */
  const refused = new Set<string>();
  /** Times at which series are next searched for buckets that another read would settle. */
  const searchAt = new Map<string, number>();

  /**
   * Returns the oldest bucket that another read settles and the usual span does not include, as after the first start or an
   * outage; null for none. Each series is searched once a day.
   */
  const oldestOpen = async (owner: string, key: SourceKey, { from, to }: TimeWindow, now: number) => {
    const due = searchAt.get(keyOf(key));
    if (due !== undefined && now < due) return null;
    searchAt.set(keyOf(key), now + SETTLED_AFTER_MS);
    if (!get(key)) return null;
    await nextTurn();
    const series = { ...usageSeriesOf(owner, key, key.name), granularity: key.granularity };
    return store.usageArchive.oldestOpen(series, { from, to }, now - SETTLED_AFTER_MS);
  };

  /** Returns the names of a kind. Those of streams include what the tracking ids have led to, so these are read first. */
  const namesOf = async (kind: ArchiveKind): Promise<string[]> => {
    if (kind === "ACCOUNT" || kind === "ACCOUNT_COUNTRY") return [""];
    const tokens = await tokenCache.read();
    if (kind !== "TRACKING_STREAM") return streamCatalog.names(tokens).filter(isMetered);
    const ofPartners = (await store.partners.all()).flatMap(({ trackingIds }) => trackingIds);
    return [...new Set([...tokens.trackingIds(), ...ofPartners, ...discoveredNames.trackingIds()])];
  };

  const get = (key: SourceKey) => sources.get(keyOf(key));

  return {
    load: async (owner) => {
      for (const source of await store.usageArchive.sources(owner)) {
        sources.set(keyOf(source), source);
        if (source.kind === "STREAM") discoveredNames.addStream(source.name);
        if (source.kind === "TRACKING_STREAM") discoveredNames.addTrackingId(source.name);
      }
    },
    clear: () => {
      sources.clear();
      searchAt.clear();
      read.clear();
    },
    size: () => sources.size,
    get,
    set: (next) => {
      for (const source of next) {
        sources.set(keyOf(source), source);
        read.add(keyOf(source));
      }
    },
    isAhead: (retention) =>
      [...sources.values()].some(({ granularity, readUntil }) => readUntil > endOf(granularity, retention).readUntil),
    refuse: (kind, name) => void refused.add(refusalKey(kind, name)),
    retryRefused: () => refused.clear(),
    callsOf: async (owner, kind, granularity, retention) => {
      const { to, readUntil } = endOf(granularity, retention);
      const oldest = oldestOf(granularity, retention);
      const reread = Math.max(oldest, floorTo(readUntil - REREAD_MS[granularity], BUCKET_MS[granularity]));
      const isRead = (name: string) => read.has(keyOf({ kind, granularity, name }));
      const period = REREAD_ALL_EVERY_MS[granularity];
      // A time of another reading may be later, where a clock has moved backwards.
      const due = (await namesOf(kind)).filter(
        (name) =>
          !refused.has(refusalKey(kind, name)) &&
          !(isRead(name) && get({ kind, granularity, name })?.readUntil === readUntil),
      );
      const from = new Map<string, number>();
      for (const name of due) {
        const key = { kind, granularity, name };
        const source = get(key);
        if (!source || floorTo(source.readUntil, period) !== floorTo(readUntil, period)) continue;
        const open = await oldestOpen(owner, key, { from: oldest, to: reread }, retention.now);
        from.set(name, Math.max(oldest, Math.min(source.until, open ?? reread, reread)));
      }
      const fromOf = (name: string) => from.get(name) ?? oldest;
      // Names with equal windows share calls, so that one new name does not widen the window of nine others.
      const sorted = due.toSorted((a, b) => fromOf(a) - fromOf(b));
      return perCall(sorted).map((names) => ({
        kind,
        granularity,
        names,
        window: { from: Math.min(...names.map(fromOf)), to },
        isCatchingUp: !names.every(isRead),
      }));
    },
    behind: (retention) =>
      [...sources.values()].filter(
        ({ readUntil, granularity }) =>
          readUntil < floorTo(endOf(granularity, retention).readUntil, BUCKET_MS[granularity]),
      ).length,
  };
}

/** Returns the series of a name: a tracking id owns its series, the account all others. */
export function usageSeriesOf(account: string, { kind }: Pick<ArchiveSource, "kind">, name: string) {
  return kind === "TRACKING_STREAM" ? { owner: name, kind, subject: "" } : { owner: account, kind, subject: name };
}

function keyOf({ kind, granularity, name }: SourceKey): string {
  return `${kind} ${granularity} ${name}`;
}

function refusalKey(kind: ArchiveKind, name: string): string {
  return `${kind} ${name}`;
}

/** Returns the end of a read, and up to when its usage is complete. A day is read when it is over. */
export function endOf(granularity: ArchiveGranularity, { freshUntil }: Retention): { to: number; readUntil: number } {
  if (granularity === "HOUR") return { to: ceilTo(freshUntil, HOUR_MS), readUntil: freshUntil };
  const to = floorTo(freshUntil, DAY_MS);
  return { to, readUntil: to };
}

/** Returns the start of the oldest bucket that the platform keeps. */
export function oldestOf(granularity: ArchiveGranularity, { hourlySince, dailySince }: Retention): number {
  return granularity === "HOUR" ? hourlySince : dailySince;
}
