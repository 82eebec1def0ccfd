import { jwtVerify, SignJWT } from "jose";
import type { Clock } from "../clock.ts";
import { json } from "../http/response.ts";
import type { Call, Route } from "../http/route.ts";
import { hexSecret, uuidOf } from "../random.ts";
import { conferenceError } from "./conference-error.ts";

/** Credentials of an app on the conference platform. */
export interface ConferenceApp {
  readonly key: string;
  readonly secret: string;
}

/** The only app that the sandbox accepts. */
export const CONFERENCE_APP: ConferenceApp = { key: "sandbox-app-key", secret: "sandbox-app-secret" };

const DEFAULT_SECONDS = 1800;
const MAX_SECONDS = 86_400;

const SCOPES = [
  "comms:client_access_token:create",
  "comms:conf:admin",
  "comms:conf:create",
  "comms:conf:destroy",
  "comms:monitor:delete",
  "comms:monitor:download",
  "comms:monitor:read",
  "comms:record:write",
  "comms:remix:read",
  "comms:remix:write",
  "comms:stream:write",
];
const ALL_SCOPES = "comms:*";

const signingKey = ({ secret }: ConferenceApp) => new TextEncoder().encode(hexSecret(0, `conference ${secret}`));

/**
 * Creates the route that issues a token for the app's key and secret, by client credentials.
 *
 * @see POST /v1/auth/token
 */
export function appTokenRoute(app: ConferenceApp, clock: Clock): Route {
  let issued = 0;
  return {
    method: "POST",
    path: "/v1/auth/token",
    operationId: "get-api-token",
    access: "app",
    body: "text",
    async handle(call) {
      const credentials = Buffer.from(`${app.key}:${app.secret}`).toString("base64");
      const [scheme, given] = (call.header("authorization") ?? "").split(/\s+/, 2);
      if (scheme?.toLowerCase() !== "basic" || given !== credentials) {
        throw conferenceError(401, "Unauthorized", "The app key and secret are not valid.");
      }
      const { seconds, scopes } = readRequest(call);
      const issuedAt = Math.floor(clock.now() / 1000);
      const scope = scopes.length === 0 ? {} : { scope: scopes.join(" ") };
      const token = await new SignJWT(scope)
        .setProtectedHeader({ alg: "HS256", typ: "JWT" })
        .setJti(uuidOf(0, `app token ${++issued}`))
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + seconds)
        .sign(signingKey(app));
      return json(200, { access_token: token, expires_in: seconds, token_type: "Bearer", ...scope });
    },
  };
}

function readRequest({ contentType, body }: Call): { seconds: number; scopes: readonly string[] } {
  if (contentType !== "application/x-www-form-urlencoded") {
    throw conferenceError(415, "Unsupported Media Type", "The body must be application/x-www-form-urlencoded.");
  }
  const form = new URLSearchParams(String(body ?? ""));
  if (form.get("grant_type") !== "client_credentials") {
    throw conferenceError(400, "unsupported_grant_type", "grant_type must be client_credentials.");
  }
  const lifetime = form.get("expires_in") ?? String(DEFAULT_SECONDS);
  const seconds = /^\d{1,9}$/.test(lifetime) ? Number(lifetime) : 0;
  if (seconds < 1 || seconds > MAX_SECONDS) {
    throw conferenceError(400, "invalid_request", `expires_in must be between 1 and ${MAX_SECONDS}.`);
  }
  const requested = (form.get("scope") ?? "").split(" ").filter(Boolean);
  const scopes = requested.filter((scope) => scope === ALL_SCOPES || SCOPES.includes(scope));
  // Unknown scopes are dropped, and no scope is no limit; but a request for unknown scopes alone must not grant
  // everything.
  if (requested.length > 0 && scopes.length === 0)
    throw conferenceError(400, "invalid_scope", "None of the scopes is known.");
  return { seconds, scopes };
}

/**
 * Checks that a call bears a valid token with the scope for streaming.
 *
 * @throws ResponseError with 401, or 403 for a token without the scope
 */
export async function checkAppToken(call: Call, app: ConferenceApp, clock: Clock): Promise<void> {
  const unauthorized = conferenceError(401, "Unauthorized", "The token is missing, not valid or expired.");
  const token = call.caller.bearer;
  if (token === null) throw unauthorized;
  const verified = await jwtVerify(token, signingKey(app), {
    algorithms: ["HS256"],
    currentDate: new Date(clock.now()),
  }).catch(() => undefined);
  if (!verified) throw unauthorized;
  const scope = verified.payload["scope"];
  const scopes = typeof scope === "string" ? scope.split(" ") : [ALL_SCOPES];
  if (!scopes.includes(ALL_SCOPES) && !scopes.includes("comms:stream:write")) {
    throw conferenceError(403, "Forbidden", "The token lacks the scope comms:stream:write.");
  }
}
