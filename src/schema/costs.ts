/**
 * Price of a field in points, for a field whose price differs from the price that its type implies.
 *
 * An object costs 1 point with its first 5 leaf values, and 0.1 points for each further one, aliases included. Each leaf value of
 * a list costs 0.1 points. A list costs the sum of its entries, whose number its arguments or `entries` give. These points measure
 * what a response takes to write and to send: 0.1 points are about 30 bytes. An upstream call costs 100 points; usage is read
 * for 10 names in one call, so the usage of one name costs 10.
 */
export interface FieldCost {
  /** Points of the field itself, in place of the 1 of its object; a list still costs 1 for each object. */
  readonly points?: number;
  /** Additional points for each day of the field's window. */
  readonly pointsPerDay?: number;
  /** Additional points if the argument is given. */
  readonly ifGiven?: { readonly argument: string; readonly points: number };
  /** Points for each entry of the list in this argument, such as `input.viewers`. */
  readonly perEntry?: { readonly of: string; readonly points: number };
  /**
   * Number of entries of the field's list: a constant, the length of the list in the argument `of`, or one for each bucket of the
   * series or each day of the window around the field.
   */
  readonly entries?: number | { readonly of: string } | "BUCKETS" | "DAYS";
  /** The field reads every bucket of its window, in the granularity of its argument. */
  readonly readsBuckets?: true;
}

/** Usage of one name: a tenth of an upstream call. */
const USAGE = { points: 10 };
/** Usage of every name of the account. */
const WHOLE_ACCOUNT = { points: 500 };
/** A list that reads the usage of all its entries if it is ordered by usage. */
const ORDERED_BY_USAGE = { ifGiven: { argument: "orderByUsage", points: WHOLE_ACCOUNT.points } };
/** The platform has no pages of viewer records: each page reads the whole window. */
const RECORDS = { points: 500, pointsPerDay: 200 };
/** One upstream call, or a few if pages have to be searched. */
const CALL = { points: 100 };
/** At most one entry for each day of the window: days without usage are omitted. */
const DAYS = { points: 0, entries: "DAYS" } as const;
/** One upstream call for each token. */
const CHANGE_EACH = { points: 0, perEntry: { of: "input.tokens", points: 100 } };

/** Prices by `Type.field`; see {@link FieldCost} for the price of every other field. */
export const fieldCosts: Readonly<Record<string, FieldCost>> = {
  // A text of up to 4,000 characters.
  "AuditEntry.detail": { points: 2 },
  "Account.billingTimeZones": { points: 0, entries: 2 },
  "Account.clipUsage": CALL,
  "Attendance.missing": { points: 0, entries: 2 },
  "Account.drmUsage": CALL,
  "Account.mediaExpiry": CALL,
  "Account.reconciliation": WHOLE_ACCOUNT,
  "Account.storageUsage": { points: 200 },
  "Account.storedMedia": CALL,
  "Account.transcoderUsage": CALL,
  "Account.untrackedUsage": WHOLE_ACCOUNT,
  "Bandwidth.byCountry": USAGE,
  "AccountReconciliation.coverage": CALL,
  "Bandwidth.coverage": { points: 30 },
  "UsageCoverage.missing": { points: 0, entries: 10 },
  "UsageCollection.missing": { points: 0, entries: 100 },
  "UsageCollection.progress": { points: 0, entries: 2 },
  "UsagePoint.missing": { points: 0, entries: 1 },
  "Bandwidth.origin": USAGE,
  "Bandwidth.percentile": { ...USAGE, readsBuckets: true },
  "Bandwidth.series": { ...USAGE, readsBuckets: true },
  "Bandwidth.total": USAGE,
  "Bandwidth.seriesByCountry": { ...USAGE, readsBuckets: true },
  "ClipUsage.days": DAYS,
  "CountrySeries.points": { entries: "BUCKETS" },
  "DrmDayUsage.bySystem": { points: 0, entries: 3 },
  "DrmUsage.bySystem": { points: 0, entries: 3 },
  "DrmUsage.days": DAYS,
  "Finding.tokens": { entries: 2 },
  "MediaAsset.distribution": USAGE,
  "MediaAsset.download": CALL,
  "MediaAsset.tracks": { entries: 3 },
  "MediaDistribution.keys": { entries: 2 },
  "Partner.usageByStream": USAGE,
  "Partner.attendance": RECORDS,
  "Partner.usageTimeZones": { points: 0, entries: 2 },
  "Partner.viewerRecords": RECORDS,
  "Query.canView": CALL,
  "Query.mediaAsset": CALL,
  "Query.mediaAssets": { points: 200 },
  "Query.mediaDistributions": CALL,
  "Query.nodes": { entries: { of: "ids" } },
  "Query.partners": ORDERED_BY_USAGE,
  "Query.partnersByTrackingId": { entries: { of: "trackingIds" } },
  "Query.publishTokensById": { entries: { of: "tokenIds" } },
  "Query.streams": ORDERED_BY_USAGE,
  "Query.streamsByName": { entries: { of: "names" } },
  "Query.subscribeTokensById": { entries: { of: "tokenIds" } },
  "Query.transcoder": CALL,
  "Query.transcoders": CALL,
  "Query.viewerRecords": RECORDS,
  "Stream.bandwidthByTrackingId": { ...USAGE, entries: 5 },
  "Stream.effectiveGeoRules": { entries: 2 },
  "Feed.tracks": { points: 100, entries: 2 },
  "Feed.restreams": { points: 0, entries: 2 },
  "MultiViewHints.liveSourceIds": { entries: 2 },
  "PublishToken.restreams": { points: 0, entries: 2 },
  "Stream.feeds": { points: 1, entries: 2 },
  "Stream.geoCascadeTraffic": { points: 20 },
  "Stream.standbyFeeds": { points: 1, entries: 1 },
  "Stream.mediaAssets": { points: 200 },
  "StorageUsage.days": DAYS,
  "Stream.attendance": RECORDS,
  "Stream.viewerRecords": RECORDS,
  "Transcoder.usage": USAGE,
  "TranscoderUsage.days": DAYS,
  "UsageColumns.bytesIn": { entries: "BUCKETS" },
  "UsageColumns.bytesOut": { entries: "BUCKETS" },
  "UsageColumns.start": { entries: "BUCKETS" },
  "UsageColumns.state": { entries: "BUCKETS" },
  "UsageSeries.points": { entries: "BUCKETS" },
  "Window.timeZones": { points: 0, entries: 1 },

  "Mutation.createPartnerSession": { points: 10 },
  "Mutation.deleteMediaAssets": { points: 200, perEntry: { of: "input.mediaAssets", points: 20 } },
  "Mutation.disablePublishTokens": CHANGE_EACH,
  "Mutation.disableSubscribeTokens": CHANGE_EACH,
  "Mutation.enablePublishTokens": CHANGE_EACH,
  "Mutation.enableSubscribeTokens": CHANGE_EACH,
  "Mutation.inspectViewerToken": { points: 10 },
  "Mutation.signViewerToken": { points: 10 },
  "Mutation.signViewerTokens": { points: 10, perEntry: { of: "input.viewers", points: 1 } },
  "Mutation.stopAllStreams": { points: 1_000 },
};

/** Cost of a mutation that is not in the table: one or two upstream calls. */
export const MUTATION_COST: FieldCost = { points: 200 };
