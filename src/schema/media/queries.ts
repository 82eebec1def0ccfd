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
    description: "One recording, clip or other asset; null with NOT_FOUND if the account has none.",
    args: {
      by: t.arg({ type: MediaAssetRef, required: true, description: "The asset to read, by either of its ids." }),
    },
    resolve: (_root, { by }, context, info) => holdBatchesFor(context, info, findMediaAsset(by, "by", context)),
  }),
  mediaAssets: t.field({
    type: MediaAssetConnection,
    nullable: true,
    authScopes: { staff: "stream:read" },
    description:
      "Recordings, clips and other assets of the account, by the start of their media. Null, with an error, if the platform cannot be read.",
    args: {
      stream: t.arg({ type: StreamRef, description: "Only assets of this stream. Defaults to all streams." }),
      publishToken: t.arg({
        type: PublishTokenRef,
        description: "Only assets that were broadcast with this publish token. Defaults to all tokens.",
      }),
      name: t.arg.string({ description: "Only assets with exactly this name. Defaults to any name." }),
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
      description:
        "Media distributions of the account, oldest first: rules by which recordings and clips are played from the CDN. Null, with an error, if the platform cannot be read.",
      resolve: async (_root, args, { upstream, signal }) => {
        const distributions = await upstream.mediaDistributions.list(signal);
        // By age; those without a reported age come first.
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
