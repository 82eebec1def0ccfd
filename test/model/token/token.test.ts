import { describe, expect, it } from "vitest";
import { clusterConsistency } from "../../../src/model/cluster/cluster-consistency.ts";
import { isExpired, isUsable } from "../../../src/model/token/token.ts";
import { inCluster, publishToken, subscribeToken } from "../../support/records.ts";

describe("isExpired and isUsable", () => {
  it("a token is expired from the instant of its expiry on", () => {
    expect([999, 1_000, 1_001].map((now) => isExpired({ expiresAt: 1_000 }, now))).toEqual([false, true, true]);
    expect(isExpired({ expiresAt: null }, Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  it("a token is usable while it is active and not expired", () => {
    expect(isUsable({ isActive: true, expiresAt: null }, 0)).toBe(true);
    expect(isUsable({ isActive: false, expiresAt: null }, 0)).toBe(false);
    expect(isUsable({ isActive: true, expiresAt: 5 }, 5)).toBe(false);
  });
});

describe("the clusters of a stream", () => {
  const publish = (...clusters: string[]) => clusters.map((cluster) => publishToken(inCluster(cluster)));
  const subscribe = (...clusters: string[]) =>
    clusters.map((cluster, id) => subscribeToken({ id, ...inCluster(cluster) }));
  const stranded = (publishing: string[], subscribing: string[]) =>
    clusterConsistency(publish(...publishing), subscribe(...subscribing)).mismatchedTokens.map(({ id }) => id);

  it("are consistent when publishers and viewers share one, or all leave it open", () => {
    expect(clusterConsistency(publish("phx-1", "phx-1"), subscribe("phx-1"))).toMatchObject({
      isConsistent: true,
      publishClusters: ["phx-1"],
      subscribeClusters: ["phx-1"],
      mismatchedTokens: [],
    });
    expect(clusterConsistency(publish("auto"), subscribe("auto", "auto")).isConsistent).toBe(true);
    expect(clusterConsistency(publish("phx-1"), []).isConsistent).toBe(true);
  });

  it.each<[string[], string[]]>([
    [["phx-1"], ["fra-1"]],
    [["phx-1"], ["auto"]],
    [["auto"], ["phx-1"]],
    [["phx-1", "fra-1"], ["phx-1"]],
  ])("are not when %j publish and %j watch", (publishing, subscribing) => {
    expect(clusterConsistency(publish(...publishing), subscribe(...subscribing)).isConsistent).toBe(false);
  });

  it("strand the tokens that find no publisher, whichever broadcasts", () => {
    expect(stranded(["phx-1"], ["fra-1", "phx-1", "auto"])).toEqual([0, 2]);
    expect(stranded(["phx-1", "fra-1"], ["fra-1", "phx-1", "auto"])).toEqual([2]);
  });

  it("strand nobody while nothing publishes the stream", () => {
    expect(clusterConsistency([], subscribe("fra-1", "phx-1"))).toMatchObject({
      isConsistent: true,
      mismatchedTokens: [],
    });
  });

  it("are told each once, sorted", () => {
    expect(clusterConsistency(publish("phx-1", "auto", "phx-1"), []).publishClusters).toEqual(["auto", "phx-1"]);
  });
});
