import { builder } from "../builder.ts";
import { findStream, StreamRef } from "../stream/find-stream.ts";
import { findSubscribeToken, SubscribeTokenRef } from "../token/find-token.ts";
import { placeDescriptions, ViewingDecision, viewerAt, viewingDecision } from "./viewing-decision.ts";

builder.queryField("canView", (t) =>
  t.field({
    type: ViewingDecision,
    nullable: true,
    authScopes: { staff: "token:read" },
    description:
      "Whether a viewer may watch a stream, by the rules that the platform asks when a viewer connects, and which of them decides. For a viewer token ask `inspectViewerToken`, which takes the viewer's place as well.",
    args: {
      stream: t.arg({ type: StreamRef, required: true, description: "The stream." }),
      token: t.arg({
        type: SubscribeTokenRef,
        description: "The subscribe token that the viewer shows; left out for a viewer who shows none.",
      }),
      country: t.arg({ type: "CountryCode", description: placeDescriptions.country }),
      origin: t.arg.string({ description: placeDescriptions.origin }),
      ip: t.arg.string({ description: placeDescriptions.ip }),
    },
    resolve: async (_root, { stream, token, ...viewer }, context) => {
      const place = viewerAt(viewer);
      const { name } = await findStream(stream, "stream", context);
      const shown = token ? await findSubscribeToken(token, "token", context) : null;
      return viewingDecision(name, { token: shown, signed: null, ...place }, context);
    },
  }),
);
