import type { StoppingLevel as Level } from "../../upstream/streams.ts";
import { builder } from "../builder.ts";

export const StoppingLevel = builder.enumType("StoppingLevel", {
  description: "How much was stopped.",
  values: {
    ACCOUNT: { value: "Account", description: "Every stream of the account." },
    STREAM: { value: "Stream", description: "The stream with all its feeds." },
    FEED: { value: "Feed", description: "One feed." },
    SERVER: { value: "Server", description: "What one server took in." },
    TOKEN: { value: "Token", description: "What one token published." },
    NONE: { value: "None", description: "Nothing: nothing was live." },
  } as const satisfies Record<string, { value: Level; description: string }>,
});
