import { registered } from "../../loaders/partners.ts";
import { ApplicationError, InvalidInputError, NotFoundError } from "../../model/errors.ts";
import { assertPartnerDetails, type PartnerRecord } from "../../model/partner.ts";
import { assertNoViolations, masterViolations } from "../../model/syndication.ts";
import { allDaysKept } from "../../model/time-window.ts";
import { isUsable } from "../../model/token.ts";
import { commitLast } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PartnerRef } from "./find-partner.ts";
import { findRegistered } from "./find-registered.ts";
import { Partner } from "./partner.ts";
import { assertTrackingIds, partnerDetailFields } from "./partner-input.ts";

const PartnerPayload = builder
  .objectRef<Payload & { readonly partner?: PartnerRecord | null }>("PartnerPayload")
  .implement({
    description: "The partner as it is now, or why it was not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      partner: t.expose("partner", { type: Partner, nullable: true, description: "The partner." }),
    }),
  });

const UpdatePartnerInput = builder.inputType("UpdatePartnerInput", {
  description: "What to change of a partner; what is left out stays. Null clears contact and notes.",
  fields: (t) => ({
    partner: t.field({ type: PartnerRef, required: true, description: "Which partner." }),
    name: t.string({ description: "What to call it: 1 to 128 characters." }),
    ...partnerDetailFields(t),
  }),
});

const TrackingIdInput = builder.inputType("PartnerTrackingIdInput", {
  description: "A tracking id, and a partner.",
  fields: (t) => ({
    partner: t.field({ type: PartnerRef, required: true, description: "Which partner." }),
    trackingId: t.string({ required: true, description: "The tracking id: 1 to 128 characters." }),
  }),
});

builder.mutationFields((t) => ({
  updatePartner: t.field({
    type: PartnerPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description: "Changes what is noted of a registered partner.",
    args: { input: t.arg({ type: UpdatePartnerInput, required: true, description: "What to change." }) },
    resolve: (_root, { input: { partner: ref, name, timeZone, currency, ...clearable } }, context) =>
      payload(async () => {
        const changes = {
          name: name ?? undefined,
          timeZone: timeZone ?? undefined,
          currency: currency ?? undefined,
          ...clearable,
        };
        assertPartnerDetails(changes, "input");
        if (Object.values(changes).every((value) => value === undefined)) {
          throw new InvalidInputError("input", "There is nothing to change in it.");
        }
        const { id } = await findRegistered(ref, "input.partner", context);
        const partner = await commitLast(context, ({ partners }) => partners.update(id, changes));
        context.partnerDirectory.changed();
        if (!partner) throw new NotFoundError("input.partner");
        return { partner: registered(partner) };
      }),
  }),
  adoptTrackingId: t.field({
    type: PartnerPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Gives a registered partner a tracking id that nobody has claimed, with the traffic and the subscribe tokens that it has. To register a new partner with it, use onboardPartner.",
    args: { input: t.arg({ type: TrackingIdInput, required: true, description: "Which id, and whose it becomes." }) },
    resolve: (_root, { input: { partner: ref, trackingId } }, context) =>
      payload(async () => {
        const { id, trackingIds } = await findRegistered(ref, "input.partner", context);
        assertTrackingIds([...new Set([...trackingIds, trackingId])], "input.trackingId");
        const tokens = (await context.loaders.tokens()).withTrackingId(trackingId);
        assertNoViolations(
          masterViolations(
            tokens.filter((token) => isUsable(token, context.now)),
            "input.trackingId",
          ),
        );
        const partner = await commitLast(context, async ({ partners }) => {
          await partners.addTrackingId(id, trackingId);
          return partners.byId(id);
        });
        context.partnerDirectory.changed();
        return { partner: partner && registered(partner) };
      }),
  }),
  releaseTrackingId: t.field({
    type: PartnerPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Takes a tracking id from a partner, as long as it has no traffic and is not its last: refused with TRACKING_ID_HAS_TRAFFIC afterwards, since bills hang on it.",
    args: { input: t.arg({ type: TrackingIdInput, required: true, description: "Which id, and whose it is." }) },
    resolve: (_root, { input: { partner: ref, trackingId } }, context) =>
      payload(async () => {
        const { id, trackingIds } = await findRegistered(ref, "input.partner", context);
        if (!trackingIds.includes(trackingId)) throw new NotFoundError("input.trackingId");
        const window = allDaysKept(context.now);
        const { value: rows } = await context.loaders.figures.rowsByTrackingId.load({ name: trackingId, window });
        if (rows.some(({ traffic }) => traffic.bytesOut > 0n || traffic.bytesIn > 0n)) {
          const message = "The tracking id has traffic within the last year, so it stays with its partner.";
          throw new ApplicationError("TRACKING_ID_HAS_TRAFFIC", message, { argument: "input.trackingId" });
        }
        const partner = await commitLast(context, async ({ partners }) => {
          await partners.removeTrackingId(id, trackingId);
          return partners.byId(id);
        });
        context.partnerDirectory.changed();
        return { partner: partner && registered(partner) };
      }),
  }),
}));
