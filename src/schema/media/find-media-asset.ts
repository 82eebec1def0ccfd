import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import type { MediaAssetRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { keyOfId } from "../global-id.ts";

export const MediaAssetRef = builder.inputType("MediaAssetRef", {
  description: "Names a media asset, by exactly one of its fields.",
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "Global id of the asset: `MediaAsset.id`." }),
    assetId: t.string({ description: "The platform's id of the asset: `MediaAsset.assetId`." }),
  }),
});

export interface MediaAssetReference {
  readonly id?: string | null | undefined;
  readonly assetId?: string | null | undefined;
}

/**
 * Returns the platform's id of a reference, whether or not such an asset exists.
 *
 * @throws NotFoundError if malformed
 */
export function assetIdOf({ id, assetId }: MediaAssetReference, argument: string): string {
  const key = assetId ?? (id == null ? null : keyOfId(id, "MediaAsset"));
  if (key === null || !/^[\w-]{1,128}$/.test(key)) throw new NotFoundError(argument);
  return key;
}

/**
 * Returns the media asset that a reference names.
 *
 * @throws NotFoundError if the account has none; UpstreamError
 */
export async function findMediaAsset(
  ref: MediaAssetReference,
  argument: string,
  { loaders }: GraphContext,
): Promise<MediaAssetRecord> {
  const asset = await loaders.mediaAssets.byId(assetIdOf(ref, argument));
  if (!asset) throw new NotFoundError(argument);
  return asset;
}
