import { parse } from "graphql";
import { describe, expect, it } from "vitest";
import {
  publishTokenFindings,
  type StreamTokens,
  type StreamTraffic,
  streamFindings,
  subscribeTokenFindings,
  trafficFindings,
  untrackedTraffic,
} from "../../../src/model/partner/findings.ts";
import { openAnyName } from "../../../src/model/stream/stream.ts";
import { readPattern } from "../../../src/model/stream/stream-pattern.ts";
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
      {
        isSecured: (streamName) => streamName === "derby",
        isClaimed: (trackingId) => trackingId === "acme",
        untracked: () => untrackedTraffic(healthy, rows, 0),
        now: NOW,
      },
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

  it("name each token that may have admitted untracked viewers, by id and label, with the amount", () => {
    const rows = [row(null, 955_989_803_574_059n), row("acme", 7n)];
    const open = publishToken({ id: 1, label: "cam", isSecured: false, isActive: false });
    const anyone = subscribeToken({ id: 2, label: "qa", streams: grants("/.*/") });
    const untrackedOf = (publish: PublishTokenRecord[], subscribe: SubscribeTokenRecord[]) =>
      trafficFindings([{ streamName: "derby", rows }], {
        isSecured: () => true,
        isClaimed: () => true,
        untracked: () => untrackedTraffic({ publish, subscribe }, rows, 500),
        now: NOW,
      }).map(({ summary, token, tokens, bytes, mutation }) => ({
        summary,
        token: token?.id ?? null,
        tokens: tokens.map(({ id }) => id),
        bytes,
        mutation,
      }));
    const amount = "Viewers under no tracking id used 955,989,803,574,059 bytes (956.0 TB) of the stream `derby`";
    const disable = (ids: string) =>
      `mutation { disableSubscribeTokens(input: { tokens: [${ids}] }) { userErrors { code message } } }`;
    // A partner's token counts its viewers, a secured publish token admits none, and one that expired before could not.
    const others = [subscribeToken({ id: 7, trackingId: "acme" }), subscribeToken({ id: 8, expiresAt: 499 })];
    expect(untrackedOf([publishToken({ id: 9 })], [anyone, ...others])).toEqual([
      {
        summary: `${amount} in the last 7 days. Only one token may have admitted them: subscribe token 2 (\`qa\`).`,
        token: 2,
        tokens: [2],
        bytes: 955_989_803_574_059n,
        mutation: disable("{ tokenId: 2 }"),
      },
    ]);
    const used = subscribeToken({ id: 3, label: "old", expiresAt: 501 });
    expect(untrackedOf([open], [anyone, used])).toEqual([
      {
        summary: `${amount} in the last 7 days. These tokens may have admitted them: publish token 1 (\`cam\`), disabled; subscribe token 2 (\`qa\`); subscribe token 3 (\`old\`).`,
        token: null,
        tokens: [1, 2, 3],
        bytes: 955_989_803_574_059n,
        mutation: disable("{ tokenId: 2 }"),
      },
    ]);
    expect(untrackedOf([], [])).toMatchObject([
      { summary: expect.stringContaining("No token"), tokens: [], mutation: null },
    ]);
    const many = Array.from({ length: 1_205 }, (_, index) => subscribeToken({ id: index + 1, label: "x" }));
    expect(untrackedOf([], many)[0]?.summary).toMatch(/subscribe token 5 \(`x`\); 1,200 more\.$/);
  });

  it("name what is metered wrongly or for nobody with its unit, and suggest no mutation where a person has to look", () => {
    const rows = [row("acme", 0n, 1n), row("nobody", 1_500n)];
    const found = trafficFindings([{ streamName: "derby", rows }], {
      isSecured: () => true,
      isClaimed: (trackingId) => trackingId === "acme",
      untracked: () => null,
      now: NOW,
    });
    expect(found.map(({ kind, summary, bytes, mutation }) => [kind, summary, bytes, mutation])).toEqual([
      ["TRACKED_INGEST", "1 byte of ingest of the stream `derby` is counted under the tracking id `acme`.", 1n, null],
      [
        "TRACKING_ID_UNCLAIMED",
        "Viewers under the tracking id `nobody` used 1,500 bytes (1.5 kB) in the last 7 days, which no partner is billed for.",
        1_500n,
        expect.stringContaining('trackingIds: ["nobody"]'),
      ],
    ]);
  });
});

