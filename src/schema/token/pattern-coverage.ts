import type { PatternCoverage as Coverage } from "../../store/records.ts";
import { builder } from "../builder.ts";

export const PatternCoverage = builder.objectRef<Coverage>("PatternCoverage").implement({
  description: "An operator's record of the streams that an unreadable pattern opens.",
  fields: (t) => ({
    pattern: t.exposeString("pattern", { description: "The pattern, as a token's grant has it." }),
    streamNames: t.field({
      type: ["String"],
      description: "The streams that the pattern opens on the platform, sorted; empty for none.",
      resolve: ({ streamNames }) => [...streamNames],
    }),
    recordedBy: t.exposeString("recordedByName", { description: "Name of the caller who recorded it." }),
    recordedAt: t.expose("recordedAt", { type: "DateTime", description: "Time at which the coverage was recorded." }),
  }),
});
