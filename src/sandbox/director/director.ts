import * as z from "zod";
import type { Account } from "../account.ts";
import type { Clock } from "../clock.ts";
import { ingestCluster } from "../cluster.ts";
import { validated } from "../http/body.ts";
import { fail, success, text } from "../http/response.ts";
import type { Call, Route } from "../http/route.ts";
import { effectiveCluster } from "../tokens/token.ts";
import type { Admission, ConnectionAttempt } from "./admission.ts";
import type { DirectorRefusal } from "./director-error.ts";
import { sessionOf } from "./session.ts";

/**
 * Creates the Director's routes, which return connection details to callers that pass the check.
 *
 * WHIP and WHEP do the same over SDP. No media flows, so nothing here starts a feed or a viewer: see `startFeed` and
 * `attachViewers` in sandbox.ts.
 *
 * @see POST /api/director/publish, /api/director/subscribe, /api/whip/{streamName}, /api/whep/{account}/{streamName}
 */
export function directorRoutes(account: Account, admission: Admission, clock: Clock): Route[] {
  const { accountId } = account;

  return [
    {
      method: "POST",
      path: "/api/director/publish",
      operationId: "Director_Publish",
      access: "stream token",
      body: "json",
      async handle({ body, caller }) {
        const { streamName } = validated(directorInput, body);
        const admitted = admission.publish(streamName, visitorOf(caller), clock.now());
        if (!admitted.ok) throw refusal(admitted, `${accountId}/${streamName}`);
        const publishToken = admitted.token;
        const clusterId = ingestCluster(effectiveCluster(publishToken), caller.country);
        const session = await sessionOf({
          role: "pub",
          accountId,
          streamName,
          clusterId,
          publishToken,
          now: clock.now(),
        });
        return success({ ...session, subscribeRequiresAuth: publishToken.subscribeRequiresAuth });
      },
    },
    {
      method: "POST",
      path: "/api/director/subscribe",
      operationId: "Director_Subscribe",
      access: "stream token",
      body: "json",
      async handle({ body, caller }) {
        const { streamName, streamAccountId } = validated(directorInput, body);
        const admitted = await admission.subscribe(streamName, streamAccountId ?? null, visitorOf(caller), clock.now());
        if (!admitted.ok) throw refusal(admitted, `${streamAccountId ?? accountId}/${streamName}`);
        const { feed, publishToken } = admitted;
        const now = clock.now();
        return success(
          await sessionOf({ role: "sub", accountId, streamName, clusterId: feed.clusterId, publishToken, now }),
        );
      },
    },
    {
      method: "POST",
      path: "/api/whip/{streamName}",
      operationId: "Whip_WhipPublish",
      access: "stream token",
      body: "sdp",
      handle(call) {
        const problem = sdpProblem(call);
        if (problem) return text(400, problem);
        const streamName = call.param("streamName");
        const visitor = { ...visitorOf(call.caller), token: call.query.get("auth") ?? call.caller.bearer };
        const admitted = admission.publish(streamName, visitor, clock.now());
        return admitted.ok
          ? sdpAnswer(`/api/whip/${encodeURIComponent(streamName)}`)
          : text(admitted.status, admitted.message);
      },
    },
    {
      method: "POST",
      path: "/api/whep/{streamAccountId}/{streamName}",
      operationId: "Whep_WhepSubscribe",
      access: "stream token",
      body: "sdp",
      async handle(call) {
        const problem = sdpProblem(call);
        if (problem) return text(400, problem);
        const [streamAccountId, streamName] = [call.param("streamAccountId"), call.param("streamName")];
        const visitor = visitorOf(call.caller);
        const admitted = await admission.subscribe(streamName, streamAccountId, visitor, clock.now());
        if (admitted.ok) return sdpAnswer(`/api/whep/${streamAccountId}/${encodeURIComponent(streamName)}`);
        return admitted.status === 401 ? text(401, admitted.message) : text(409, "Stream not found");
      },
    },
  ];
}

/** Clients send more fields than this, such as the web SDK's `streamType`. */
const directorInput = z.object({ streamName: z.string().min(1), streamAccountId: z.string().nullish() });

function visitorOf({ bearer, ip, country, origin }: Call["caller"]): ConnectionAttempt {
  return { token: bearer, ip, country, origin };
}

/** For a wrong stream the response names its id, for a wrong token only the reason. */
function refusal({ status, message }: DirectorRefusal, streamId: string): Error {
  return fail(status === 401 ? { message } : { streamId, message }, status);
}

function sdpProblem({ body, contentType }: Call): string | undefined {
  if (contentType !== "application/sdp") return "Validation errors:\nThe content type must be application/sdp.";
  if (typeof body !== "string" || body.trim() === "")
    return "Validation errors:\nA non-empty request body is required.";
  return undefined;
}

/** Returns an SDP answer that rejects every medium, since no media server listens. */
const REJECTING_ANSWER = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=sandbox", "t=0 0", ""].join("\r\n");

function sdpAnswer(resource: string) {
  return {
    status: 201,
    contentType: "application/sdp",
    body: REJECTING_ANSWER,
    headers: { location: `${resource}/session` },
  };
}
