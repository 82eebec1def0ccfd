import { ApplicationError } from "../errors.ts";
import type { PublishTokenRecord } from "../token/token.ts";
import type { IngestParameter } from "./ingest-plan.ts";

/**
 * Addresses of a stream, which the platform does not tell but which follow from its documents. Those for broadcasting hold
 * the publish token, so they are secrets as a whole.
 */

/** Where the page of the platform's own player is. */
const PLAYER_URL = "https://viewer.millicast.com";

/** Addresses for watching. They hold no secret: a viewer of a secured stream adds its own token. */
export interface PlaybackEndpoints {
  /** For players that speak WHEP: POST an SDP offer, with the token as bearer. */
  readonly whepUrl: string;
  /** For the platform's SDKs. */
  readonly directorUrl: string;
}

/** Where the platform's SDKs ask for their servers. */
export interface DirectorAddresses {
  readonly subscribeUrl: string;
  readonly publishUrl: string;
}

export function directorAddresses(director: string): DirectorAddresses {
  return { subscribeUrl: `${director}/api/director/subscribe`, publishUrl: `${director}/api/director/publish` };
}

export function playbackEndpoints(director: string, accountId: string, streamName: string): PlaybackEndpoints {
  return {
    whepUrl: `${director}/api/whep/${encodeURIComponent(accountId)}/${encodeURIComponent(streamName)}`,
    directorUrl: directorAddresses(director).subscribeUrl,
  };
}

/**
 * Returns the address of the platform's own player for a stream. With a viewer's token it opens a secured one, and is as secret as
 * the token.
 *
 * The player decodes the stream's id, and then takes what follows its last slash for the name.
 *
 * @throws ApplicationError NOT_PLAYABLE for a name with a slash
 * @see https://github.com/millicast/vue-viewer-plugin/blob/main/src/service/utils/params.js
 */
export function hostedPlayerUrl(accountId: string, streamName: string, viewerToken?: string): string {
  if (streamName.includes("/")) {
    const message = `The platform's hosted player must get a stream name without a slash; got ${streamName}.`;
    throw new ApplicationError("NOT_PLAYABLE", message, { streamName });
  }
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
  /** The part of it that names the stream and the token, as it stands before it is encoded. */
  readonly srtStreamId: string;
  readonly srtPassphrase: string | null;
}

/** Hosts that take RTMP and SRT in a cluster. */
export interface IngestHosts {
  readonly rtmpHost: string;
  readonly srtHost: string;
}

/** @param parameters what the addresses hold beside the stream's name and the token */
export function ingestEndpoints(
  director: string,
  { rtmpHost, srtHost }: IngestHosts,
  token: PublishTokenRecord,
  streamName: string,
  parameters: readonly IngestParameter[] = [],
): IngestEndpoints {
  const publishToken = token.secret.reveal();
  const name = encodeURIComponent(streamName);
  const encoded = parameters.map((parameter) => written(parameter, encodeURIComponent));
  const streamId = srtStreamId(streamName, token, parameters);
  return {
    whipUrl: `${director}/api/whip/${name}${encoded.length > 0 ? `?${encoded.join("&")}` : ""}`,
    publishToken,
    rtmpServer: `rtmp://${rtmpHost}:1935/v2/pub`,
    rtmpsServer: `rtmps://${rtmpHost}:443/v2/pub`,
    rtmpStreamKey: [`${name}?token=${publishToken}`, ...encoded].join("&"),
    srtUrl: `srt://${srtHost}:10000?streamid=${encodeURIComponent(streamId)}`,
    srtStreamId: streamId,
    srtPassphrase: token.srtPassphrase?.reveal() ?? null,
  };
}

/**
 * SRT takes a short form of the publish token: its bytes, in base64url. `&e` says that the ingest is encrypted. The whole
 * is encoded once more where it stands in an address, so its parts are not.
 */
function srtStreamId(streamName: string, token: PublishTokenRecord, parameters: readonly IngestParameter[]): string {
  const shortToken = Buffer.from(token.secret.reveal(), "hex").toString("base64url");
  const encryption = token.isSrtEncrypted ? ["e"] : [];
  return [`${streamName}?t=${shortToken}`, ...encryption, ...parameters.map((each) => written(each, String))].join("&");
}

function written([name, value]: IngestParameter, encode: (value: string | number) => string): string {
  return value === null ? name : `${name}=${encode(value)}`;
}

/** The hosts of a cluster that is not listed, by the platform's naming. */
export function conventionalHosts(clusterId: string): IngestHosts {
  return { rtmpHost: `rtmp-${clusterId}.millicast.com`, srtHost: `srt-${clusterId}.millicast.com` };
}
