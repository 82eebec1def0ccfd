import { clippableSince } from "../../model/media/clip.ts";
import { DEFAULT_TIMELINE_DAYS, type MediaExpiry as MediaExpiryRules } from "../../model/media/media.ts";
import { builder } from "../builder.ts";

export const MediaExpiry = builder.objectRef<MediaExpiryRules>("MediaExpiry").implement({
  description: "How long the account keeps media before the platform deletes it.",
  fields: (t) => ({
    timelineDays: t.int({
      description: "Days that the cache is kept which clips are cut from: 1 where the account has no rule.",
      resolve: ({ timelineDays }) => timelineDays ?? DEFAULT_TIMELINE_DAYS,
    }),
    recordingDays: t.exposeInt("recordingDays", {
      nullable: true,
      description:
        "Days from the end of a recording; null for ever. It holds for recordings that begin under the rule.",
    }),
    clipDays: t.exposeInt("clipDays", {
      nullable: true,
      description: "Days from the order of a clip that names no time of its own; null for ever.",
    }),
    clippableSince: t.field({
      type: "DateTime",
      description: "The earliest instant that a clip can begin at now.",
      resolve: (expiry, _args, { now }) => clippableSince(expiry, now),
    }),
  }),
});
