import type { GraphContext } from "../../context.ts";
import { type RecordPosition, takeRecords } from "../../loaders/viewer-records.ts";
import { ForbiddenError, InvalidInputError, NotFoundError } from "../../model/errors.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import type { Zones } from "../../model/usage/zones.ts";
import type { ViewerRecord as Record, ViewerRecordsQuery } from "../../upstream/viewer-records.ts";
import { builder } from "../builder.ts";
import { decodeCursor, encodeCursor, PageInfo, pageSize } from "../connection.ts";
import { keyOfId } from "../global-id.ts";
import { partnerOfTrackingId } from "../partner/partner-of-tracking-id.ts";
import { Partner, Stream, ViewerRecord } from "../refs.ts";
import { type RecordWindowArguments, recordWindow, recordWindowArgs } from "../window.ts";

/** Maximum number of viewer records on a page. */
export const MAX_RECORD_PAGE_SIZE = 1000;

builder.node(ViewerRecord, {
  name: "ViewerRecord",
  description:
    "One connection of a viewer. A reconnect creates a new record, which names the previous one. `bytes` counts sent and received bytes together, so records do not add up to a partner's bandwidth.",
  authScopes: ({ trackingId }) => ({ owner: [trackingId] }),
  id: { resolve: recordKey },
  fields: (t) => ({
    recordId: t.exposeString("recordId", {
      description: "Id of the record on the platform: digits, which may exceed 2^53.",
    }),
    clientId: t.exposeString("clientId", {
      description: "Id of the viewer's client, which stays the same over reconnects.",
    }),
    stream: t.field({
      type: Stream,
      description: "The stream that was watched.",
      resolve: ({ streamName }) => streamRecord(streamName),
    }),
    trackingId: t.exposeString("trackingId", {
      nullable: true,
      description: "Tracking id under which the connection is counted; null for none.",
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "The partner that is billed for the connection; null for an untracked viewer.",
      resolve: ({ trackingId }, _args, context, info) => partnerOfTrackingId(trackingId, context, info),
    }),
    startedAt: t.expose("startedAt", { type: "DateTime", description: "Time at which the connection began." }),
    endedAt: t.expose("endedAt", {
      type: "DateTime",
      nullable: true,
      description: "Time at which the connection ended; null while the viewer is watching.",
    }),
    durationSeconds: t.expose("durationSeconds", {
      type: "SafeInt",
      description: "Duration of the connection in seconds; so far, if the viewer is still watching.",
    }),
    bytes: t.expose("bytes", { type: "Bytes", description: "Bytes sent to and received from the viewer, together." }),
    country: t.expose("country", {
      type: "CountryCode",
      nullable: true,
      description: "Country of the viewer, by ISO 3166-1 alpha-2; null if unknown.",
    }),
    clusterId: t.exposeString("clusterId", {
      nullable: true,
      description: "Id of the cluster that served the viewer; null if unknown.",
    }),
    previousRecordId: t.exposeString("previousRecordId", {
      nullable: true,
      description: "`recordId` of the connection that this one continues; null if it is no reconnect.",
    }),
    ipAddress: t.string({
      nullable: true,
      description: "IP address of the viewer; null if unknown, and without the scope viewer:pii.",
      resolve: ({ ipAddress }, _args, { caller }) => (caller.scopes.has("viewer:pii") ? ipAddress : null),
    }),
    userAgent: t.string({
      nullable: true,
      description: "Browser or app of the viewer; null if unknown, and without the scope viewer:pii.",
      resolve: ({ userAgent }, _args, { caller }) => (caller.scopes.has("viewer:pii") ? userAgent : null),
    }),
    customViewerData: t.string({
      nullable: true,
      description: "`customViewerData` of the viewer's token; null if it has none, and without the scope viewer:pii.",
      resolve: ({ customViewerData }, _args, { caller }) => (caller.scopes.has("viewer:pii") ? customViewerData : null),
    }),
  }),
});

const ViewerState = builder.enumType("ViewerState", {
  description: "Whether a viewer is still connected.",
  values: {
    ONGOING: { description: "The viewer is connected now." },
    COMPLETED: { description: "The viewer's connection has ended." },
  },
});

const RecordTime = builder.enumType("ViewerRecordTime", {
  description: "Time of a viewer's connection that lies in the window.",
  values: {
    STARTED: { description: "The beginning of the connection lies in the window." },
    COMPLETED: {
      description:
        "The end of the connection lies in the window, so each ended connection is in exactly one of adjacent windows.",
    },
  },
});

/** The arguments of every field that lists viewer records. */
export const recordArgs = builder.args((t) => ({
  ...recordWindowArgs,
  by: t.field({
    type: RecordTime,
    required: true,
    defaultValue: "STARTED",
    description: "Time of a connection that must lie in the window. Defaults to STARTED.",
  }),
  customViewerData: t.stringList({
    description:
      "Only viewers whose token has one of these texts as its `customViewerData`; needs the scope viewer:pii. Defaults to all.",
  }),
  state: t.field({ type: ViewerState, description: "Only viewers in this state. Defaults to both." }),
  first: t.int({
    required: true,
    defaultValue: 100,
    description: `Maximum number of records on the page, 0 to ${MAX_RECORD_PAGE_SIZE}. Defaults to 100.`,
  }),
  after: t.string({ description: "Return records after this cursor. Defaults to the beginning of the list." }),
}));

interface RecordArguments extends RecordWindowArguments {
  readonly by: "STARTED" | "COMPLETED";
  readonly customViewerData?: readonly string[] | null | undefined;
  readonly state?: "ONGOING" | "COMPLETED" | null | undefined;
  readonly first: number;
  readonly after?: string | null | undefined;
}

