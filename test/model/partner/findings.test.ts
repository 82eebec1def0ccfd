import { describe, expect, it } from "vitest";
import {
  publishTokenFindings,
  type StreamTokens,
  type StreamTraffic,
  streamFindings,
  subscribeTokenFindings,
  trafficFindings,
} from "../../../src/model/partner/findings.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../../../src/model/token/token.ts";
import { grants, inCluster, publishToken, subscribeToken } from "../../support/records.ts";

const NOW = 1_000_000;
/** What makes a token useless, whatever else it is. */
const useless = [
  ["disabled", { isActive: false }],
  ["expired", { expiresAt: NOW - 1 }],
] as const;

const healthy: StreamTokens = {
  streamName: "derby",
  publish: [publishToken({ id: 1, ...inCluster("phx-1") })],
  subscribe: [subscribeToken({ id: 2, trackingId: "acme", ...inCluster("phx-1") })],
};

const ofStream = (tokens: Partial<StreamTokens>) =>
  streamFindings({ ...healthy, ...tokens }, NOW).map(({ kind, streamName, token }) => [
    kind,
    streamName,
    token?.id ?? null,
  ]);

describe("findings of a stream", () => {
  it("are none of one that is secured, and whose publishers and viewers meet", () => {
    expect(ofStream({})).toEqual([]);
    expect(ofStream({ publish: [], subscribe: [] })).toEqual([]);
  });

  const publisher = (fields: Partial<PublishTokenRecord>) => publishToken({ id: 3, ...inCluster("phx-1"), ...fields });
  const viewer = (fields: Partial<SubscribeTokenRecord>) =>
    subscribeToken({ id: 4, trackingId: "acme", ...inCluster("phx-1"), ...fields });

  it.each(useless)("are none of a token that is %s", (_what, fields) => {
    const open = publisher({ isSecured: false });
    const abroad = publisher(inCluster("fra-1"));
    const cascading = publisher({
      effective: { ...open.effective, geoCascade: { isEnabled: true, clusters: ["all"] } },
      geoCascade: { isEnabled: true, clusters: ["all"] },
    });
    const stranded = viewer(inCluster("fra-1"));
    for (const [token, kind] of [
      [open, "STREAM_UNSECURED"],
      [abroad, "PUBLISHERS_DIFFER"],
      [cascading, "PUBLISHERS_DIFFER"],
    ] as const) {
      const [first] = healthy.publish as [PublishTokenRecord];
      expect(ofStream({ publish: [first, token] }).map(([found]) => found)).toContain(kind);
      expect(ofStream({ publish: [first, { ...token, ...fields }] })).toEqual([]);
    }
    expect(ofStream({ subscribe: [stranded] })).toEqual([["CLUSTER_MISMATCH", "derby", 4]]);
    expect(ofStream({ subscribe: [{ ...stranded, ...fields }] })).toEqual([]);
  });

  it("are none of a token of another cluster that opens every stream, by a wildcard or by its patterns together", () => {
    for (const streams of [grants("/.*/"), grants("derby", "/.*/"), grants("/[^a].*/", "/a?/", "/a.+/")]) {
      expect(ofStream({ subscribe: [viewer({ streams, ...inCluster("fra-1") })] })).toEqual([]);
    }
  });
});

