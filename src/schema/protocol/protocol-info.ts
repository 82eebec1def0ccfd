import {
  type AudioCodec as Audio,
  latencyClasses,
  type ProtocolFacts,
  protocolUses,
  streamingProtocols,
  type VideoCodec as Video,
} from "../../model/stream/protocols.ts";
import { builder } from "../builder.ts";
import { enumValues } from "../enum-values.ts";

const StreamingProtocol = builder.enumType("StreamingProtocol", {
  description: "How streams travel to the platform and from it.",
  values: enumValues(streamingProtocols),
});

export const ProtocolUse = builder.enumType("ProtocolUse", {
  description: "What a protocol is used for.",
  values: enumValues(protocolUses),
});

const LatencyClass = builder.enumType("LatencyClass", {
  description: "How far viewers are behind the camera.",
  values: enumValues(latencyClasses),
});

const VideoCodec = builder.enumType("VideoCodec", {
  description: "How a picture is encoded.",
  values: {
    H264: { description: "H.264 (AVC), which everything plays." },
    H265: { description: "H.265 (HEVC): Safari and some others play it." },
    VP8: { description: "VP8." },
    VP9: { description: "VP9." },
    AV1: { description: "AV1." },
  } as const satisfies Record<Video, { description: string }>,
});

const AudioCodec = builder.enumType("AudioCodec", {
  description: "How sound is encoded.",
  values: {
    OPUS: { description: "Opus, as WebRTC has it." },
    AAC: { description: "AAC, as encoders and public platforms have it." },
  } as const satisfies Record<Audio, { description: string }>,
});

export const ProtocolInfo = builder.objectRef<ProtocolFacts>("ProtocolInfo").implement({
  description: "One protocol in one use: a fact of the platform, the same for every account.",
  fields: (t) => ({
    protocol: t.expose("protocol", { type: StreamingProtocol, description: "The protocol." }),
    use: t.expose("use", { type: ProtocolUse, description: "What it is used for." }),
    latency: t.expose("latency", { type: LatencyClass, description: "How far viewers are behind the camera." }),
    videoCodecs: t.field({
      type: [VideoCodec],
      description: "Codecs of the picture. Recordings are MP4 for H.264, and WebM for VP8, VP9 and AV1.",
      resolve: ({ videoCodecs }) => [...videoCodecs],
    }),
    audioCodecs: t.field({
      type: [AudioCodec],
      description: "Codecs of the sound that it takes.",
      resolve: ({ audioCodecs }) => [...audioCodecs],
    }),
    audioDeliveredAs: t.expose("audioDeliveredAs", {
      type: AudioCodec,
      description: "What the sound is turned into: viewers hear Opus whatever came in, other platforms are sent AAC.",
    }),
    isEncrypted: t.exposeBoolean("isEncrypted", {
      nullable: true,
      description: "Whether it is encrypted: always, never, or (null) where its settings say so.",
    }),
    hasSimulcast: t.exposeBoolean("hasSimulcast", {
      description: "Whether one connection carries several qualities; otherwise each is a feed: see `ingestPlan`.",
    }),
    ports: t.exposeString("ports", { description: "The ports that a firewall must leave open." }),
  }),
});
