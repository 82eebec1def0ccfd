import { SignJWT } from "jose";
import { isoSeconds } from "../calendar.ts";
import type { PublishToken } from "../tokens/token.ts";

/** Connection details that the Director returns, except who may watch. */
export interface SessionParts {
  readonly role: "pub" | "sub";
  readonly accountId: string;
  readonly streamName: string;
  readonly clusterId: string;
  readonly publishToken: PublishToken;
  readonly now: number;
}

const SESSION_SECONDS = 60;
const SESSION_KEY = new TextEncoder().encode("the sandbox signs sessions that no media server will ever check");

/**
 * Returns connection details as a client of the platform expects them.
 *
 * The URLs lead to the platform's media servers, which the sandbox does not emulate; the JWT can be decoded and has the
 * claims that the web SDK reads.
 */
export async function sessionOf({ role, accountId, streamName, clusterId, publishToken, now }: SessionParts) {
  const url = `wss://live-${clusterId}.millicast.com/ws/v2/${role}/${accountId}`;
  const issuedAt = Math.floor(now / 1000);
  const jwt = await new SignJWT({
    millicast: {
      type: role === "pub" ? "Publish" : "Subscribe",
      streamAccountId: accountId,
      streamName,
      clusterId,
      record: publishToken.record,
      multisource: publishToken.multisource,
    },
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + SESSION_SECONDS)
    .sign(SESSION_KEY);
  return {
    wsUrl: url,
    urls: [url],
    jwt,
    iceServers: [
      { urls: ["stun:stun.millicast.com:443"] },
      {
        urls: ["turn:turn.millicast.com:443?transport=udp", "turns:turn.millicast.com:443?transport=tcp"],
        username: `${accountId}:${isoSeconds(now)}`,
        credential: "sandbox",
      },
    ],
    streamAccountId: accountId,
    ...(publishToken.drm ? { drmObject: DRM_PATHS } : {}),
  };
}

const DRM_PATHS = {
  widevineUrl: "/api/drm/widevine",
  fairPlayUrl: "/api/drm/fairplay",
  fairPlayCertUrl: "/api/drm/fairplay/certificate",
};
