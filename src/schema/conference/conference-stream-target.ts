import { builder } from "../builder.ts";

export const ConferenceStreamTarget = builder.enumType("ConferenceStreamTarget", {
  description: "Destination of a streamed conference.",
  values: {
    OWN_STREAM: { description: "A stream of the account, broadcast with its publish token." },
    PLATFORM_STREAM: { description: "A stream that the conference platform has created." },
  } as const,
});

export type Target = "OWN_STREAM" | "PLATFORM_STREAM";
