import { describe, expect, it } from "vitest";
import {
  type ArchivedUsageSource,
  archiveOfTrackingIds,
  createArchivedUsage,
} from "../../src/loaders/archived-usage.ts";
import { readCoverage, readSeries, readTotal } from "../../src/loaders/bandwidth.ts";
import type { BandwidthSource } from "../../src/loaders/bandwidth-source.ts";
import { createPartnerBandwidth } from "../../src/loaders/tracking-bandwidth.ts";
import { type ArchivedBucket, type ArchiveSeries, BUCKET_MS } from "../../src/model/usage/archive.ts";
import { retentionAt } from "../../src/model/usage/retention.ts";
import { DAY_MS, HOUR_MS, type TimeWindow } from "../../src/model/usage/time.ts";
import { resolveWindow } from "../../src/model/usage/time-window.ts";
import { noTraffic } from "../../src/model/usage/traffic.ts";
import type { ArchiveReads } from "../../src/store/archive/archive-reads.ts";
import type { Analytics } from "../../src/upstream/analytics.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { at, span } from "../support/time.ts";
import { bytesOut } from "../support/traffic.ts";
import { createTestUsageLoaders } from "../support/usage-loaders.ts";

const ACCOUNT = { kind: "ACCOUNT", name: "" } as const;
const WINDOW = { from: 0, to: 3_600_000 };
const down = new UpstreamError("UPSTREAM_UNAVAILABLE", "The platform is down.", { operation: "account/id" });
const bucket: ArchivedBucket = { traffic: noTraffic, readAt: 1, isSettled: true, lacking: null, correctedAt: null };

/** Archive with usage of some accounts; it records the owners of the series that it is asked for. */
function createArchive(accounts: readonly string[], account: ArchivedUsageSource["account"]) {
  const owners: string[] = [];
  const reads: Pick<ArchiveReads, "isEmpty" | "accounts" | "buckets"> = {
    isEmpty: async () => accounts.length === 0,
    accounts: async () => accounts.slice(0, 2),
    buckets: async ({ owner }: ArchiveSeries) => {
      owners.push(owner);
      return new Map([[0, bucket]]);
    },
  };
  const archived = createArchivedUsage({
    reads: reads as ArchiveReads,
    account,
    usageLagMs: 0,
    onStale: () => undefined,
  });
  return { owners, buckets: () => archived.buckets(ACCOUNT, "HOUR", WINDOW) };
}

const unread = (id: () => Promise<string>) => ({ id, knownId: () => null });

describe("the account of archived usage", () => {
  it("is not asked of the platform if nothing is archived", async () => {
    let calls = 0;
    const account = unread(async () => {
      calls += 1;
      throw down;
    });
    expect((await createArchive([], account).buckets()).size).toBe(0);
    expect(calls).toBe(0);
  });

  it("is the only one of the store if it has not been read and the platform is down", async () => {
    const archive = createArchive(
      ["acct"],
      unread(() => Promise.reject(down)),
    );
    expect((await archive.buckets()).size).toBe(1);
    expect(archive.owners).toEqual(["acct"]);
  });

  it("is not guessed if the store has several", async () => {
    const archive = createArchive(
      ["acct", "other"],
      unread(() => Promise.reject(down)),
    );
    await expect(archive.buckets()).rejects.toBe(down);
    expect(archive.owners).toEqual([]);
  });

  it("is the platform's, whatever else the store has", async () => {
    const archive = createArchive(
      ["other"],
      unread(async () => "acct"),
    );
    await archive.buckets();
    expect(archive.owners).toEqual(["acct"]);
  });
});

/** Archived hours, and days, from 2025-02-08 to 2025-02-13. */
const FEBRUARY = { from: at("2025-02-08T00:00:00Z"), to: at("2025-02-13T00:00:00Z") };
const MOVED_AT = at("2025-02-10T12:00:00Z");
const LONG_AFTER = at("2026-11-30T10:00:00Z");
/** Bytes of an hour by tracking id. */
const BYTES = { own: 1n, moved: 1_000n } as const;

