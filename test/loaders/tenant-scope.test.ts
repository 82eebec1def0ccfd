import { describe, expect, it } from "vitest";
import { createPartnerTokens } from "../../src/cache/partner-tokens.ts";
import { createPatternReadings } from "../../src/cache/pattern-readings.ts";
import type { TokenSnapshot } from "../../src/cache/token-cache.ts";
import { TokenIndex } from "../../src/cache/token-index.ts";
import type { Loaders } from "../../src/loaders/loaders.ts";
import { scopeToPartner, TenantIsolationError } from "../../src/loaders/tenant-scope.ts";
import type { RegisteredPartner } from "../../src/model/partner/partner.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../../src/model/token/token.ts";
import { DAY_MS, HOUR_MS } from "../../src/model/usage/time.ts";
import { grants, publishToken, subscribeToken } from "../support/records.ts";

const NOW = 1_000_000;
const window = { from: 0, to: 3_600_000 };

const meadow: RegisteredPartner = {
  id: "meadow",
  name: "Meadow TV",
  trackingIds: ["meadow-tv", "meadow-radio"],
  contact: null,
  timeZone: "UTC",
  zones: "UTC",
  currency: "EUR",
  status: "ACTIVE",
  notes: null,
  createdAt: 0,
};

const subscribeTokens = [
  subscribeToken({ id: 1, trackingId: "meadow-tv", streams: grants("derby") }),
  subscribeToken({ id: 2, trackingId: "meadow-tv", streams: grants("closed"), isActive: false }),
  subscribeToken({ id: 3, trackingId: "kestrel", streams: grants("foreign") }),
];
const publishers = [publishToken({ id: 9, streams: grants("derby") })];
const liveStreams = new Map(["closed", "derby", "foreign"].map((name) => [name, { name, isLive: true }]));
const rows = [
  { streamName: "derby", traffic: { bytesOut: 1n, bytesIn: 0n, parts: null } },
  { streamName: "other", traffic: { bytesOut: 2n, bytesIn: 0n, parts: null } },
];
const records = [
  { trackingId: "meadow-tv", streamName: "derby" },
  { trackingId: "meadow-tv", streamName: "other" },
  { trackingId: "kestrel", streamName: "derby" },
  { trackingId: null, streamName: "derby" },
];

/** The partner itself and another one have had `meadow-radio` before. */
const formerHolders = async (trackingId: string) =>
  trackingId === "meadow-radio"
    ? [
        { partnerId: "kestrel", afterToken: 0, untilToken: 1, heldUntil: 5 * HOUR_MS - 1 },
        { partnerId: meadow.id, afterToken: 1, untilToken: 2, heldUntil: 9 * HOUR_MS },
      ]
    : [];

