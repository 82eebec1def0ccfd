import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import type { MediaDistributionRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { keyOfId } from "../global-id.ts";

export const MediaDistributionRef = builder.inputType("MediaDistributionRef", {
  description: "Names a media distribution, by exactly one of its fields.",
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "Global id of the distribution: `MediaDistribution.id`." }),
    distributionId: t.string({
      description: "The platform's id of the distribution: `MediaDistribution.distributionId`.",
    }),
  }),
});

export interface MediaDistributionReference {
  readonly id?: string | null | undefined;
  readonly distributionId?: string | null | undefined;
}

/**
 * Returns the platform's id of a reference, whether or not such a distribution exists.
 *
 * @throws NotFoundError if malformed
 */
export function distributionIdOf({ id, distributionId }: MediaDistributionReference, argument: string): string {
  const key = distributionId ?? (id == null ? null : keyOfId(id, "MediaDistribution"));
  if (key === null || !/^[\w-]{1,128}$/.test(key)) throw new NotFoundError(argument);
  return key;
}

/**
 * Returns the distribution that a reference names.
 *
 * @throws NotFoundError if the account has none; UpstreamError
 */
export async function findMediaDistribution(
  ref: MediaDistributionReference,
  argument: string,
  { upstream, signal }: GraphContext,
): Promise<MediaDistributionRecord> {
  const distribution = await upstream.mediaDistributions.read(distributionIdOf(ref, argument), signal);
  if (!distribution) throw new NotFoundError(argument);
  return distribution;
}