/** Returns the bandwidth of a partner that has had one of its tracking ids since {@link MOVED_AT}. @param isUnread tells what is not there */
function createPartnerBandwidthOf(isUnread: (series: ArchiveSeries, start: number) => boolean = () => false) {
  const reads: Pick<ArchiveReads, "buckets" | "oldest"> = {
    buckets: async (series: ArchiveSeries, { from, to }: TimeWindow) => {
      const stepMs = BUCKET_MS[series.granularity];
      const traffic = bytesOut(BYTES[series.owner as keyof typeof BYTES] * BigInt(stepMs / HOUR_MS));
      const buckets = new Map<number, ArchivedBucket>();
      for (let start = Math.max(from, FEBRUARY.from); start < Math.min(to, FEBRUARY.to); start += stepMs) {
        // Each hour was read at its end, and again until it was settled.
        if (!isUnread(series, start)) buckets.set(start, { ...bucket, traffic, readAt: start + stepMs + DAY_MS });
      }
      return buckets;
    },
    oldest: async () => FEBRUARY.from,
  };
  const account = unread(() => Promise.reject(down));
  const onStale = () => undefined;
  const archived = createArchivedUsage({ reads: reads as ArchiveReads, account, usageLagMs: 0, onStale });
  const readable = {
    own: new Set(Object.keys(BYTES)),
    since: async (trackingId: string) => (trackingId === "moved" ? MOVED_AT : 0),
    denied: () => new Error("denied"),
  };
  const usage = createTestUsageLoaders({} as Analytics);
  return createPartnerBandwidth({ ...usage, archived: archiveOfTrackingIds(archived, readable) })(Object.keys(BYTES));
}

/** Returns the bytes of a window by the hour, by the day and in all, and the spans that are missing. */
async function readAll(source: BandwidthSource, range: TimeWindow) {
  const window = resolveWindow({ range }, "UTC", retentionAt(LONG_AFTER, 0));
  const bytesBy = async (granularity: "HOUR" | "DAY") =>
    (await readSeries(source, window, granularity, "UTC")).value.map((point) => point.bytesOut ?? 0n);
  return {
    hours: (await bytesBy("HOUR")).reduce((sum, bytes) => sum + bytes, 0n),
    days: await bytesBy("DAY"),
    total: (await readTotal(source, window)).value.bytesOut,
    missing: (await readCoverage(source, window)).value.missing.map(span),
  };
}

describe("archived days of two tracking ids", () => {
  it.each([
    {
      which: "all",
      range: FEBRUARY,
      hours: 60_120n,
      days: [24n, 24n, 12_024n, 24_024n, 24_024n],
      missing: [["2025-02-08T00:00:00Z", "2025-02-10T12:00:00Z"]],
    },
    {
      which: "the day of the change alone",
      range: { from: at("2025-02-10T00:00:00Z"), to: at("2025-02-11T00:00:00Z") },
      hours: 12_024n,
      days: [12_024n],
      missing: [["2025-02-10T00:00:00Z", "2025-02-10T12:00:00Z"]],
    },
    {
      which: "those before the change",
      range: { from: FEBRUARY.from, to: at("2025-02-10T00:00:00Z") },
      hours: 48n,
      days: [24n, 24n],
      missing: [],
    },
  ])(
    "of which one came from another partner have the hours since then: $which",
    async ({ which: _, range, ...all }) => {
      expect(await readAll(createPartnerBandwidthOf(), range)).toEqual({ ...all, total: all.hours });
    },
  );

  it("of which one was not read by the day are made of its hours, and lack those that were not read either", async () => {
    const day = at("2025-02-11T00:00:00Z");
    const source = createPartnerBandwidthOf(
      ({ owner, granularity }, start) =>
        owner === "own" && (granularity === "DAY" ? start === day : start === day + 5 * HOUR_MS),
    );
    expect(await readAll(source, { from: day, to: FEBRUARY.to })).toEqual({
      hours: 48_047n,
      days: [24_023n, 24_024n],
      total: 48_047n,
      missing: [["2025-02-11T05:00:00Z", "2025-02-11T06:00:00Z"]],
    });
  });
});
