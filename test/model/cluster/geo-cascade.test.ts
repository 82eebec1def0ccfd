import { describe, expect, it } from "vitest";
import {
  assertCascade,
  assertCluster,
  cascadeTraffic,
  clustersBeside,
} from "../../../src/model/cluster/geo-cascade.ts";
import { refusalOf } from "../../support/refusal.ts";

const KNOWN = ["auto", "fra-1", "phx-1", "syd-1"];

describe("the clusters of a cascade", () => {
  it.each([
    ["all but the origin", "phx-1", ["all"], ["fra-1", "syd-1"]],
    ["those that are named, without the origin", "phx-1", ["phx-1", "syd-1"], ["syd-1"]],
    ["no place that the account does not have, and not `auto`", "phx-1", ["ams-1", "auto"], []],
    ["all but one, where the nearest takes the stream in", "auto", ["all"], ["phx-1", "syd-1"]],
    ["those that are named, where another may take the stream in", "auto", ["fra-1"], ["fra-1"]],
  ])("are %s", (_what, origin, clusters, beside) => {
    expect(clustersBeside(origin, clusters, KNOWN)).toEqual(beside);
  });

  it("are looked at while it is enabled, and by the platform alone where the account's are not known", () => {
    const cascade = { isEnabled: true, clusters: ["fra-1", "ams-1"] };
    expect(refusalOf(() => assertCascade(cascade, KNOWN, "at"))).toMatchObject({
      code: "CLUSTER_UNKNOWN",
      facts: { argument: "at.clusters.1", known: KNOWN },
    });
    expect(() => assertCascade(cascade, null, "at")).not.toThrow();
    expect(() => assertCluster("ams-1", null, "at")).not.toThrow();
    expect(() => assertCascade({ ...cascade, isEnabled: false }, KNOWN, "at")).not.toThrow();
    expect(() => assertCascade({ isEnabled: true, clusters: ["all"] }, KNOWN, "at")).not.toThrow();
  });
});

describe("the estimate of a cascade", () => {
  it.each([
    [7, 3, 3, 3_000n],
    [2, 30, 2, 2_000n],
    [7, 0, 0, 0n],
  ])(
    "is one more viewer for each of %d clusters, of %d countries with viewers",
    (clusters, countries, count, bytes) => {
      const figures = { meteredBytesOut: 5n, bytesIn: 1_000n, clustersBeside: clusters, countries };
      expect(cascadeTraffic(figures)).toEqual({ meteredBytesOut: 5n, clusterCount: count, estimatedBytesOut: bytes });
    },
  );
});
