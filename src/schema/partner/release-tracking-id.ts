import type { GraphContext } from "../../context.ts";
import { ApplicationError, NotFoundError } from "../../model/errors.ts";
import { isUsable } from "../../model/token/token.ts";
import { DAY_MS, HOUR_MS } from "../../model/usage/time.ts";
import { hasBytes } from "../../model/usage/traffic.ts";
import { builder } from "../builder.ts";
import { payload } from "../payload.ts";
import { inUse } from "./former-holders.ts";
import { PartnerPayload } from "./partner-payload.ts";
import { withPartnerLease } from "./partner-tokens.ts";
import { assertNoConnectedViewer, freshRows, hasRecord, removeTrackingId, TrackingIdInput } from "./tracking-ids.ts";

/** Age of the oldest viewer record that keeps a tracking id from being released, in milliseconds. */
const RECORDS_WINDOW_MS = 7 * DAY_MS;

builder.mutationField("releaseTrackingId", (t) =>
  t.field({
    type: PartnerPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Removes a tracking id from a partner; never its last one. Refused with TRACKING_ID_IN_USE while a usable subscribe token has the id or a viewer is connected under it, and with TRACKING_ID_HAS_TRAFFIC once the id has traffic, which the partner is billed for.",
    args: {
      input: t.arg({ type: TrackingIdInput, required: true, description: "The tracking id and its present partner." }),
    },
    resolve: (_root, { input: { partner: ref, trackingId, dryRun } }, context) =>
      payload(() =>
        withPartnerLease(ref, context, async (partner, lease) => {
          const { tokenCache, now } = context;
          if (!partner.trackingIds.includes(trackingId)) throw new NotFoundError("input.trackingId");
          const rows = await freshRows(trackingId, context);
          if (rows.some(({ traffic }) => hasBytes(traffic))) throw hasTraffic();
          const tokens = (await tokenCache.readRefreshed()).withTrackingId(trackingId);
          const usable = tokens.filter((token) => isUsable(token, now));
          if (usable.length > 0) throw inUse("has the tracking id", usable, "input.trackingId");
          await assertNoConnectedViewer(trackingId, context);
          await assertNoRecentViewer(trackingId, context);
          return removeTrackingId(partner, { trackingId, dryRun }, lease, context);
        }),
      ),
  }),
);

/**
 * Checks viewer records, since usage lags behind: a viewer who has just left is in the records alone.
 *
 * @throws ApplicationError TRACKING_ID_HAS_TRAFFIC; UpstreamError
 */
async function assertNoRecentViewer(trackingId: string, context: GraphContext): Promise<void> {
  const { now } = context;
  const window = { from: now - RECORDS_WINDOW_MS, to: now + HOUR_MS };
  if (await hasRecord({ by: "STARTED", trackingIds: [trackingId], state: null, window }, context)) throw hasTraffic();
}

function hasTraffic(): ApplicationError {
  const message = "`input.trackingId` must have no traffic within the last year; it has some, which is billed.";
  return new ApplicationError("TRACKING_ID_HAS_TRAFFIC", message, { argument: "input.trackingId" });
}
