import type { StoppingLevel as Level } from "../../upstream/streams.ts";
import { builder } from "../builder.ts";

export const StoppingLevel = builder.enumType("StoppingLevel", {
  description: "Extent of a stop: nothing, a feed, a token's feeds, a stream, or the account.",
  values: {
    ACCOUNT: { value: "Account", description: "Every stream of the account was stopped." },
    STREAM: { value: "Stream", description: "One stream was stopped, with all its feeds." },
    FEED: { value: "Feed", description: "One feed of a stream was stopped." },
    SERVER: { value: "Server", description: "All feeds that one server received were stopped." },
    TOKEN: { value: "Token", description: "All feeds that were broadcast with one publish token were stopped." },
    NONE: { value: "None", description: "No feed was live, so none was stopped." },
  } as const satisfies Record<string, { value: Level; description: string }>,
});
