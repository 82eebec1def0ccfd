import { describe, expect, it } from "vitest";
import { type ArchivedUsageSource, createArchivedUsage } from "../../src/loaders/archived-usage.ts";
import type { ArchivedBucket, ArchiveSeries } from "../../src/model/usage/archive.ts";
import { noTraffic } from "../../src/model/usage/traffic.ts";
import type { ArchiveReads } from "../../src/store/archive/archive-reads.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";

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
