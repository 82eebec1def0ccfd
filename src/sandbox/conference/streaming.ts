import * as z from "zod";
import { fieldErrorsOf } from "../http/body.ts";
import { empty, json } from "../http/response.ts";
import type { Call, Route } from "../http/route.ts";
import { feedInput, startFeed } from "../live/simulated-clients.ts";
import type { Platform } from "../platform.ts";
import { publishDraft, subscribeDraft } from "../seed/tokens.ts";
import { type ConferenceApp, checkAppToken } from "./app-token.ts";
import { conferenceError } from "./conference-error.ts";

/** One output of a conference, and what its end removes. */
interface Output {
  readonly streamName: string;
  /** Secret of the publish token; null for an RTMP target outside the platform. */
  readonly token: string | null;
  /** Ids of tokens that were created for this output alone; null if the client brought the token. */
  readonly ownTokens: { readonly publish: number; readonly subscribe: number } | null;
}

type Way = "v2" | "v3" | "rtmp";

/**
 * Creates the routes that broadcast the mix of a conference.
 *
 * The sandbox has no conferences: any UUID is the id of a running one. Its broadcast is a live feed like any other, and
 * passes the same check.
 *
 * Upstream's success code and its failures are undocumented. Here a start fails at once if the Director would refuse
 * the feed, with 409 while another one runs, and a stop without a start with 404.
 *
 * @see POST /v{2,3}/conferences/mix/{conferenceId}/rts/{start,stop} and /v2/.../rtmp/{start,stop}
 */
export function conferenceRoutes(platform: Platform, app: ConferenceApp): Route[] {
  const outputs = new Map<string, readonly Output[]>();
  const key = (way: Way, conferenceId: string) => `${way} ${conferenceId}`;
  const running = (way: Way, conferenceId: string) => outputs.get(key(way, conferenceId)) ?? [];

  const route = (
    path: string,
    operationId: string,
    handle: (conferenceId: string, body: unknown) => unknown,
  ): Route => ({
    method: "POST",
    path: path.replace("...", "conferences/mix/{conferenceId}"),
    operationId,
    access: "app",
    body: "text",
    async handle(call) {
      await checkAppToken(call, app, platform.clock);
      const body = readBody(call);
      const responseData = handle(conferenceOf(call), body);
      return responseData === undefined ? empty(200) : json(200, responseData);
    },
  });

  function publish(streamName: string, token: string): void {
    const outcome = startFeed(platform, feedInput.parse({ streamName, token }));
    if (!outcome.ok) throw conferenceError(400, "Streaming failed", outcome.message);
  }

  function checkIdle(conferenceId: string): void {
    if (running("v2", conferenceId).length + running("v3", conferenceId).length === 0) return;
    throw conferenceError(409, "Conflict", "The conference is being streamed already.");
  }

  function stop(way: Way, conferenceId: string): void {
    const stopping = running(way, conferenceId);
    if (stopping.length === 0) throw conferenceError(404, "Not found", "The conference is not being streamed.");
    const { live, tokens } = platform;
    for (const { streamName, token, ownTokens } of stopping) {
      live.endFeeds((feed) => feed.streamName === streamName && feed.credentials.token === token);
      if (ownTokens) {
        tokens.publish.remove(ownTokens.publish);
        tokens.subscribe.remove(ownTokens.subscribe);
      }
    }
    outputs.delete(key(way, conferenceId));
  }

  /** Starts a stream of the platform's: here one of the account, with a token of each kind while it lasts. */
  function startOwn(conferenceId: string) {
    const { account, tokens, clock } = platform;
    const common = {
      label: `conference ${conferenceId}`,
      streams: [{ streamName: conferenceId, isRegex: false }],
      addedAt: clock.now(),
      inheritedCluster: account.defaultCluster,
    };
    const publishToken = tokens.publish.add(publishDraft({ ...common, subscribeRequiresAuth: true }));
    const subscribeToken = tokens.subscribe.add(subscribeDraft(common));
    publish(conferenceId, publishToken.token);
    const ownTokens = { publish: publishToken.id, subscribe: subscribeToken.id };
    outputs.set(key("v3", conferenceId), [{ streamName: conferenceId, token: publishToken.token, ownTokens }]);
    const streamId = `${account.accountId}/${conferenceId}`;
    return {
      streamName: conferenceId,
      subscribeToken: subscribeToken.token,
      // Clients differ in the casing that they read.
      streamAccountID: account.accountId,
      streamAccountId: account.accountId,
      viewerURL: `https://viewer.millicast.com?streamId=${streamId}&token=${subscribeToken.token}`,
    };
  }

  return [
    route("/v3/.../rts/start", "start-rts", (conferenceId, body) => {
      checked(mixOptions, body);
      checkIdle(conferenceId);
      return startOwn(conferenceId);
    }),
    route("/v3/.../rts/stop", "stop-rts", (conferenceId) => stop("v3", conferenceId)),
    route("/v2/.../rts/start", "start-rts-v2", (conferenceId, body) => {
      const { streamName, publishingToken } = checked(ownStream, body);
      checkIdle(conferenceId);
      publish(streamName, publishingToken);
      outputs.set(key("v2", conferenceId), [{ streamName, token: publishingToken, ownTokens: null }]);
    }),
    route("/v2/.../rts/stop", "stop-rts-v2", (conferenceId) => stop("v2", conferenceId)),
    route("/v2/.../rtmp/start", "start-rtmp", (conferenceId, body) => {
      const { uri } = checked(rtmpTarget, body);
      const target = ingestOf(uri);
      if (target.token !== null) publish(target.streamName, target.token);
      outputs.set(key("rtmp", conferenceId), [...running("rtmp", conferenceId), { ...target, ownTokens: null }]);
    }),
    route("/v2/.../rtmp/stop", "stop-rtmp", (conferenceId) => stop("rtmp", conferenceId)),
  ];
}

