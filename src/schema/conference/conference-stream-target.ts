import { builder } from "../builder.ts";

export const ConferenceStreamTarget = builder.enumType("ConferenceStreamTarget", {
  description: "Where a conference is streamed to.",
  values: {
    OWN_STREAM: { description: "A stream of the account, with its publish token." },
    PLATFORM_STREAM: { description: "A stream that the conference platform has made." },
  } as const,
});

export type Target = "OWN_STREAM" | "PLATFORM_STREAM";
