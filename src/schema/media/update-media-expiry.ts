import { InvalidInputError } from "../../model/errors.ts";
import type { MediaExpiry as MediaExpiryRules } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { assertAnyChange } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { MediaExpiry } from "./media-expiry.ts";

/** Longest retention that a rule may set, in days. @see PUT /api/v3/account/media/expiration */
const MAX_DAYS = 365;

const UpdateMediaExpiryInput = builder.inputType("UpdateMediaExpiryInput", {
  description: "Retention of media in days, 1 to 365. Null removes a rule; a rule that is left out stays as it is.",
  fields: (t) => ({
    timelineDays: t.int({
      description:
        "Retention of the cache that clips are cut from, in days; null for 1 day. Takes effect at once: older media is deleted.",
    }),
    recordingDays: t.int({
      description: "Retention of recordings that begin from now on, in days; null for unlimited.",
    }),
    clipDays: t.int({ description: "Retention of clips that are ordered from now on, in days; null for unlimited." }),
  }),
});

const UpdateMediaExpiryPayload = builder
  .objectRef<Payload & { readonly expiry?: MediaExpiryRules }>("UpdateMediaExpiryPayload")
  .implement({
    description: "The changed rules, or why they were not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      mediaExpiry: t.expose("expiry", {
        type: MediaExpiry,
        nullable: true,
        description: "The account's rules with the change; null when the call failed.",
      }),
    }),
  });

builder.mutationField("updateMediaExpiry", (t) =>
  t.field({
    type: UpdateMediaExpiryPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Sets how long the account retains recordings, clips, and the cache that clips are cut from.",
    args: {
      input: t.arg({ type: UpdateMediaExpiryInput, required: true, description: "The expiry rules to change." }),
    },
    resolve: (_root, { input }, { upstream }) =>
      payload(async () => {
        assertAnyChange(input);
        for (const [name, days] of Object.entries(input)) {
          if (days == null || (days >= 1 && days <= MAX_DAYS)) continue;
          throw new InvalidInputError(
            `input.${name}`,
            `\`input.${name}\` must be 1 to ${MAX_DAYS} days, or null; got ${days}.`,
          );
        }
        return { expiry: await upstream.mediaExpiry.update(input) };
      }),
  }),
);