/** All of the account, with a list of what was asked of it. */
function createWhole({ readsTokens = false } = {}) {
  const asked: string[] = [];
  const answering =
    <Value>(name: string, value: Value) =>
    async (...args: unknown[]): Promise<Value> => {
      asked.push([name, ...args].map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(" "));
      return value;
    };
  const readings = createPatternReadings();
  const index = new TokenIndex<SubscribeTokenRecord>(readings);
  for (const token of subscribeTokens) index.put(token);
  const tokens: TokenSnapshot = {
    publish: new TokenIndex<PublishTokenRecord>(readings),
    subscribe: index,
    withTrackingId: (trackingId) => subscribeTokens.filter((token) => token.trackingId === trackingId),
    trackingIds: () => ["kestrel", "meadow-radio", "meadow-tv"],
  };
  const loaderOf = (name: string, value: unknown = "usage") => ({
    load: answering(name, value),
    prefetch: () => void asked.push(`${name} prefetch`),
  });
  const usage = {
    accountTotal: loaderOf("accountTotal"),
    accountSeries: loaderOf("accountSeries"),
    accountCountries: loaderOf("accountCountries"),
    accountCountrySeries: loaderOf("accountCountrySeries"),
    streamTotal: loaderOf("streamTotal"),
    streamSeries: loaderOf("streamSeries"),
    streamCountries: loaderOf("streamCountries"),
    streamCountrySeries: loaderOf("streamCountrySeries"),
    archived: {
      buckets: answering("archived buckets", new Map()),
      sumsByPart: answering("archived sums", []),
      partsByBucket: answering("archived parts", new Map()),
      oldest: answering("archive's begin", 0),
    },
    trackingRowsByStream: loaderOf("trackingRowsByStream"),
    trackingRowSeriesByStream: loaderOf("trackingRowSeriesByStream"),
    rowsByTrackingId: loaderOf("rowsByTrackingId", { value: rows, freshUntil: NOW }),
    rowSeriesByTrackingId: loaderOf("rowSeriesByTrackingId"),
  };
  const whole = {
    batchScheduler: {},
    tokens: () => (readsTokens ? Promise.resolve(tokens) : tokens),
    usage,
    liveStreams: {
      all: answering("all", liveStreams),
      byName: answering("byName", { name: "any", isLive: true }),
      withFeeds: answering("withFeeds", null),
      details: answering("details", null),
    },
    archivePages: { page: answering("archive page", []) },
    mediaAssets: { byId: answering("mediaAsset", {}), first: answering("first", {}), forget: () => undefined },
    mediaDistribution: answering("mediaDistribution", {}),
    partners: {},
    meters: {},
    transcoders: { all: answering("transcoders", []), byId: answering("transcoder", {}), days: answering("days", []) },
    publishToken: answering("publishToken", publishers[0]),
    subscribeToken: answering("subscribeToken", subscribeTokens[2]),
    publishersOf: answering("publishersOf", publishers),
    streamNames: () => ["closed", "derby", "foreign"],
    streamExists: answering("streamExists", true),
    seesLiveState: answering("seesLiveState", true),
    streamBandwidth: () => ({}),
    streamTrackingBandwidth: () => ({}),
    trackingRows: answering("trackingRows", rows),
    attendanceDays: answering("attendanceDays", { days: [0], rows: [{ streamName: "derby" }] }),
    viewerRecords: async function* (query: object) {
      asked.push(`viewerRecords ${JSON.stringify(query)}`);
      yield* records;
    },
  };
  const loaders = whole as unknown as Loaders;
  return { asked, own: scopeToPartner(loaders, meadow, createPartnerTokens(readings), formerHolders, NOW) };
}

async function listed<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}

