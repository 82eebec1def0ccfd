import { protocolFacts } from "../../model/stream/protocols.ts";
import { builder } from "../builder.ts";
import { ProtocolInfo, ProtocolUse } from "./protocol-info.ts";

builder.queryField("protocolInfo", (t) =>
  t.field({
    type: [ProtocolInfo],
    description:
      "What the platform takes in, plays and passes on: protocols with their latency and codecs. They can be used at the same time: a stream that is sent in once is played in real time by WebRTC, and pushed to other platforms by RTMP.",
    args: { use: t.arg({ type: ProtocolUse, description: "For what; for everything when it is left out." }) },
    resolve: (_root, { use }) => protocolFacts.filter((facts) => use == null || facts.use === use),
  }),
);
