import type { GraphContext } from "../../context.ts";
import { toPartnerRecord } from "../../loaders/partners.ts";
import { ApplicationError, type ErrorCode } from "../../model/errors.ts";
import type { PartnerRecord, RegisteredPartner } from "../../model/partner/partner.ts";
import { allDaysRetained } from "../../model/usage/retention.ts";
import { HOUR_MS } from "../../model/usage/time.ts";
import type { PartnerLease } from "../../store/partner-work.ts";
import type { Tables } from "../../store/store.ts";
import { LastTrackingIdError } from "../../store/store-error.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";
import type { ViewerRecordsQuery } from "../../upstream/viewer-records.ts";
import { commitLast } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { PartnerRef } from "./find-partner.ts";
import { newestToken } from "./former-holders.ts";

export const TrackingIdInput = builder.inputType("PartnerTrackingIdInput", {
  description: "A tracking id, and the partner that gets or loses it.",
  fields: (t) => ({
    partner: t.field({
      type: PartnerRef,
      required: true,
      description: "The registered partner, by id or by one tracking id.",
    }),
    trackingId: t.string({ required: true, description: "The tracking id: 1 to 128 characters." }),
    dryRun: t.boolean({
      required: true,
      defaultValue: false,
      description:
        "Checks the rules and changes nothing. `adoptTrackingId` then shows what the partner would take over. Defaults to false.",
    }),
  }),
});

/** Changes a partner's tracking ids in one transaction while the lease is held, and returns the partner. */
export async function changeTrackingIds(
  { id }: RegisteredPartner,
  lease: PartnerLease,
  context: GraphContext,
  change: (tables: Tables) => Promise<void>,
): Promise<{ readonly partner: PartnerRecord | null }> {
  const partner = await commitLast(context, async (tables) => {
    await lease.assertHeld(tables);
    await change(tables);
    return tables.partners.byId(id);
  });
  context.partnerCache.changed();
  return { partner: partner && toPartnerRecord(partner) };
}

/**
 * Removes a tracking id from a partner while the lease is held, and returns the partner. A dry run changes nothing.
 *
 * @throws LastTrackingIdError as the store does, so that a dry run reports it too
 */
export async function removeTrackingId(
  partner: RegisteredPartner,
  { trackingId, dryRun }: { readonly trackingId: string; readonly dryRun: boolean },
  lease: PartnerLease,
  context: GraphContext,
): Promise<{ readonly partner: PartnerRecord | null }> {
  if (partner.trackingIds.length === 1) throw new LastTrackingIdError(trackingId);
  if (dryRun) return { partner: toPartnerRecord(partner) };
  return changeTrackingIds(partner, lease, context, ({ partners }) =>
    partners.removeTrackingId(partner.id, trackingId, newestToken(context), context.now),
  );
}

/** Returns a tracking id's traffic by stream over all days that the platform retains, read now and past every cache. */
export async function freshRows(trackingId: string, { upstream, now, signal }: GraphContext) {
  const rows = await upstream.analytics.trackingTotals([trackingId], allDaysRetained(now), signal);
  return rows.get(trackingId) ?? [];
}

/** @throws ApplicationError TRACKING_ID_IN_USE while a viewer is connected; UpstreamError */
export async function assertNoConnectedViewer(trackingId: string, context: GraphContext): Promise<void> {
  const { now } = context;
  const window = { from: allDaysRetained(now).from, to: now + HOUR_MS };
  if (!(await hasRecord({ by: "STARTED", trackingIds: [trackingId], state: "ONGOING", window }, context))) return;
  const message = "`input.trackingId` must have no connected viewer; a viewer is connected under it.";
  throw new ApplicationError("TRACKING_ID_IN_USE", message, { argument: "input.trackingId" });
}

/** Codes of the platform's response to an account without viewer records, which are a premium feature. */
const featureMissing: readonly ErrorCode[] = ["UPSTREAM_REJECTED", "UPSTREAM_UNAUTHORIZED"];

/** Returns whether a viewer record matches; false for an account without viewer records. @throws UpstreamError */
export async function hasRecord(query: ViewerRecordsQuery, { upstream, signal }: GraphContext): Promise<boolean> {
  try {
    for await (const _record of upstream.viewerRecords.stream(query, signal)) return true;
    return false;
  } catch (error) {
    if (error instanceof UpstreamError && featureMissing.includes(error.code)) return false;
    throw error;
  }
}