describe("the mutation that a finding suggests", () => {
  const suggestions = (fields: Partial<SubscribeTokenRecord>, watched: string[] = []) =>
    subscribeTokenFindings([subscribeToken({ id: 4, trackingId: "acme", ...fields })], NOW, NOW + 1_000, {
      read: readPattern,
      openAnyName,
      known: [],
      mostOpened: () => 0,
      watched: () => watched,
    }).map(({ mutation }) => mutation);
  const userErrors = "{ userErrors { code message } }";

  it("keeps the streams that were watched under a wildcard, and needs a person where none or too many were", () => {
    const streams = grants("derby", "/.*/");
    const call = "mutation { updateSubscribeToken(input: { token: { tokenId: 4 },";
    expect(suggestions({ streams }, ["cup", "derby"])).toEqual([
      `${call} addStreams: [{ pattern: "cup" }], removeStreams: [".*"] }) ${userErrors} }`,
    ]);
    expect(suggestions({ streams }, ["derby"])).toEqual([`${call} removeStreams: [".*"] }) ${userErrors} }`]);
    expect(suggestions({ streams })).toEqual([null]);
    expect(
      suggestions(
        { streams },
        Array.from({ length: 51 }, (_, index) => `s${index}`),
      ),
    ).toEqual([null]);
  });

  it("creates a successor with all settings and the lifetime of a token that expires, whatever its label contains", () => {
    const mutation = suggestions({
      label: 'the "desk"\n\\',
      addedAt: NOW - 3_600_000,
      expiresAt: NOW + 1,
      streams: grants("derby", "/sport-.*/"),
      allowedOrigins: ["acme.example"],
      countries: { allowedCountries: ["DE"], deniedCountries: [] },
    })[0];
    const input = `idempotencyKey: "successor of 4", label: "the \\"desk\\"\\n\\\\", streams: [{ pattern: "derby" }, { pattern: "sport-.*", isRegex: true }], trackingId: "acme", expiresInSeconds: 3600, allowedOrigins: ["acme.example"], allowedCountries: ["DE"]`;
    expect(mutation).toBe(
      `mutation { createSubscribeToken(input: { ${input} }) { subscribeToken { tokenId } userErrors { code message } } }`,
    );
    expect(parse(mutation ?? "").definitions).toHaveLength(1);
    expect(suggestions({ expiresAt: NOW + 1, streams: grants("/(?!x)y/") })).toEqual([null, null]);
  });

  it("moves publish tokens to the cluster of the viewers, and none if that is not one of theirs", () => {
    const [first] = healthy.publish as [PublishTokenRecord];
    const differing = (...clusters: string[]) =>
      streamFindings(
        {
          streamName: "derby",
          publish: [
            first,
            publishToken({ id: 5, ...inCluster("fra-1") }),
            publishToken({ id: 6, ...inCluster("syd-1") }),
          ],
          subscribe: clusters.map((id, index) =>
            subscribeToken({ id: 10 + index, trackingId: "acme", ...inCluster(id) }),
          ),
        },
        NOW,
      ).flatMap(({ kind, mutation }) => (kind === "PUBLISHERS_DIFFER" ? [mutation] : []));
    const update = (id: number) =>
      `updatePublishToken(input: { token: { tokenId: ${id} }, originCluster: "phx-1" }) ${userErrors}`;
    expect(differing("phx-1")).toEqual([`mutation { m1: ${update(5)} m2: ${update(6)} }`]);
    for (const clusters of [[], ["blr-1"], ["phx-1", "fra-1"]]) expect(differing(...clusters)).toEqual([null]);
  });
});
