import type { GraphContext } from "../../context.ts";
import type { MediaDistributionRecord } from "../../model/media/media.ts";
import { holdBatchesFor } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { byCodeUnit, pageOf, sortableNumber } from "../connection.ts";
import { MediaAsset } from "../refs.ts";
import { StreamRef, type StreamReference, streamNameOf } from "../stream/find-stream.ts";
import { findPublishToken, PublishTokenRef, type TokenReference } from "../token/find-token.ts";
import { findMediaAsset, MediaAssetRef } from "./find-media-asset.ts";
import { MediaAssetConnection, mediaAssetArgs, mediaAssetPage } from "./media-asset.ts";
import { MediaDistribution, MediaDistributionConnection } from "./media-distribution.ts";

builder.queryFields((t) => ({
  mediaAsset: t.field({
    type: MediaAsset,
    nullable: true,
    authScopes: { staff: "stream:read" },
    description: "One recording, clip or other asset.",
    args: { by: t.arg({ type: MediaAssetRef, required: true, description: "Which asset." }) },
    resolve: (_root, { by }, context, info) => holdBatchesFor(context, info, findMediaAsset(by, "by", context)),
  }),
  mediaAssets: t.field({
    type: MediaAssetConnection,
    nullable: true,
    authScopes: { staff: "stream:read" },
    description: "Recordings and clips of the account, or other assets, by the beginning of their media.",
    args: {
      stream: t.arg({ type: StreamRef, description: "Of this stream." }),
      publishToken: t.arg({ type: PublishTokenRef, description: "Broadcast with this publish token." }),
      name: t.arg.string({ description: "Of exactly this name." }),
      ...mediaAssetArgs,
    },
    resolve: (_root, { stream, publishToken, name, ...args }, context, info) =>
      holdBatchesFor(
        context,
        info,
        selection({ stream, publishToken, name }, context).then((chosen) => mediaAssetPage(chosen, args, context)),
      ),
  }),
  mediaDistributions: t.connection(
    {
      type: MediaDistribution,
      nullable: true,
      authScopes: { staff: "stream:read" },
      description: "The rules by which recordings and clips are played from the CDN, the oldest first.",
      resolve: async (_root, args, { upstream, signal }) => {
        const distributions = await upstream.mediaDistributions.list(signal);
        // By age, and those that the platform tells no age of in front.
        const keyOf = ({ createdAt, id }: MediaDistributionRecord) => `${sortableNumber(createdAt ?? 0)}:${id}`;
        return pageOf(
          distributions.sort((a, b) => byCodeUnit(keyOf(a), keyOf(b))),
          keyOf,
          args,
        );
      },
    },
    MediaDistributionConnection,
  ),
}));

async function selection(
  {
    stream,
    publishToken,
    name,
  }: {
    readonly stream?: StreamReference | null | undefined;
    readonly publishToken?: TokenReference | null | undefined;
    readonly name?: string | null | undefined;
  },
  context: GraphContext,
) {
  return {
    streamName: stream ? streamNameOf(stream, "stream") : undefined,
    publishTokenId: publishToken ? (await findPublishToken(publishToken, "publishToken", context)).id : undefined,
    name: name ?? undefined,
  };
}
