/**
 * Protocols that the platform ingests, plays and pushes: facts from its documentation, identical for every account.
 *
 * @see the platform's guides to broadcasting, RTMP, SRT, WebRTC and re-streaming
 */

export const streamingProtocols = {
  WEBRTC: "WebRTC of the platform's SDKs, player and dashboard.",
  WHIP: "WebRTC that is negotiated over HTTP, for encoders.",
  WHEP: "WebRTC that is negotiated over HTTP, for players.",
  RTMP: "RTMP over TCP, without encryption.",
  RTMPS: "RTMP over TLS, encrypted.",
  SRT: "SRT over UDP, encrypted if it has a passphrase.",
} as const;

export type StreamingProtocol = keyof typeof streamingProtocols;

export const protocolUses = {
  INGEST:
    "Broadcasting to the platform. Camera outputs such as SDI, HDMI, NDI and RTSP need an encoder that speaks one of these protocols.",
  PLAYBACK: "Watching streams from the platform.",
  RESTREAM: "Pushing streams to other platforms, with `setRestreamTargets`.",
} as const;

export type ProtocolUse = keyof typeof protocolUses;

export const latencyClasses = {
  REAL_TIME: "The delay from the camera to the viewer is less than half a second.",
  LOW: "The delay is about a second, because the platform repackages the feed at ingest.",
  DELAYED: "The delay is 6 to 30 seconds, that of public platforms to which streams are pushed.",
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
  /** Codec that viewers or the destination get, whichever came in. */
  readonly audioDeliveredAs: AudioCodec;
  /** True for always, false for never, null if a setting decides. */
  readonly isEncrypted: boolean | null;
  readonly ports: string;
  /** Whether one connection carries several qualities; otherwise each quality is a feed. */
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
