import type { TranscoderRecord } from "../../model/transcoder.ts";
import { iso } from "../../model/usage/time.ts";
import { builder } from "../builder.ts";
import { byCodeUnit, pageOf } from "../connection.ts";
import { findTranscoder, TranscoderRef } from "./find-transcoder.ts";
import { Transcoder, TranscoderConnection, TranscoderStatus } from "./transcoder.ts";

const TranscoderFilter = builder.inputType("TranscoderFilter", {
  description: "Selects the transcoders that satisfy every field that is set.",
  fields: (t) => ({
    statuses: t.field({
      type: [TranscoderStatus],
      description: "Statuses of the transcoders. Defaults to all but DELETED, which must be named here to be listed.",
    }),
    clusterId: t.string({ description: "Id of the transcoders' cluster. Defaults to all clusters." }),
    nameContains: t.string({
      description: "Text that the transcoder's name contains, ignoring case. Defaults to any name.",
    }),
  }),
});

builder.queryFields((t) => ({
  transcoder: t.field({
    type: Transcoder,
    nullable: true,
    authScopes: { staff: "stream:read" },
    description: "One cloud transcoder, also a deleted one; null with NOT_FOUND if the account has none.",
    args: {
      by: t.arg({ type: TranscoderRef, required: true, description: "The transcoder to read, by either of its ids." }),
    },
    resolve: (_root, { by }, context) => findTranscoder(by, "by", context),
  }),
  transcoders: t.connection(
    {
      type: Transcoder,
      nullable: true,
      authScopes: { staff: "stream:read" },
      description:
        "Cloud transcoders of the account, oldest first. Null, with an error, if the platform cannot be read.",
      args: {
        filter: t.arg({
          type: TranscoderFilter,
          description: "Conditions on the transcoders. Defaults to all but deleted ones.",
        }),
      },
      resolve: async (_root, { filter, ...page }, { loaders }) => {
        const { statuses, clusterId, nameContains } = filter ?? {};
        const part = nameContains?.toLowerCase();
        const all = await loaders.transcoders.all({ withDeleted: statuses?.includes("Deleted") ?? false });
        const selected = all.filter(
          (transcoder) =>
            (statuses == null || statuses.includes(transcoder.status)) &&
            (clusterId == null || transcoder.clusterId === clusterId) &&
            (part === undefined || transcoder.name.toLowerCase().includes(part)),
        );
        return pageOf(
          selected.toSorted((a, b) => byCodeUnit(position(a), position(b))),
          position,
          page,
        );
      },
    },
    TranscoderConnection,
  ),
}));

/** Returns the sort key of a transcoder in the list. */
function position({ createdAt, id }: TranscoderRecord): string {
  return `${iso(createdAt)} ${id}`;
}
