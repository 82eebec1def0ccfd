/**
 * What the platform takes in, plays and passes on: facts of its documents, which hold for every account.
 *
 * @see the platform's guides to broadcasting, RTMP, SRT, WebRTC and re-streaming
 */

export const streamingProtocols = {
  WEBRTC: "WebRTC by the platform's SDKs, its own player and its dashboard.",
  WHIP: "WebRTC, begun over HTTP: for encoders.",
  WHEP: "WebRTC, begun over HTTP: for players.",
  RTMP: "RTMP, unencrypted.",
  RTMPS: "RTMP over TLS.",
  SRT: "SRT, over UDP.",
} as const;

export type StreamingProtocol = keyof typeof streamingProtocols;

export const protocolUses = {
  INGEST:
    "Broadcasting to the platform. What cameras give otherwise (SDI, HDMI, NDI, RTSP) goes through an encoder that speaks one of these.",
  PLAYBACK: "Watching it from the platform.",
  RESTREAM: "Passing it on to other platforms, by `setRestreamTargets`.",
} as const;

export type ProtocolUse = keyof typeof protocolUses;

export const latencyClasses = {
  REAL_TIME: "Less than half a second from the camera to the viewer.",
  LOW: "About a second: the feed is repackaged on its way in.",
  DELAYED: "6 to 30 seconds, as public platforms take to show what they are sent.",
} as const;

export type LatencyClass = keyof typeof latencyClasses;

export type VideoCodec = "H264" | "H265" | "VP8" | "VP9" | "AV1";
export type AudioCodec = "OPUS" | "AAC";

/** One protocol in one use. */
export interface ProtocolFacts {
  readonly protocol: StreamingProtocol;
  readonly use: ProtocolUse;
  readonly latency: LatencyClass;
  readonly videoCodecs: readonly VideoCodec[];
  readonly audioCodecs: readonly AudioCodec[];
  /** What viewers hear, or the destination is sent, whatever came in. */
  readonly audioDeliveredAs: AudioCodec;
  /** True for always, false for never, null where it is a setting. */
  readonly isEncrypted: boolean | null;
  readonly ports: string;
  /** Several qualities in one connection; elsewhere each is a feed of its own. */
  readonly hasSimulcast: boolean;
}

const webrtc = {
  latency: "REAL_TIME",
  videoCodecs: ["H264", "H265", "VP8", "VP9", "AV1"],
  audioCodecs: ["OPUS"],
  audioDeliveredAs: "OPUS",
  isEncrypted: true,
  ports: "443/TCP, 49152-65535/UDP",
  hasSimulcast: true,
} as const;

const repackaged = { latency: "LOW", audioCodecs: ["AAC"], audioDeliveredAs: "OPUS", hasSimulcast: false } as const;
const passedOn = {
  latency: "DELAYED",
  audioCodecs: ["OPUS", "AAC"],
  audioDeliveredAs: "AAC",
  hasSimulcast: false,
} as const;
const rtmp = { protocol: "RTMP", videoCodecs: ["H264"], isEncrypted: false, ports: "1935/TCP" } as const;
const rtmps = { protocol: "RTMPS", videoCodecs: ["H264"], isEncrypted: true, ports: "443/TCP" } as const;
const srt = { protocol: "SRT", videoCodecs: ["H264", "H265"], isEncrypted: null, ports: "10000/UDP" } as const;

export const protocolFacts: readonly ProtocolFacts[] = [
  { ...webrtc, protocol: "WEBRTC", use: "INGEST" },
  { ...webrtc, protocol: "WHIP", use: "INGEST" },
  { ...repackaged, ...rtmp, use: "INGEST" },
  { ...repackaged, ...rtmps, use: "INGEST" },
  { ...repackaged, ...srt, use: "INGEST" },
  { ...webrtc, protocol: "WEBRTC", use: "PLAYBACK" },
  { ...webrtc, protocol: "WHEP", use: "PLAYBACK" },
  { ...passedOn, ...rtmp, use: "RESTREAM", ports: "as the destination says" },
  { ...passedOn, ...rtmps, use: "RESTREAM", ports: "as the destination says" },
  { ...passedOn, ...srt, use: "RESTREAM", ports: "as the destination says" },
];
