import type { TranscoderRecord } from "../../model/transcoder.ts";
import { iso } from "../../model/usage/time.ts";
import { builder } from "../builder.ts";
import { byCodeUnit, pageOf } from "../connection.ts";
import { findTranscoder, TranscoderRef } from "./find-transcoder.ts";
import { Transcoder, TranscoderConnection, TranscoderStatus } from "./transcoder.ts";

const TranscoderFilter = builder.inputType("TranscoderFilter", {
  description: "Which transcoders: those that satisfy every field that is set.",
  fields: (t) => ({
    statuses: t.field({
      type: [TranscoderStatus],
      description: "Those that do one of these. Deleted ones are listed only when they are asked for here.",
    }),
    clusterId: t.string({ description: "Those of this cluster." }),
    nameContains: t.string({ description: "Those with this text in their name, whatever its case." }),
  }),
});

builder.queryFields((t) => ({
  transcoder: t.field({
    type: Transcoder,
    nullable: true,
    authScopes: { staff: "stream:read" },
    description: "One cloud transcoder. One that has been deleted can still be read.",
    args: { by: t.arg({ type: TranscoderRef, required: true, description: "Which transcoder." }) },
    resolve: (_root, { by }, context) => findTranscoder(by, "by", context),
  }),
  transcoders: t.connection(
    {
      type: Transcoder,
      nullable: true,
      authScopes: { staff: "stream:read" },
      description: "The account's cloud transcoders, oldest first.",
      args: { filter: t.arg({ type: TranscoderFilter, description: "Which ones; all when it is left out." }) },
      resolve: async (_root, { filter, ...page }, { loaders }) => {
        const { statuses, clusterId, nameContains } = filter ?? {};
        const part = nameContains?.toLowerCase();
        const all = await loaders.transcoders.all({ withDeleted: statuses?.includes("Deleted") ?? false });
        const wanted = all.filter(
          (transcoder) =>
            (statuses == null || statuses.includes(transcoder.status)) &&
            (clusterId == null || transcoder.clusterId === clusterId) &&
            (part === undefined || transcoder.name.toLowerCase().includes(part)),
        );
        return pageOf(
          wanted.toSorted((a, b) => byCodeUnit(position(a), position(b))),
          position,
          page,
        );
      },
    },
    TranscoderConnection,
  ),
}));

/** Where a transcoder stands in the list. */
function position({ createdAt, id }: TranscoderRecord): string {
  return `${iso(createdAt)} ${id}`;
}
