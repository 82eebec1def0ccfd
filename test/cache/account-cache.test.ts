import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAccountCache } from "../../src/cache/account-cache.ts";
import type { ClusterList } from "../../src/upstream/clusters.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("account cache", () => {
  it("reads the id once, and the clusters every ten minutes", async () => {
    const calls: string[] = [];
    const clusters: ClusterList = { defaultCluster: "auto", clusters: [] };
    const account = createAccountCache(
      {
        id: async () => {
          calls.push("id");
          return "SYN4DX";
        },
      },
      {
        read: async () => {
          calls.push("clusters");
          return clusters;
        },
      },
    );
    expect(account.knownId()).toBeNull();
    for (let minute = 0; minute <= 11; minute += 1) {
      expect([await account.id(), await account.clusters()]).toEqual(["SYN4DX", clusters]);
      expect(account.knownId()).toBe("SYN4DX");
      vi.advanceTimersByTime(60_000);
    }
    expect(calls).toEqual(["id", "clusters", "clusters"]);
  });

  it("serves the clusters of a write of the gateway until they are ten minutes old", async () => {
    let reads = 0;
    const read: ClusterList = { defaultCluster: "auto", clusters: [] };
    const account = createAccountCache(
      { id: async () => "SYN4DX" },
      {
        read: async () => {
          reads += 1;
          return read;
        },
      },
    );
    await account.clusters();
    account.putClusters({ ...read, defaultCluster: "fra-1" });
    vi.advanceTimersByTime(599_999);
    expect((await account.clusters()).defaultCluster).toBe("fra-1");
    vi.advanceTimersByTime(1);
    expect([(await account.clusters()).defaultCluster, reads]).toEqual(["auto", 2]);
  });
});