describe("findings of tokens", () => {
  const ofSubscribe = (...tokens: readonly Partial<SubscribeTokenRecord>[]) =>
    subscribeTokenFindings(
      tokens.map((fields, index) => subscribeToken({ id: index + 1, trackingId: "acme", ...fields })),
      NOW,
      NOW + 1_000,
    ).map(({ kind, token, summary }) => [kind, token?.id ?? null, summary]);

  it("are none of a token that opens what it is named for, for ever, with a tracking id", () => {
    expect(ofSubscribe({})).toEqual([]);
    expect(ofSubscribe({ streams: grants("derby", "/sport-.*/") })).toEqual([]);
  });

  const broken: readonly (readonly [string, Partial<SubscribeTokenRecord>])[] = [
    ["TRACKING_ID_MISSING", { trackingId: null }],
    ["MASTER_BINDS_ADDRESSES", { bindIpsOnUsage: 1 }],
    ["WILDCARD_GRANT", { streams: grants("derby", "/.*/") }],
    ["PATTERN_UNREADABLE", { streams: grants("/(?!x)y/") }],
  ];

  it.each(broken)("hold %s of a usable token alone", (kind, fields) => {
    expect(ofSubscribe({}, fields)).toEqual([[kind, 2, expect.any(String)]]);
    for (const [, more] of useless) expect(ofSubscribe({}, { ...fields, ...more })).toEqual([]);
  });

  it("name a token that opens every stream as such, by a wildcard beside named streams or by its patterns together", () => {
    for (const streams of [grants("derby", "/.*/"), grants("/[^a].*/", "/a?/", "/a.+/")]) {
      expect(ofSubscribe({ streams })).toEqual([["WILDCARD_GRANT", 1, expect.stringMatching(/opens every stream\.$/)]]);
    }
  });

  it("tell of an expiry that is to come before the horizon, and neither of one at it nor of one that is past", () => {
    const kinds = (expiresAt: number) => ofSubscribe({ expiresAt }).map(([kind]) => kind);
    expect([NOW - 1, NOW + 999, NOW + 1_000].map(kinds)).toEqual([[], ["TOKEN_EXPIRES"], []]);
  });

  it("name the kind of token, its id and its label", () => {
    const expiresAt = NOW + 10;
    expect(ofSubscribe({ expiresAt, label: "desk" })[0]?.[2]).toMatch(/^Subscribe token 1 \(`desk`\)/);
    const published = publishTokenFindings([publishToken({ id: 7, label: "cam", expiresAt })], NOW, NOW + 1_000);
    expect(published.map(({ summary }) => summary)).toEqual([expect.stringMatching(/^Publish token 7 \(`cam`\)/)]);
  });

  it("are none of a publish token that is disabled or expired", () => {
    for (const [, more] of useless) {
      expect(publishTokenFindings([publishToken({ streams: grants("/(?!x)y/"), ...more })], NOW, NOW + 1)).toEqual([]);
    }
  });
});

describe("findings of traffic", () => {
  const row = (trackingId: string | null, bytesOut: bigint, bytesIn = 0n) => ({
    trackingId,
    traffic: { bytesIn, bytesOut, parts: null },
  });
  const ofTraffic = (...rows: StreamTraffic["rows"]) =>
    trafficFindings(
      [
        { streamName: "derby", rows },
        { streamName: "open", rows },
      ],
      (streamName) => streamName === "derby",
      (trackingId) => trackingId === "acme",
    ).map(({ kind, streamName, trackingId }) => [kind, streamName, trackingId]);

  it("are none of a stream whose viewers are all a partner's, nor of one that nobody watched without a tracking id", () => {
    expect(ofTraffic(row("acme", 5n))).toEqual([]);
    expect(ofTraffic(row(null, 0n))).toEqual([]);
    expect(ofTraffic(row(null, 0n, 5n), row("acme", 0n))).toEqual([]);
  });

  it("tell of one byte: untracked of a secured stream, of a tracking id that nobody has, and incoming", () => {
    expect(ofTraffic(row(null, 1n))).toEqual([["UNTRACKED_VIEWERS", "derby", null]]);
    expect(ofTraffic(row("nobody", 1n))).toEqual([["TRACKING_ID_UNCLAIMED", null, "nobody"]]);
    expect(ofTraffic(row("acme", 0n, 1n))).toEqual([
      ["TRACKED_INGEST", "derby", "acme"],
      ["TRACKED_INGEST", "open", "acme"],
    ]);
  });
});
