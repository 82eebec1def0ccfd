import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import type { MediaAssetRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { keyOfId } from "../global-id.ts";

export const MediaAssetRef = builder.inputType("MediaAssetRef", {
  description: "Names a media asset, by exactly one of its fields.",
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "Its id in the graph." }),
    assetId: t.string({ description: "What the platform calls it." }),
  }),
});

export interface MediaAssetReference {
  readonly id?: string | null | undefined;
  readonly assetId?: string | null | undefined;
}

/** The platform's id that is meant, be there such an asset or not. @throws NotFoundError for what can be none */
export function assetIdOf({ id, assetId }: MediaAssetReference, argument: string): string {
  const key = assetId ?? (id == null ? null : keyOfId(id, "MediaAsset"));
  if (key === null || !/^[\w-]{1,128}$/.test(key)) throw new NotFoundError(argument);
  return key;
}

/** The media asset that is meant. @throws NotFoundError when the account has no such one */
export async function findMediaAsset(
  ref: MediaAssetReference,
  argument: string,
  { loaders }: GraphContext,
): Promise<MediaAssetRecord> {
  const asset = await loaders.mediaAssets.byId(assetIdOf(ref, argument));
  if (!asset) throw new NotFoundError(argument);
  return asset;
}
