import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import type { MediaDistributionRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { keyOfId } from "../global-id.ts";

export const MediaDistributionRef = builder.inputType("MediaDistributionRef", {
  description: "Names a media distribution, by exactly one of its fields.",
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "Its id in the graph." }),
    distributionId: t.string({ description: "What the platform calls it." }),
  }),
});

export interface MediaDistributionReference {
  readonly id?: string | null | undefined;
  readonly distributionId?: string | null | undefined;
}

/** The platform's id that is meant, be there such a distribution or not. @throws NotFoundError for what can be none */
export function distributionIdOf({ id, distributionId }: MediaDistributionReference, argument: string): string {
  const key = distributionId ?? (id == null ? null : keyOfId(id, "MediaDistribution"));
  if (key === null || !/^[\w-]{1,128}$/.test(key)) throw new NotFoundError(argument);
  return key;
}

/** The distribution that is meant. @throws NotFoundError when the account has no such one */
export async function findMediaDistribution(
  ref: MediaDistributionReference,
  argument: string,
  { upstream, signal }: GraphContext,
): Promise<MediaDistributionRecord> {
  const distribution = await upstream.mediaDistributions.read(distributionIdOf(ref, argument), signal);
  if (!distribution) throw new NotFoundError(argument);
  return distribution;
}
