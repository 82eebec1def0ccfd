import { assertCustomPath } from "../../model/media/clip.ts";
import type { MediaAssetRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { assertAnyChange } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { MediaAsset } from "../refs.ts";
import { findMediaAsset, MediaAssetRef } from "./find-media-asset.ts";
import { findMediaDistribution, MediaDistributionRef } from "./find-media-distribution.ts";

const UpdateMediaAssetInput = builder.inputType("UpdateMediaAssetInput", {
  description:
    "Settings of the playback of an asset. Null removes a setting; a setting that is left out stays as it is.",
  fields: (t) => ({
    mediaAsset: t.field({
      type: MediaAssetRef,
      required: true,
      description: "The asset to change, by either of its ids.",
    }),
    distribution: t.field({
      type: MediaDistributionRef,
      description:
        "Distribution by whose rules the asset is played; null for none. A change may take an hour to reach the CDN.",
    }),
    customPath: t.string({
      description:
        "Replaces the asset's id in its CDN addresses: 1 to 512 characters, used by no other asset; null for the id.",
    }),
  }),
});

const UpdateMediaAssetPayload = builder
  .objectRef<Payload & { readonly asset?: MediaAssetRecord }>("UpdateMediaAssetPayload")
  .implement({
    description: "The changed asset, or why it was not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      mediaAsset: t.expose("asset", {
        type: MediaAsset,
        nullable: true,
        description: "The asset with its new settings; null when the call failed.",
      }),
    }),
  });

builder.mutationField("updateMediaAsset", (t) =>
  t.field({
    type: UpdateMediaAssetPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Changes how an asset is played from the CDN. The media itself stays as it is.",
    args: {
      input: t.arg({
        type: UpdateMediaAssetInput,
        required: true,
        description: "The asset to change, and the changes.",
      }),
    },
    resolve: (_root, { input: { mediaAsset, distribution, customPath } }, context) =>
      payload(async () => {
        assertAnyChange({ distribution, customPath });
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
