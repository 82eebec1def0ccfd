import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import { MAX_NAME_LENGTH, type PartnerRecord } from "../../model/stream.ts";
import { ceilTo, DAY_MS, HOUR_MS } from "../../model/time-window.ts";
import { builder } from "../builder.ts";
import { keyOfId } from "../global-id.ts";

export const PartnerRef = builder.inputType("PartnerRef", {
  description: "Names a partner, by exactly one of its fields.",
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "Its id in the graph." }),
    trackingId: t.string({ description: "Its tracking id." }),
  }),
});

export interface PartnerReference {
  readonly id?: string | null | undefined;
  readonly trackingId?: string | null | undefined;
}

/** The partner that is meant. @throws NotFoundError when neither a token nor traffic knows it */
export async function findPartner(
  { id, trackingId }: PartnerReference,
  argument: string,
  context: GraphContext,
): Promise<PartnerRecord> {
  const key = trackingId ?? (id == null ? null : keyOfId(id, "Partner"));
  if (key && key.length <= MAX_NAME_LENGTH && (await exists(key, context))) return { kind: "Partner", trackingId: key };
  throw new NotFoundError(argument);
}

async function exists(trackingId: string, context: GraphContext): Promise<boolean> {
  const { loaders, sightings, now } = context;
  const tokens = await loaders.tokens();
  if (tokens.withTrackingId(trackingId).length > 0 || sightings.hasTrackingId(trackingId)) return true;
  const window = { from: ceilTo(now - 365 * DAY_MS, DAY_MS), to: ceilTo(now, HOUR_MS) };
  const rows = await loaders.figures.rowsByTrackingId.load({ name: trackingId, window });
  const isFound = rows.some(({ traffic }) => traffic.bytesOut > 0n || traffic.bytesIn > 0n);
  if (isFound) sightings.sawTrackingId(trackingId);
  return isFound;
}
