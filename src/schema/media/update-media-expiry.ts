import { InvalidInputError } from "../../model/errors.ts";
import type { MediaExpiry as MediaExpiryRules } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { MediaExpiry } from "./media-expiry.ts";

/** The longest time that media is kept by a rule. @see PUT /api/v3/account/media/expiration */
const MAX_DAYS = 365;

const UpdateMediaExpiryInput = builder.inputType("UpdateMediaExpiryInput", {
  description: "Days from 1 to 365 that media is kept. Null takes a rule away; what is left out stays as it is.",
  fields: (t) => ({
    timelineDays: t.int({
      description:
        "Of the cache which clips are cut from; null for 1 day. It takes effect at once: what is older is deleted.",
    }),
    recordingDays: t.int({ description: "Of recordings that begin from now on; null for ever." }),
    clipDays: t.int({ description: "Of clips that are ordered from now on; null for ever." }),
  }),
});

const UpdateMediaExpiryPayload = builder
  .objectRef<Payload & { readonly expiry?: MediaExpiryRules }>("UpdateMediaExpiryPayload")
  .implement({
    description: "The rules as they are now, or why they were not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      mediaExpiry: t.expose("expiry", { type: MediaExpiry, nullable: true, description: "The account's rules." }),
    }),
  });

builder.mutationField("updateMediaExpiry", (t) =>
  t.field({
    type: UpdateMediaExpiryPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Sets how long the account keeps recordings, clips, and the cache which clips are cut from.",
    args: { input: t.arg({ type: UpdateMediaExpiryInput, required: true, description: "The rules to change." }) },
    resolve: (_root, { input }, { upstream }) =>
      payload(async () => {
        const rules = Object.entries(input).flatMap(([name, days]) => (days === undefined ? [] : [{ name, days }]));
        if (rules.length === 0) throw new InvalidInputError("input", "There is nothing to change in it.");
        for (const { name, days } of rules) {
          if (days === null || (days >= 1 && days <= MAX_DAYS)) continue;
          throw new InvalidInputError(`input.${name}`, `Media is kept for 1 to ${MAX_DAYS} days, not ${days}.`);
        }
        return { expiry: await upstream.mediaExpiry.update(input) };
      }),
  }),
);
