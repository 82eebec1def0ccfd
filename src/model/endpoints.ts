import type { PublishTokenRecord } from "./token.ts";

/**
 * Addresses of a stream, which the platform does not tell but which follow from its documents. Those for broadcasting hold
 * the publish token, so they are secrets as a whole.
 */

/** Where the page of the platform's own player is. */
const PLAYER_URL = "https://viewer.millicast.com";

/** Addresses for watching. They hold no secret: a viewer of a secured stream adds its own token. */
export interface PlaybackEndpoints {
  /** The platform's own player, as a page. */
  readonly hostedPlayerUrl: string;
  /** For players that speak WHEP: POST an SDP offer, with the token as bearer. */
  readonly whepUrl: string;
  /** For the platform's SDKs. */
  readonly directorUrl: string;
}

export function playbackEndpoints(director: string, accountId: string, streamName: string): PlaybackEndpoints {
  return {
    hostedPlayerUrl: hostedPlayerUrl(accountId, streamName),
    whepUrl: `${director}/api/whep/${encodeURIComponent(accountId)}/${encodeURIComponent(streamName)}`,
    directorUrl: `${director}/api/director/subscribe`,
  };
}

/** The platform's own player for a stream; with a viewer's token it opens a secured one, and is then as secret as the token. */
export function hostedPlayerUrl(accountId: string, streamName: string, viewerToken?: string): string {
  const stream = `${PLAYER_URL}?streamId=${encodeURIComponent(accountId)}/${encodeURIComponent(streamName)}`;
  return viewerToken === undefined ? stream : `${stream}&token=${viewerToken}`;
}

/** The player in a frame that fills the width of the page. */
export function embedHtml(playerUrl: string): string {
  const source = playerUrl.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return `<iframe src="${source}" allow="autoplay; fullscreen" allowfullscreen style="width: 100%; aspect-ratio: 16 / 9; border: 0"></iframe>`;
}

/** Addresses for broadcasting one stream under one publish token. All but the bare servers are secrets. */
export interface IngestEndpoints {
  readonly whipUrl: string;
  /** The publish token, as the bearer of WHIP and for the platform's SDKs. */
  readonly publishToken: string;
  readonly rtmpServer: string;
  readonly rtmpsServer: string;
  /** What an encoder calls the stream key. */
  readonly rtmpStreamKey: string;
  readonly srtUrl: string;
  readonly srtPassphrase: string | null;
}

/** Hosts that take RTMP and SRT in a cluster. */
export interface IngestHosts {
  readonly rtmpHost: string;
  readonly srtHost: string;
}

export function ingestEndpoints(
  director: string,
  { rtmpHost, srtHost }: IngestHosts,
  token: PublishTokenRecord,
  streamName: string,
): IngestEndpoints {
  const publishToken = token.secret.reveal();
  return {
    whipUrl: `${director}/api/whip/${encodeURIComponent(streamName)}`,
    publishToken,
    rtmpServer: `rtmp://${rtmpHost}:1935/v2/pub`,
    rtmpsServer: `rtmps://${rtmpHost}:443/v2/pub`,
    rtmpStreamKey: `${encodeURIComponent(streamName)}?token=${publishToken}`,
    srtUrl: `srt://${srtHost}:10000?streamid=${encodeURIComponent(srtStreamId(streamName, publishToken, token.srtPassphrase !== null))}`,
    srtPassphrase: token.srtPassphrase?.reveal() ?? null,
  };
}

/** SRT takes a short form of the publish token: its bytes, in base64url. `&e` says that the ingest is encrypted. */
function srtStreamId(streamName: string, publishToken: string, isEncrypted: boolean): string {
  const shortToken = Buffer.from(publishToken, "hex").toString("base64url");
  return `${streamName}?t=${shortToken}${isEncrypted ? "&e" : ""}`;
}

/** The hosts of a cluster that is not listed, by the platform's naming. */
export function conventionalHosts(clusterId: string): IngestHosts {
  return { rtmpHost: `rtmp-${clusterId}.millicast.com`, srtHost: `srt-${clusterId}.millicast.com` };
}
