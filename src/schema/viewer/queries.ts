import type { GraphContext } from "../../context.ts";
import { InvalidInputError } from "../../model/errors.ts";
import type { ViewerRecord } from "../../upstream/viewer-records.ts";
import { holdBatchesFor } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { findPartner, PartnerRef, type PartnerReference } from "../partner/find-partner.ts";
import { StreamRef, type StreamReference, streamNameOf } from "../stream/find-stream.ts";
import { type RecordSelection, recordArgs, ViewerRecordConnection, viewerRecordPage } from "./viewer-record.ts";

const ViewerRecordFilter = builder.inputType("ViewerRecordFilter", {
  description: "Which viewers: those that satisfy every field that is set.",
  fields: (t) => ({
    streams: t.field({ type: [StreamRef], description: "Viewers of these streams." }),
    partners: t.field({ type: [PartnerRef], description: "Viewers of these partners." }),
    isTracked: t.boolean({ description: "Viewers with a tracking id, or those without." }),
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
      "Viewers' connections over a window, oldest first. Kept for a year; a premium feature of the platform.",
    args: {
      filter: t.arg({ type: ViewerRecordFilter, description: "Which viewers; all when it is left out." }),
      ...recordArgs,
    },
    resolve: (_root, { filter, ...args }, context, info) =>
      holdBatchesFor(
        context,
        info,
        selection(filter ?? {}, context).then((chosen) => viewerRecordPage(chosen, args, context)),
      ),
  }),
}));

/** The platform filters by streams or by tracking ids, not by both: the second is left to us. */
async function selection({ streams, partners, isTracked }: Filter, context: GraphContext): Promise<RecordSelection> {
  if (partners && isTracked === false) {
    throw new InvalidInputError(
      "filter.isTracked",
      "A partner's viewers are tracked: leave one of the two filters out.",
    );
  }
  const streamNames = streams?.map((ref, index) => streamNameOf(ref, `filter.streams.${index}`));
  const trackingIds = partners
    ? await Promise.all(
        partners.map(async (ref, index) => (await findPartner(ref, `filter.partners.${index}`, context)).trackingIds),
      ).then((found) => found.flat())
    : undefined;
  const isChosen = (record: ViewerRecord) =>
    (isTracked == null || (record.trackingId !== null) === isTracked) &&
    (!trackingIds || trackingIds.includes(record.trackingId ?? ""));
  if (streamNames) return { streamNames, isWanted: isChosen };
  if (trackingIds) return { trackingIds };
  if (isTracked === false) return { trackingIds: [null] };
  return { isWanted: isChosen };
}
