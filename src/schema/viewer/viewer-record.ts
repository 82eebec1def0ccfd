import type { GraphContext } from "../../context.ts";
import { type RecordPosition, takeRecords } from "../../loaders/viewer-records.ts";
import { InvalidInputError, NotFoundError } from "../../model/errors.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import type { ViewerRecord as Record, ViewerRecordsQuery } from "../../upstream/viewer-records.ts";
import { builder } from "../builder.ts";
import { decodeCursor, encodeCursor, pageSize } from "../connection.ts";
import { keyOfId } from "../global-id.ts";
import { partnerOfTrackingId } from "../partner/partner-of-tracking-id.ts";
import { Partner, Stream, ViewerRecord } from "../refs.ts";
import { recordWindow, type WindowArguments, windowArgs } from "../window.ts";

/** The largest page of viewer records. */
export const MAX_RECORD_PAGE_SIZE = 1000;

builder.node(ViewerRecord, {
  name: "ViewerRecord",
  description:
    "One viewer's connection. A viewer that comes back makes a new record, which names the one before. Its bytes are those sent and received together, so records do not add up to a partner's bandwidth.",
  authScopes: ({ trackingId }) => ({ owner: [trackingId] }),
  id: { resolve: recordKey },
  fields: (t) => ({
    recordId: t.exposeString("recordId", { description: "What the platform calls it; may pass 2^53." }),
    clientId: t.exposeString("clientId", { description: "The viewer's connection; the same over its reconnects." }),
    stream: t.field({
      type: Stream,
      description: "The stream that was watched.",
      resolve: ({ streamName }) => streamRecord(streamName),
    }),
    trackingId: t.exposeString("trackingId", {
      nullable: true,
      description: "Under which it is counted; null for none.",
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "Who is billed for it; null for an untracked viewer.",
      resolve: ({ trackingId }, _args, context, info) => partnerOfTrackingId(trackingId, context, info),
    }),
    startedAt: t.expose("startedAt", { type: "DateTime", description: "When it began." }),
    endedAt: t.expose("endedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it ended; null while the viewer is watching.",
    }),
    durationSeconds: t.exposeInt("durationSeconds", { description: "How long it lasted, or has lasted so far." }),
    bytes: t.expose("bytes", { type: "Bytes", description: "Bytes sent and received." }),
    country: t.expose("country", { type: "CountryCode", nullable: true, description: "The viewer's." }),
    clusterId: t.exposeString("clusterId", { nullable: true, description: "The cluster that the viewer used." }),
    previousRecordId: t.exposeString("previousRecordId", {
      nullable: true,
      description: "The record that this one goes on from; null when it is no reconnect.",
    }),
    ipAddress: t.string({
      nullable: true,
      description: "The viewer's address. Needs the scope viewer:pii, without which it is null.",
      resolve: ({ ipAddress }, _args, { caller }) => (caller.scopes.has("viewer:pii") ? ipAddress : null),
    }),
    userAgent: t.string({
      nullable: true,
      description: "The viewer's browser or app. Needs the scope viewer:pii, without which it is null.",
      resolve: ({ userAgent }, _args, { caller }) => (caller.scopes.has("viewer:pii") ? userAgent : null),
    }),
    customViewerData: t.string({
      nullable: true,
      description: "What the viewer's token was signed with. Needs the scope viewer:pii, without which it is null.",
      resolve: ({ customViewerData }, _args, { caller }) => (caller.scopes.has("viewer:pii") ? customViewerData : null),
    }),
  }),
});

const ViewerState = builder.enumType("ViewerState", {
  description: "Whether a viewer is still there.",
  values: {
    ONGOING: { description: "Watching now." },
    COMPLETED: { description: "Gone." },
  },
});

const RecordTime = builder.enumType("ViewerRecordTime", {
  description: "Which time of a viewer's connection lies in the window.",
  values: {
    STARTED: { description: "Its beginning." },
    COMPLETED: {
      description: "Its end: each connection lies in exactly one of adjacent windows, however long it lasted.",
    },
  },
});

