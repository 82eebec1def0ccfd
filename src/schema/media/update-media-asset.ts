import { InvalidInputError } from "../../model/errors.ts";
import { assertCustomPath } from "../../model/media/clip.ts";
import type { MediaAssetRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { MediaAsset } from "../refs.ts";
import { findMediaAsset, MediaAssetRef } from "./find-media-asset.ts";
import { findMediaDistribution, MediaDistributionRef } from "./find-media-distribution.ts";

const UpdateMediaAssetInput = builder.inputType("UpdateMediaAssetInput", {
  description: "How an asset is played. Null takes a setting away; what is left out stays as it is.",
  fields: (t) => ({
    mediaAsset: t.field({ type: MediaAssetRef, required: true, description: "Which asset." }),
    distribution: t.field({
      type: MediaDistributionRef,
      description: "By which rules it is played. A change may take an hour to reach the CDN.",
    }),
    customPath: t.string({
      description: "What stands for its id in the CDN's addresses: 1 to 512 characters, of no other asset.",
    }),
  }),
});

const UpdateMediaAssetPayload = builder
  .objectRef<Payload & { readonly asset?: MediaAssetRecord }>("UpdateMediaAssetPayload")
  .implement({
    description: "The changed asset, or why it was not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      mediaAsset: t.expose("asset", { type: MediaAsset, nullable: true, description: "The asset as it is now." }),
    }),
  });

builder.mutationField("updateMediaAsset", (t) =>
  t.field({
    type: UpdateMediaAssetPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Changes how an asset is played from the CDN. The media itself stays as it is.",
    args: { input: t.arg({ type: UpdateMediaAssetInput, required: true, description: "What to change." }) },
    resolve: (_root, { input: { mediaAsset, distribution, customPath } }, context) =>
      payload(async () => {
        if (distribution === undefined && customPath === undefined) {
          throw new InvalidInputError("input", "There is nothing to change in it.");
        }
        if (customPath != null) assertCustomPath(customPath, "input.customPath");
        const { id } = await findMediaAsset(mediaAsset, "input.mediaAsset", context);
        const asset = await context.upstream.mediaAssets.update(id, {
          customPath,
          distributionId: distribution && (await findMediaDistribution(distribution, "input.distribution", context)).id,
        });
        context.loaders.mediaAssets.forget([id]);
        return { asset };
      }),
  }),
);
