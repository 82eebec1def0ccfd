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
  description: "Protocol that carries streams to the platform or from it.",
  values: enumValues(streamingProtocols),
});

export const ProtocolUse = builder.enumType("ProtocolUse", {
  description: "Purpose that a protocol is used for.",
  values: enumValues(protocolUses),
});

const LatencyClass = builder.enumType("LatencyClass", {
  description: "Delay between the camera and the viewer.",
  values: enumValues(latencyClasses),
});

const VideoCodec = builder.enumType("VideoCodec", {
  description: "Codec of the video of a stream.",
  values: {
    H264: { description: "H.264 (AVC) video, which every player supports." },
    H265: { description: "H.265 (HEVC) video, which Safari and some other players support." },
    VP8: { description: "VP8 video, a royalty-free codec of WebRTC." },
    VP9: { description: "VP9 video, the royalty-free successor of VP8." },
    AV1: { description: "AV1 video, the royalty-free successor of VP9." },
  } as const satisfies Record<Video, { description: string }>,
});

const AudioCodec = builder.enumType("AudioCodec", {
  description: "Codec of the audio of a stream.",
  values: {
    OPUS: { description: "Opus audio, the codec of WebRTC." },
    AAC: { description: "AAC audio, the codec of encoders and public platforms." },
  } as const satisfies Record<Audio, { description: string }>,
});

export const ProtocolInfo = builder.objectRef<ProtocolFacts>("ProtocolInfo").implement({
  description: "Facts about one protocol in one use, identical for every account.",
  fields: (t) => ({
    protocol: t.expose("protocol", { type: StreamingProtocol, description: "The protocol that the facts are about." }),
    use: t.expose("use", { type: ProtocolUse, description: "Purpose that the facts are about." }),
    latency: t.expose("latency", { type: LatencyClass, description: "Delay between the camera and the viewer." }),
    videoCodecs: t.field({
      type: [VideoCodec],
      description:
        "Video codecs that are accepted; empty for none. Recordings are MP4 for H.264, and WebM for VP8, VP9 and AV1.",
      resolve: ({ videoCodecs }) => [...videoCodecs],
    }),
    audioCodecs: t.field({
      type: [AudioCodec],
      description: "Audio codecs that are accepted; empty for none.",
      resolve: ({ audioCodecs }) => [...audioCodecs],
    }),
    audioDeliveredAs: t.expose("audioDeliveredAs", {
      type: AudioCodec,
      description: "Audio codec of the output: viewers get Opus, other platforms get AAC, whichever came in.",
    }),
    isEncrypted: t.exposeBoolean("isEncrypted", {
      nullable: true,
      description: "Whether the protocol is encrypted: true for always, false for never, null if its settings decide.",
    }),
    hasSimulcast: t.exposeBoolean("hasSimulcast", {
      description:
        "Whether one connection carries several qualities. Otherwise each quality is a feed: see `ingestPlan`.",
    }),
    ports: t.exposeString("ports", {
      description: "Ports that a firewall must allow, such as `443/TCP`; for re-streaming, those of the destination.",
    }),
  }),
});
