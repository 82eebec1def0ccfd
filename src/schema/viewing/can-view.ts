import { builder } from "../builder.ts";
import { findStream, StreamRef } from "../stream/find-stream.ts";
import { findSubscribeToken, SubscribeTokenRef } from "../token/find-token.ts";
import {
  parseViewerLocation,
  ViewingDecision,
  viewerLocationDescriptions,
  viewingDecision,
} from "./viewing-decision.ts";

builder.queryField("canView", (t) =>
  t.field({
    type: ViewingDecision,
    nullable: true,
    authScopes: { staff: "token:read" },
    description:
      "Whether a viewer may watch a stream, by the rules that the platform applies when a viewer connects, and which rule decides. For a viewer token use `inspectViewerToken`. Null, with an error, if the stream or token is not found, or the platform can't be read.",
    args: {
      stream: t.arg({ type: StreamRef, required: true, description: "The stream to watch, by id or name." }),
      token: t.arg({
        type: SubscribeTokenRef,
        description: "The subscribe token that the viewer shows. Defaults to none.",
      }),
      country: t.arg({ type: "CountryCode", description: viewerLocationDescriptions.country }),
      origin: t.arg.string({ description: viewerLocationDescriptions.origin }),
      ip: t.arg.string({ description: viewerLocationDescriptions.ip }),
    },
    resolve: async (_root, { stream, token, ...viewer }, context) => {
      const location = parseViewerLocation(viewer);
      const { name } = await findStream(stream, "stream", context);
      const shown = token ? await findSubscribeToken(token, "token", context) : null;
      return viewingDecision(name, { token: shown, signed: null, ...location }, context);
    },
  }),
);
