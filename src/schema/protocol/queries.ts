import { protocolFacts } from "../../model/stream/protocols.ts";
import { builder } from "../builder.ts";
import { ProtocolInfo, ProtocolUse } from "./protocol-info.ts";

builder.queryField("protocolInfo", (t) =>
  t.field({
    type: [ProtocolInfo],
    description:
      "Protocols that the platform ingests, plays and pushes, with their latency and codecs. One stream can use several at the same time: played in real time by WebRTC and pushed to other platforms by RTMP.",
    args: { use: t.arg({ type: ProtocolUse, description: "Only protocols in this use. Defaults to all uses." }) },
    resolve: (_root, { use }) => protocolFacts.filter((facts) => use == null || facts.use === use),
  }),
);