const mixOptions = z.object({
  layoutUrl: z.string().nullish(),
  height: z.int().min(390).max(1920).optional(),
  // The Node and Python docs disagree about the least width; this is the lower of the two.
  width: z.int().min(390).max(1920).optional(),
  mixId: z.string().optional(),
});
const ownStream = z.object({
  streamName: z.string().min(1).max(128),
  publishingToken: z.string().min(1),
  layoutUrl: z.string().nullish(),
});
const rtmpTarget = mixOptions.extend({ uri: z.string().regex(/^rtmps?:\/\//, { error: "An RTMP address." }) });

function readBody({ contentType, body }: Call): unknown {
  if (contentType !== "application/json")
    throw conferenceError(415, "Unsupported Media Type", "The body must be JSON.");
  try {
    return JSON.parse(String(body ?? ""));
  } catch {
    throw conferenceError(400, "Bad request", "The body must be JSON, and an empty object at least.");
  }
}

function checked<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = Object.entries(fieldErrorsOf(parsed.error)).map(([field, texts]) => `${field}: ${texts.join(" ")}`);
  throw conferenceError(400, "Bad request", problems.join("; "));
}

/** Returns the conference's id; an alias is rejected. */
function conferenceOf(call: Call): string {
  const id = call.param("conferenceId");
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return id;
  throw conferenceError(404, "Not found", "There is no such conference.");
}

/**
 * Returns the stream of an ingest address of the platform.
 *
 * Such as `rtmp://rtmp-auto.millicast.com:1935/v2/pub/{name}?token={token}`.
 */
function ingestOf(uri: string): { streamName: string; token: string | null } {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  const [, name] = /^\/v2\/pub\/(.+)$/.exec(url?.pathname ?? "") ?? [];
  if (!url?.hostname.endsWith(".millicast.com") || name === undefined) return { streamName: uri, token: null };
  return { streamName: decodeURIComponent(name), token: url.searchParams.get("token") ?? "" };
}
