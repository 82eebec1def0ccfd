import { InvalidInputError } from "../../model/errors.ts";
import { MAX_TRACKING_IDS } from "../../model/partner/partner.ts";
import { assertName } from "../../model/text.ts";
import type { InputFields } from "../input.ts";

/** Returns the details of a partner that can be changed after its registration. */
export const partnerDetailFields = (t: InputFields, isNew: boolean) => {
  const byDefault = (value: string) => (isNew ? `Defaults to ${value}.` : "Unchanged if left out.");
  const clearable = isNew ? "Defaults to none." : "Unchanged if left out; null clears it.";
  return {
    contact: t.string({
      description: `Contact of the partner, such as an e-mail address: at most 320 characters. ${clearable}`,
    }),
    timeZone: t.string({
      description: `IANA time zone of the days and months of the partner's usage, such as Europe/Berlin${isNew ? "" : ", from the next month on"}. Where it has no whole-hour offsets, usage is in the account's \`billingTimeZone\`. ${byDefault("UTC")}`,
    }),
    currency: t.string({
      description: `Currency of the partner by ISO 4217, such as EUR. ${byDefault("USD")} For display only: the gateway computes no amounts of money.`,
    }),
    notes: t.string({
      description: `Internal notes of the broadcaster, which the partner cannot read: at most 4,000 characters. ${clearable}`,
    }),
  };
};

/** @throws InvalidInputError naming the argument */
export function assertTrackingIds(trackingIds: readonly string[], argument: string): void {
  if (trackingIds.length < 1 || trackingIds.length > MAX_TRACKING_IDS) {
    const rule = `\`${argument}\` must hold 1 to ${MAX_TRACKING_IDS} tracking ids; got ${trackingIds.length}.`;
    throw new InvalidInputError(argument, rule, { max: MAX_TRACKING_IDS });
  }
  for (const [index, trackingId] of trackingIds.entries()) {
    assertName(trackingId, `${argument}.${index}`);
    if (trackingIds.indexOf(trackingId) !== index) {
      const at = `${argument}.${index}`;
      throw new InvalidInputError(at, `\`${at}\` must not repeat a tracking id; got \`${trackingId}\` again.`);
    }
  }
}