/** The arguments of every field that lists viewer records. */
export const recordArgs = builder.args((t) => ({
  ...windowArgs,
  by: t.field({
    type: RecordTime,
    required: true,
    defaultValue: "STARTED",
    description: "Which time of a connection lies in the window.",
  }),
  state: t.field({ type: ViewerState, description: "Only viewers that are there, or that are gone." }),
  first: t.int({
    required: true,
    defaultValue: 100,
    description: `At most so many records, from 1 to ${MAX_RECORD_PAGE_SIZE}.`,
  }),
  after: t.string({ description: "Begin behind the record with this cursor." }),
}));

interface RecordArguments extends WindowArguments {
  readonly by: "STARTED" | "COMPLETED";
  readonly state?: "ONGOING" | "COMPLETED" | null | undefined;
  readonly first: number;
  readonly after?: string | null | undefined;
}

interface RecordPage {
  readonly edges: { readonly cursor: string; readonly node: Record }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

const ViewerRecordEdge = builder.objectRef<RecordPage["edges"][number]>("ViewerRecordEdge").implement({
  description: "A viewer record of a page with its cursor.",
  fields: (t) => ({
    cursor: t.exposeString("cursor", { description: "Where this record stands in the list." }),
    node: t.expose("node", { type: ViewerRecord, description: "The record itself." }),
  }),
});

export const ViewerRecordConnection = builder.objectRef<RecordPage>("ViewerRecordConnection").implement({
  description:
    "A page of viewer records, sorted by their beginning. The platform has no pages: each costs a reading of the whole window, in constant memory.",
  fields: (t) => ({
    edges: t.expose("edges", { type: [ViewerRecordEdge], description: "The records with their cursors." }),
    nodes: t.field({
      type: [ViewerRecord],
      description: "The records themselves, in the order of `edges`.",
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    pageInfo: t.field({
      type: builder.pageInfoRef(),
      description: "Where this page stands in the list.",
      resolve: ({ edges, hasNextPage, hasPreviousPage }) => ({
        hasNextPage,
        hasPreviousPage,
        startCursor: edges.at(0)?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      }),
    }),
  }),
});

/** Which records, beside the window. The platform filters by one of the lists; `isWanted` adds what it can't. */
export interface RecordSelection extends Pick<ViewerRecordsQuery, "streamNames" | "trackingIds"> {
  readonly isWanted?: (record: Record) => boolean;
}

/** @throws InvalidInputError, UpstreamError */
export async function viewerRecordPage(
  { isWanted, ...selection }: RecordSelection,
  { by, state, first, after, ...period }: RecordArguments,
  context: GraphContext,
): Promise<RecordPage> {
  const size = pageSize(first, "first", MAX_RECORD_PAGE_SIZE);
  const window = recordWindow(period, context);
  const position = after == null ? null : positionOf(decodeCursor(after, "after"));
  // What began before the cursor can't be on the page.
  const from = by === "STARTED" && position ? Math.max(window.from, position.startedAt) : window.from;
  const stream = context.loaders.viewerRecords({
    ...selection,
    window: { from, to: Math.max(window.to, from + 1) },
    by,
    state: state ?? null,
  });
  const records = await context.loaders.batchScheduler.track(takeRecords(stream, position, size + 1, isWanted));
  return {
    edges: records.slice(0, size).map((node) => ({ cursor: encodeCursor(`${node.startedAt}:${node.recordId}`), node })),
    hasNextPage: records.length > size,
    hasPreviousPage: position !== null,
  };
}

/** The record with this id in the graph. @throws NotFoundError */
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
  if (!startedAt || !recordId) throw new InvalidInputError("after", "It is no cursor of viewer records.");
  return { startedAt: Number(startedAt), recordId };
}