describe("tenant scope: a partner's caller", () => {
  it("reads archived usage of a tracking id since the last other partner lost it", async () => {
    const { asked, own } = createWhole();
    const { archived } = own.usage;
    const radio = { kind: "TRACKING_STREAM", name: "meadow-radio" } as const;
    await archived.buckets(radio, "HOUR", { from: 2 * HOUR_MS, to: 7 * HOUR_MS });
    await archived.buckets(radio, "HOUR", { from: 2 * HOUR_MS, to: 5 * HOUR_MS });
    await archived.sumsByPart(radio, "DAY", { from: 0, to: 48 * HOUR_MS });
    expect(await archived.oldest(radio, "HOUR")).toBe(5 * HOUR_MS);
    await archived.buckets({ ...radio, name: "meadow-tv" }, "HOUR", { from: 0, to: HOUR_MS }, "derby");
    const rowsOf = { owner: "meadow-radio", kind: "TRACKING_STREAM", subject: "", granularity: "HOUR" } as const;
    await own.archivePages.page(rowsOf, { from: 2 * HOUR_MS, to: 7 * HOUR_MS }, null);
    expect(await own.archivePages.page(rowsOf, { from: 2 * HOUR_MS, to: 5 * HOUR_MS }, null)).toEqual([]);
    const subject = JSON.stringify(radio);
    expect(asked).toEqual([
      `archived buckets ${subject} HOUR {"from":18000000,"to":25200000} `,
      `archived sums ${subject} DAY {"from":86400000,"to":172800000}`,
      `archive's begin ${subject} HOUR`,
      `archived buckets {"kind":"TRACKING_STREAM","name":"meadow-tv"} HOUR {"from":0,"to":3600000} derby`,
      `archive page ${JSON.stringify(rowsOf)} {"from":18000000,"to":25200000} null`,
    ]);
  });

  it.each<[string, (own: Loaders) => unknown]>([
    ["the account's total", ({ usage }) => usage.accountTotal.load({ window } as never)],
    ["the account's series", ({ usage }) => usage.accountSeries.load({ window } as never)],
    ["the account's countries", ({ usage }) => usage.accountCountries.load({ window } as never)],
    ["the account's countries by time", ({ usage }) => usage.accountCountrySeries.load({ window } as never)],
    [
      "the account's archive",
      ({ usage }) => usage.archived.buckets({ kind: "ACCOUNT", name: "" }, "HOUR", { from: 0, to: HOUR_MS }),
    ],
    [
      "the archive of a stream",
      ({ usage }) => usage.archived.partsByBucket({ kind: "STREAM_COUNTRY", name: "derby" }, "DAY", window),
    ],
    [
      "the archive of a tracking id of another tenant",
      ({ usage }) => usage.archived.sumsByPart({ kind: "TRACKING_STREAM", name: "kestrel" }, "HOUR", window),
    ],
    [
      "the begin of a foreign archive",
      ({ usage }) => usage.archived.oldest({ kind: "TRACKING_STREAM", name: "kestrel" }, "DAY"),
    ],
    [
      "archived rows of a tracking id of another tenant",
      ({ archivePages }) =>
        archivePages.page(
          { owner: "kestrel", kind: "TRACKING_STREAM", subject: "", granularity: "HOUR" },
          window,
          null,
        ),
    ],
    [
      "archived rows of a stream",
      ({ archivePages }) =>
        archivePages.page({ owner: "meadow-tv", kind: "STREAM", subject: "derby", granularity: "DAY" }, window, null),
    ],
    ["all traffic of a stream", ({ usage }) => usage.streamTotal.load({ name: "derby", window } as never)],
    ["all traffic of a stream by time", ({ usage }) => usage.streamSeries.load({ name: "derby", window } as never)],
    ["a stream's countries", ({ usage }) => usage.streamCountries.load({ name: "derby", window } as never)],
    ["a stream's countries by time", ({ usage }) => usage.streamCountrySeries.load({ name: "derby", window } as never)],
    ["a stream's tracking ids", ({ usage }) => usage.trackingRowsByStream.load({ name: "derby", window } as never)],
    [
      "a stream's tracking ids by time",
      ({ usage }) => usage.trackingRowSeriesByStream.load({ name: "derby", window } as never),
    ],
    ["traffic ahead", async ({ usage }) => usage.streamTotal.prefetch([] as never)],
    ["rows of a foreign tracking id", ({ usage }) => usage.rowsByTrackingId.load({ name: "kestrel", window } as never)],
    [
      "rows of a foreign tracking id, ahead of the field that needs them",
      ({ usage }) => usage.rowsByTrackingId.prefetch({ name: "kestrel", window }),
    ],
    [
      "a series of a foreign tracking id",
      ({ usage }) => usage.rowSeriesByTrackingId.load({ name: "kestrel", window } as never),
    ],
    ["a stream's share of a foreign tracking id", async (own) => own.streamTrackingBandwidth("derby", "kestrel")],
    ["a stream's untracked share", async (own) => own.streamTrackingBandwidth("derby", null)],
    ["the feeds of its own stream", ({ liveStreams }) => liveStreams.withFeeds("derby")],
    ["the details of its own stream", ({ liveStreams }) => liveStreams.details("derby")],
    ["the account's media", ({ mediaAssets }) => mediaAssets.first({} as never, {} as never, null as never)],
    ["transcoders", ({ transcoders }) => transcoders.all({} as never)],
    ["a transcoder", ({ transcoders }) => transcoders.byId("t")],
    ["minutes of transcoders", ({ transcoders }) => transcoders.days(window as never)],
    ["minutes of clips", ({ meters }) => meters.clipDays(window as never)],
    ["hours of storage", ({ meters }) => meters.storageDays(window as never)],
    ["billed storage", ({ meters }) => meters.billedStorage(window as never)],
    ["stored media", ({ meters }) => meters.storedBytes()],
    ["licences", ({ meters }) => meters.drmDays(window as never)],
  ])("can't ask for %s, and no call is made", async (_what, ask) => {
    const { asked, own } = createWhole();
    await expect(Promise.resolve().then(() => ask(own))).rejects.toThrow(TenantIsolationError);
    expect(asked).toEqual([]);
  });

  it.each<[string, (own: Loaders) => unknown, unknown]>([
    ["a foreign subscribe token", (own) => own.subscribeToken(3), null],
    ["a publish token", (own) => own.publishToken(9), null],
    ["the publishers of a foreign stream", (own) => own.publishersOf("foreign"), []],
    ["the publishers of a stream that its disabled token opens", (own) => own.publishersOf("closed"), []],
    ["the tokens of a foreign tracking id", async (own) => (await own.tokens()).withTrackingId("kestrel"), []],
    ["publish tokens", async (own) => (await own.tokens()).publish.all(), []],
    ["a foreign stream", (own) => own.streamExists("foreign"), false],
    ["a foreign stream's state", (own) => own.liveStreams.byName("foreign"), null],
    ["whether it may see a foreign stream's state", (own) => own.seesLiveState("foreign"), false],
    ["an asset", (own) => own.mediaAssets.byId("a"), null],
    ["a distribution", (own) => own.mediaDistribution("d"), null],
    ["another partner by its id", (own) => own.partners.byId("kestrel"), null],
    ["another partner by its tracking id", (own) => own.partners.byTrackingId("kestrel"), null],
    ["the partners of foreign tracking ids", (own) => own.partners.of(["kestrel"]), []],
  ])("is told of %s as of what does not exist, and no call is made", async (_what, ask, answer) => {
    // The tokens are known, or have yet to be read.
    for (const readsTokens of [false, true]) {
      const { asked, own } = createWhole({ readsTokens });
      expect(await ask(own)).toEqual(answer);
      expect(asked).toEqual([]);
    }
  });

  it("finds what is its own", async () => {
    const { own } = createWhole();
    const self = { kind: "Partner", ...meadow };
    expect(await own.partners.byId("meadow")).toEqual(self);
    expect(await own.partners.byTrackingId("meadow-radio")).toEqual(self);
    expect(await own.partners.of(["kestrel", "meadow-tv"])).toEqual([self]);
    expect(await own.partners.all()).toEqual([self]);
    expect(await own.subscribeToken(1)).toEqual(subscribeTokens[0]);
    expect((await own.tokens()).withTrackingId("meadow-tv")).toEqual(subscribeTokens.slice(0, 2));
    expect((await own.tokens()).trackingIds()).toEqual(["meadow-radio", "meadow-tv"]);
    expect((await own.tokens()).subscribe.all().map(({ id }) => id)).toEqual([1, 2]);
    expect(await own.publishersOf("derby")).toEqual(publishers);
    expect(await own.streamNames()).toEqual(["derby"]);
    expect(await own.streamExists("derby")).toBe(true);
    expect(await own.seesLiveState("derby")).toBe(true);
    expect(await own.liveStreams.byName("derby")).toMatchObject({ isLive: true });
    expect([...(await own.liveStreams.all()).keys()]).toEqual(["derby"]);
    expect(await own.usage.rowsByTrackingId.load({ name: "meadow-tv", window } as never)).toMatchObject({
      value: rows,
    });
  });

  it("is given the rows of its own tracking ids, of the stream alone that it asks about", async () => {
    const { own } = createWhole();
    expect(await own.trackingRows("derby", window as never)).toEqual([
      { trackingId: "meadow-tv", traffic: rows[0]?.traffic },
      { trackingId: "meadow-radio", traffic: rows[0]?.traffic },
    ]);
  });

  it("is given the kept attendance of its own tracking ids, since the last other partner lost them", async () => {
    const { asked, own } = createWhole();
    const days = { from: 0, to: 3 * DAY_MS };
    const selection = { streamNames: ["derby"], trackingIds: ["meadow-tv", "meadow-radio", "kestrel", null] };
    expect(await own.attendanceDays(days, selection)).toEqual({
      days: [0],
      rows: [{ streamName: "derby" }, { streamName: "derby" }],
    });
    expect(asked.sort()).toEqual([
      `attendanceDays {"from":0,"to":${3 * DAY_MS}} {"streamNames":["derby"],"trackingIds":["meadow-tv"]}`,
      `attendanceDays {"from":${DAY_MS},"to":${3 * DAY_MS}} {"streamNames":["derby"],"trackingIds":["meadow-radio"]}`,
    ]);
    asked.length = 0;
    expect(await own.attendanceDays({ from: 0, to: DAY_MS }, { trackingIds: ["meadow-radio"] })).toEqual({
      days: [],
      rows: [],
    });
    expect(await own.attendanceDays(days, { trackingIds: ["kestrel"] })).toEqual({ days: [], rows: [] });
    expect(asked).toEqual([]);
  });

  it("is given viewer records of its own tracking ids and the streams that it asks about, whatever the platform answers", async () => {
    const { asked, own } = createWhole();
    expect(await listed(own.viewerRecords({} as never))).toEqual(records.slice(0, 2));
    expect(await listed(own.viewerRecords({ streamNames: ["derby"] } as never))).toEqual(records.slice(0, 1));
    expect(asked).toEqual(Array(2).fill(`viewerRecords {"trackingIds":["meadow-tv","meadow-radio"]}`));
    const foreign = createWhole();
    expect(await listed(foreign.own.viewerRecords({ trackingIds: ["kestrel"] } as never))).toEqual([]);
    expect(await listed(foreign.own.viewerRecords({ trackingIds: ["meadow-radio"] } as never))).toEqual([]);
    expect(foreign.asked).toEqual([`viewerRecords {"trackingIds":["meadow-radio"]}`]);
  });
});
