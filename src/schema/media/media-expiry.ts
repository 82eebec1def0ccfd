import { clippableSince } from "../../model/media/clip.ts";
import { DEFAULT_TIMELINE_DAYS, type MediaExpiry as MediaExpiryRules } from "../../model/media/media.ts";
import { builder } from "../builder.ts";

export const MediaExpiry = builder.objectRef<MediaExpiryRules>("MediaExpiry").implement({
  description: "Retention of the account's media, after which the platform deletes it.",
  fields: (t) => ({
    timelineDays: t.field({
      type: "SafeInt",
      description: "Retention of the cache that clips are cut from, in days; 1 if the account has no rule.",
      resolve: ({ timelineDays }) => timelineDays ?? DEFAULT_TIMELINE_DAYS,
    }),
    recordingDays: t.expose("recordingDays", {
      type: "SafeInt",
      nullable: true,
      description:
        "Retention of a recording after its end, in days; null for unlimited. Applies to recordings that begin under the rule.",
    }),
    clipDays: t.expose("clipDays", {
      type: "SafeInt",
      nullable: true,
      description: "Retention of a clip after its order, in days, unless the order sets a time; null for unlimited.",
    }),
    clippableSince: t.field({
      type: "DateTime",
      description: "Earliest start of a clip that is cut now.",
      resolve: (expiry, _args, { now }) => clippableSince(expiry, now),
    }),
  }),
});
