import type { AccountCache } from "../cache/account-cache.ts";
import {
  type ArchivedBucket,
  type ArchivedPart,
  type ArchiveGranularity,
  type ArchiveKind,
  type ArchiveSeries,
  BUCKET_MS,
} from "../model/usage/archive.ts";
import { freshUntilAt } from "../model/usage/retention.ts";
import { ceilTo, type TimeWindow } from "../model/usage/time.ts";
import { windowKey } from "../model/usage/time-window.ts";
import type { ArchivePages } from "../store/archive/archive-pages.ts";
import type { ArchiveReads } from "../store/archive/archive-reads.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";

/** What is archived: the account, a stream or a tracking id. */
export interface ArchiveSubject {
  readonly kind: ArchiveKind;
  /** Stream or tracking id; empty for the account. */
  readonly name: string;
}

/**
 * Loader of archived usage for one request, which reads each series of a window once.
 *
 * Every method throws StoreError; those of the account and of streams UpstreamError as well, if the store has usage of
 * several accounts and which one it is can't be read.
 */
export interface ArchivedUsage {
  /** Loads the buckets of a window that were read, by their start: each in all, or one part of it. */
  buckets(
    subject: ArchiveSubject,
    granularity: ArchiveGranularity,
    window: TimeWindow,
    part?: string,
  ): Promise<ReadonlyMap<number, ArchivedBucket>>;
  /** Loads the sum of each part over a window, in no order. */
  sumsByPart(
    subject: ArchiveSubject,
    granularity: ArchiveGranularity,
    window: TimeWindow,
  ): Promise<readonly ArchivedPart[]>;
  /** Loads the parts of each bucket of a window that was read, by its start. */
  partsByBucket(
    subject: ArchiveSubject,
    granularity: ArchiveGranularity,
    window: TimeWindow,
  ): Promise<ReadonlyMap<number, readonly ArchivedPart[]>>;
  /** Loads the start of the oldest bucket; null if there is none. */
  oldest(subject: ArchiveSubject, granularity: ArchiveGranularity): Promise<number | null>;
  /** Returns up to when usage is complete that was read at this time. */
  completeUntil(readAt: number): number;
  /** Reports that archived usage was served because the platform failed. */
  onStale(readAt: number): void;
}

export interface ArchivedUsageSource {
  readonly reads: ArchiveReads;
  readonly account: Pick<AccountCache, "id" | "knownId">;
  readonly usageLagMs: number;
  readonly onStale: (readAt: number) => void;
}

/** Creates the loader of one request. */
export function createArchivedUsage({ reads, account, usageLagMs, onStale }: ArchivedUsageSource): ArchivedUsage {
  const loaded = new Map<string, Promise<unknown>>();
  const memoized = <Value>(key: readonly unknown[], load: () => Promise<Value>): Promise<Value> => {
    const text = JSON.stringify(key);
    let value = loaded.get(text) as Promise<Value> | undefined;
    if (!value) {
      value = load();
      loaded.set(text, value);
    }
    return value;
  };
  /** Loads the account; null if no usage is archived, which takes no call of the platform. */
  const accountId = () =>
    memoized<string | null>(["account"], async () => {
      const known = account.knownId();
      if (known !== null) return known;
      if (await reads.isEmpty()) return null;
      return account.id().catch(async (error: unknown) => {
        const [only, ...others] = error instanceof UpstreamError ? await reads.accounts() : [];
        if (only !== undefined && others.length === 0) return only;
        throw error;
      });
    });
  const seriesOf = async (
    { kind, name }: ArchiveSubject,
    granularity: ArchiveGranularity,
  ): Promise<ArchiveSeries | null> => {
    if (kind === "TRACKING_STREAM") return { owner: name, kind, subject: "", granularity };
    const owner = await accountId();
    return owner === null ? null : { owner, kind, subject: name, granularity };
  };
  const load = <Value>(
    method: string,
    subject: ArchiveSubject,
    granularity: ArchiveGranularity,
    window: TimeWindow | null,
    empty: Value,
    read: (series: ArchiveSeries) => Promise<Value>,
    part?: string,
  ) =>
    memoized([method, subject.kind, subject.name, granularity, window && windowKey(window), part ?? null], async () => {
      const series = await seriesOf(subject, granularity);
      return series ? read(series) : empty;
    });

  return {
    buckets: (subject, granularity, window, part) =>
      load(
        "buckets",
        subject,
        granularity,
        window,
        new Map<number, ArchivedBucket>(),
        (series) => reads.buckets(series, window, part),
        part,
      ),
    sumsByPart: (subject, granularity, window) =>
      load("sumsByPart", subject, granularity, window, [], (series) => reads.sumsByPart(series, window)),
    partsByBucket: (subject, granularity, window) =>
      load("partsByBucket", subject, granularity, window, new Map<number, ArchivedPart[]>(), (series) =>
        reads.partsByBucket(series, window),
      ),
    oldest: (subject, granularity) => load("oldest", subject, granularity, null, null, reads.oldest),
    completeUntil: (readAt) => freshUntilAt(readAt, usageLagMs),
    onStale,
  };
}

