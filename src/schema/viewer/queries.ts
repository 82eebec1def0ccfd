import type { GraphContext } from "../../context.ts";
import { InvalidInputError } from "../../model/errors.ts";
import type { ViewerRecord } from "../../upstream/viewer-records.ts";
import { holdBatchesFor } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { findPartner, PartnerRef, type PartnerReference } from "../partner/find-partner.ts";
import { StreamRef, type StreamReference, streamNameOf } from "../stream/find-stream.ts";
import { type RecordSelection, recordArgs, ViewerRecordConnection, viewerRecordPage } from "./viewer-record.ts";

const ViewerRecordFilter = builder.inputType("ViewerRecordFilter", {
  description: "Filter of viewer records: only those that match every field that is set.",
  fields: (t) => ({
    streams: t.field({ type: [StreamRef], description: "Only viewers of these streams. Defaults to all streams." }),
    partners: t.field({ type: [PartnerRef], description: "Only viewers of these partners. Defaults to all partners." }),
    isTracked: t.boolean({
      description: "True for viewers with a tracking id only, false for those without only. Defaults to both.",
    }),
  }),
});

interface Filter {
  readonly streams?: readonly StreamReference[] | null | undefined;
  readonly partners?: readonly PartnerReference[] | null | undefined;
  readonly isTracked?: boolean | null | undefined;
}

builder.queryFields((t) => ({
  viewerRecords: t.field({
    type: ViewerRecordConnection,
    nullable: true,
    authScopes: { scope: "viewer:read" },
    description:
      "Viewers' connections over a window, oldest first. Retained for a year; a premium feature of the platform. Null, with an error, when they can't be read.",
    args: {
      filter: t.arg({ type: ViewerRecordFilter, description: "Only viewers that match. Defaults to all." }),
      ...recordArgs,
    },
    resolve: (_root, { filter, ...args }, context, info) =>
      holdBatchesFor(
        context,
        info,
        selection(filter ?? {}, context).then((selected) => viewerRecordPage(selected, args, context)),
      ),
  }),
}));

/** Returns what the platform filters by, streams or tracking ids; `isWanted` applies the rest of the filter. */
async function selection({ streams, partners, isTracked }: Filter, context: GraphContext): Promise<RecordSelection> {
  if (partners && isTracked === false) {
    throw new InvalidInputError(
      "filter.isTracked",
      "`filter.isTracked` must not be false together with `filter.partners`, whose viewers all have a tracking id; got false.",
    );
  }
  const streamNames = streams?.map((ref, index) => streamNameOf(ref, `filter.streams.${index}`));
  const trackingIds = partners
    ? await Promise.all(
        partners.map(async (ref, index) => (await findPartner(ref, `filter.partners.${index}`, context)).trackingIds),
      ).then((found) => found.flat())
    : undefined;
  const matches = (record: ViewerRecord) =>
    (isTracked == null || (record.trackingId !== null) === isTracked) &&
    (!trackingIds || trackingIds.includes(record.trackingId ?? ""));
  if (streamNames) return { streamNames, isWanted: matches };
  if (trackingIds) return { trackingIds };
  if (isTracked === false) return { trackingIds: [null] };
  return { isWanted: matches };
}
