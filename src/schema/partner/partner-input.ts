import { InvalidInputError } from "../../model/errors.ts";
import { MAX_TRACKING_IDS } from "../../model/partner/partner.ts";
import { assertName } from "../../model/text.ts";
import type { InputFields } from "../input.ts";

/** Fields of a partner that may change later. */
export const partnerDetailFields = (t: InputFields) => ({
  contact: t.string({ description: "How to reach it: at most 320 characters." }),
  timeZone: t.string({
    description:
      "IANA time zone, such as Europe/Berlin; UTC by default. It is recorded to be shown: figures are in UTC unless a query names a time zone.",
  }),
  currency: t.string({
    description:
      "Currency by ISO 4217, such as EUR; USD by default. It is recorded to be shown: the gateway reckons no amounts of money.",
  }),
  notes: t.string({
    description: "For the broadcaster's own people; the partner does not see it. At most 4,000 characters.",
  }),
});

/** @throws InvalidInputError naming the argument */
export function assertTrackingIds(trackingIds: readonly string[], argument: string): void {
  if (trackingIds.length < 1 || trackingIds.length > MAX_TRACKING_IDS) {
    const rule = `A partner has 1 to ${MAX_TRACKING_IDS} tracking ids, not ${trackingIds.length}.`;
    throw new InvalidInputError(argument, rule, { max: MAX_TRACKING_IDS });
  }
  for (const [index, trackingId] of trackingIds.entries()) {
    assertName(trackingId, `${argument}.${index}`);
    if (trackingIds.indexOf(trackingId) !== index) {
      throw new InvalidInputError(`${argument}.${index}`, "This tracking id is named twice.");
    }
  }
}