/** Archive without any usage, for loaders that have no store. */
export const nothingArchived: ArchivedUsage = {
  buckets: async () => new Map(),
  sumsByPart: async () => [],
  partsByBucket: async () => new Map(),
  oldest: async () => null,
  completeUntil: (readAt) => readAt,
  onStale: () => undefined,
};

/** Tracking ids whose archived usage may be read, each since a time: earlier usage is not there. */
export interface ReadableTrackingIds {
  readonly own: ReadonlySet<string>;
  /** Loads when the last other partner that had the tracking id lost it, in milliseconds. */
  readonly since: (trackingId: string) => Promise<number>;
  /** Returns the error for every other subject. */
  readonly denied: () => Error;
}

/** Loads the begin of the first readable bucket. @throws the error of another subject */
async function firstReadable(
  { own, since, denied }: ReadableTrackingIds,
  { kind, name }: ArchiveSubject,
  granularity: ArchiveGranularity,
): Promise<number> {
  if (kind !== "TRACKING_STREAM" || !own.has(name)) throw denied();
  return ceilTo(await since(name), BUCKET_MS[granularity]);
}

/** Returns the pages of some tracking ids alone. */
export function pagesOfTrackingIds(pages: ArchivePages, readable: ReadableTrackingIds): ArchivePages {
  return {
    page: async (series, { from, to }, after) => {
      const { kind, owner, granularity } = series;
      const begin = await firstReadable(readable, { kind, name: owner }, granularity);
      return begin >= to ? [] : pages.page(series, { from: Math.max(from, begin), to }, after);
    },
  };
}

/** Returns the archive of some tracking ids alone. */
export function archiveOfTrackingIds(archived: ArchivedUsage, readable: ReadableTrackingIds): ArchivedUsage {
  /** Reads the rest of a window; the empty value if nothing is left. */
  const cut = async <Value>(
    subject: ArchiveSubject,
    granularity: ArchiveGranularity,
    { from, to }: TimeWindow,
    empty: Value,
    read: (window: TimeWindow) => Promise<Value>,
  ) => {
    const begin = await firstReadable(readable, subject, granularity);
    return begin >= to ? empty : read({ from: Math.max(from, begin), to });
  };
  return {
    ...archived,
    buckets: (subject, granularity, window, part) =>
      cut<ReadonlyMap<number, ArchivedBucket>>(subject, granularity, window, new Map(), (rest) =>
        archived.buckets(subject, granularity, rest, part),
      ),
    sumsByPart: (subject, granularity, window) =>
      cut<readonly ArchivedPart[]>(subject, granularity, window, [], (rest) =>
        archived.sumsByPart(subject, granularity, rest),
      ),
    partsByBucket: (subject, granularity, window) =>
      cut<ReadonlyMap<number, readonly ArchivedPart[]>>(subject, granularity, window, new Map(), (rest) =>
        archived.partsByBucket(subject, granularity, rest),
      ),
    oldest: async (subject, granularity) => {
      const begin = await firstReadable(readable, subject, granularity);
      const oldest = await archived.oldest(subject, granularity);
      return oldest === null ? null : Math.max(oldest, begin);
    },
  };
}