/** Sums over all records that match. */
interface RecordTotal {
  records: number;
  bytes: bigint;
  durationSeconds: number;
}

interface RecordPage {
  /** Null on a page after a cursor. */
  readonly total: RecordTotal | null;
  readonly edges: { readonly cursor: string; readonly node: Record }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

const ViewerRecordEdge = builder.objectRef<RecordPage["edges"][number]>("ViewerRecordEdge").implement({
  description: "A viewer record on a page, with its cursor.",
  fields: (t) => ({
    cursor: t.exposeString("cursor", {
      description: "Cursor of the record: pass it as `after` to continue after it.",
    }),
    node: t.expose("node", { type: ViewerRecord, description: "The viewer record on this edge." }),
  }),
});

const ViewerRecordTotal = builder.objectRef<RecordTotal>("ViewerRecordTotal").implement({
  description: "Sums over all viewer records that match, on this page and on later ones.",
  fields: (t) => ({
    records: t.expose("records", { type: "SafeInt", description: "Number of connections; a reconnect counts again." }),
    bytes: t.expose("bytes", {
      type: "Bytes",
      description: "Bytes sent to and received from the viewers, together; so far, for those who are still watching.",
    }),
    durationSeconds: t.expose("durationSeconds", {
      type: "SafeInt",
      description: "Duration of all connections in seconds, summed; so far, for those who are still watching.",
    }),
  }),
});

export const ViewerRecordConnection = builder.objectRef<RecordPage>("ViewerRecordConnection").implement({
  description:
    "A page of viewer records, oldest first. The platform has no pages, so each page reads the whole window.",
  fields: (t) => ({
    edges: t.expose("edges", { type: [ViewerRecordEdge], description: "The records of the page with their cursors." }),
    nodes: t.field({
      type: [ViewerRecord],
      description: "The records of the page, in the order of `edges`.",
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    total: t.expose("total", {
      type: ViewerRecordTotal,
      nullable: true,
      description:
        "Sums over all matching records, such as the bandwidth of one viewer. Null on pages after a cursor, for which earlier records are not read.",
    }),
    pageInfo: t.field({
      type: builder.pageInfoRef(),
      description: "Position of this page in the list.",
      resolve: ({ edges, hasNextPage, hasPreviousPage }) => new PageInfo(edges, hasNextPage, hasPreviousPage),
    }),
  }),
});

/** Filter of records, besides the window: one list for the platform, and `isWanted` for the rest. */
export interface RecordSelection extends Pick<ViewerRecordsQuery, "streamNames" | "trackingIds"> {
  /** Time zones of the window, unless the arguments name one. */
  readonly zones?: Zones;
  readonly isWanted?: (record: Record) => boolean;
}

/** Returns a page of the selected records, oldest first. @throws InvalidInputError, UpstreamError */
export async function viewerRecordPage(
  { isWanted = () => true, zones, ...selection }: RecordSelection,
  { by, customViewerData, state, first, after, ...period }: RecordArguments,
  context: GraphContext,
): Promise<RecordPage> {
  if (customViewerData && !context.caller.scopes.has("viewer:pii")) throw new ForbiddenError({ scope: "viewer:pii" });
  const size = pageSize(first, "first", MAX_RECORD_PAGE_SIZE);
  const window = recordWindow(period, context, zones);
  const position = after ? positionOf(decodeCursor(after, "after")) : null;
  // Records that began before the cursor are not on the page.
  const from = by === "STARTED" && position ? Math.max(window.from, position.startedAt) : window.from;
  const stream = context.loaders.viewerRecords({
    ...selection,
    window: { from, to: Math.max(window.to, from + 1) },
    by,
    state: state ?? null,
  });
  const marks = customViewerData && new Set(customViewerData);
  const hasMark = ({ customViewerData: mark }: Record) => !marks || (mark !== null && marks.has(mark));
  const matches = (record: Record) => hasMark(record) && isWanted(record);
  const total: RecordTotal = { records: 0, bytes: 0n, durationSeconds: 0 };
  const records = await context.loaders.batchScheduler.track(
    takeRecords(stream, position, size + 1, matches, (record) => {
      if (position || !matches(record)) return;
      total.records += 1;
      total.bytes += record.bytes;
      total.durationSeconds += record.durationSeconds;
    }),
  );
  return {
    total: position ? null : total,
    edges: records.slice(0, size).map((node) => ({ cursor: encodeCursor(`${node.startedAt}:${node.recordId}`), node })),
    hasNextPage: records.length > size,
    hasPreviousPage: position !== null,
  };
}

/** Returns the record with this global id. @throws NotFoundError */
export async function findViewerRecord(id: string, argument: string, context: GraphContext): Promise<Record> {
  const [, startedAt, recordId, streamName] =
    /^(\d{1,15}):(\d{1,20}):(.+)$/s.exec(keyOfId(id, "ViewerRecord") ?? "") ?? [];
  if (!startedAt || !recordId || !streamName) throw new NotFoundError(argument);
  const from = Number(startedAt);
  const stream = context.loaders.viewerRecords({
    window: { from, to: from + 1 },
    by: "STARTED",
    state: null,
    streamNames: [streamName],
  });
  const [record] = await takeRecords(stream, null, 1, (candidate) => candidate.recordId === recordId);
  if (!record) throw new NotFoundError(argument);
  return record;
}

function recordKey({ startedAt, recordId, streamName }: Record): string {
  return `${startedAt}:${recordId}:${streamName}`;
}

function positionOf(key: string): RecordPosition {
  const [, startedAt, recordId] = /^(\d{1,15}):(\d{1,20})$/.exec(key) ?? [];
  if (!startedAt || !recordId)
    throw new InvalidInputError("after", "`after` must be a cursor from a page of viewer records; got another text.");
  return { startedAt: Number(startedAt), recordId };
}
