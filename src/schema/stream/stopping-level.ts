import type { StoppingLevel as Level } from "../../upstream/streams.ts";
import { builder } from "../builder.ts";

export const StoppingLevel = builder.enumType("StoppingLevel", {
  description: "How much of the account's broadcasting was stopped.",
  values: {
    ACCOUNT: { value: "Account", description: "Every stream of the account was stopped." },
    STREAM: { value: "Stream", description: "One stream was stopped, with all its feeds." },
    FEED: { value: "Feed", description: "One feed of a stream was stopped." },
    SERVER: { value: "Server", description: "All feeds that one server received were stopped." },
    TOKEN: { value: "Token", description: "All feeds of one publish token were stopped." },
    NONE: { value: "None", description: "No feed was live, so none was stopped." },
  } as const satisfies Record<string, { value: Level; description: string }>,
});
