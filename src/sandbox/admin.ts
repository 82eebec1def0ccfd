import * as z from "zod";
import { isoMillis, parseInstant, QUARTER_MS } from "./calendar.ts";
import type { DirectorRefusal } from "./director/director-error.ts";
import { validated } from "./http/body.ts";
import type { CallLog } from "./http/call-log.ts";
import { type Faults, faultInput } from "./http/faults.ts";
import { fail, invalid, success } from "./http/response.ts";
import type { Call, Route } from "./http/route.ts";
import { attachViewers, feedInput, startFeed, viewersInput } from "./live/simulated-clients.ts";
import { endOf } from "./live/viewing.ts";
import type { Platform } from "./platform.ts";
import { addForeignToken, foreignTokenInput } from "./tokens/foreign.ts";

/** Parts that the operator's paths need beside the platform. */
export interface AdminParts {
  readonly platform: Platform;
  readonly faults: Faults;
  readonly calls: CallLog;
  reset(): void;
}

/** A path of the sandbox itself, with its description in `GET /sandbox`. */
interface AdminPath {
  readonly method: Route["method"];
  readonly path: string;
  readonly does: string;
  /** Fields of the JSON body. */
  readonly takes?: Readonly<Record<string, string>>;
  handle(call: Call): unknown;
}

/**
 * Creates the sandbox's own paths, for its operator.
 *
 * They are no part of the platform: no fault hits them, and no log has them. From loopback they need no bearer, from
 * elsewhere the API secret.
 */
export function adminRoutes(parts: AdminParts): Route[] {
  const paths = adminPaths(parts);
  const description = {
    about: "Controls of the sandbox. Every path answers JSON; a malformed body gets a 400 that names the field.",
    callers:
      "The Director reads a caller's address and country from x-forwarded-for and x-sandbox-country, otherwise from the socket and US.",
    paths: paths.map(({ method, path, does, takes }) => ({ method, path, does, ...(takes ? { takes } : {}) })),
  };
  return [
    { method: "GET", path: "/sandbox", operationId: null, access: "operator", handle: () => success(description) },
    ...paths.map(
      ({ method, path, takes, handle }): Route => ({
        method,
        path,
        operationId: null,
        access: "operator",
        ...(takes ? { body: "json" } : {}),
        handle: async (call) => success(await handle(call)),
      }),
    ),
  ];
}

function adminPaths({ platform, faults, calls, reset }: AdminParts): AdminPath[] {
  const { live, clock } = platform;
  return [
    {
      method: "GET",
      path: "/sandbox/clock",
      does: "Reads the sandbox's clock.",
      handle: () => clockState(platform),
    },
    {
      method: "POST",
      path: "/sandbox/clock",
      does: "Moves the clock forward, by a span or to an instant.",
      takes: { advanceMs: "milliseconds to move by", set: "or an ISO 8601 instant to move to" },
      handle({ body }) {
        const move = validated(clockInput, body);
        try {
          if (move.advanceMs !== undefined) clock.advance(move.advanceMs);
          if (move.set !== undefined) clock.set(move.set);
        } catch (problem) {
          if (!(problem instanceof RangeError)) throw problem;
          throw invalid({ [move.set === undefined ? "advanceMs" : "set"]: [problem.message] });
        }
        return clockState(platform);
      },
    },
    {
      method: "GET",
      path: "/sandbox/lag",
      does: "Reads for how long after each quarter hour analytics still return the usage of the quarter hour before.",
      handle: () => ({ lagMs: platform.lag.get() }),
    },
    {
      method: "POST",
      path: "/sandbox/lag",
      does: "Sets that lag, for all later calls.",
      takes: { lagMs: "milliseconds, less than a quarter hour" },
      handle({ body }) {
        platform.lag.set(validated(lagInput, body).lagMs);
        return { lagMs: platform.lag.get() };
      },
    },
    {
      method: "GET",
      path: "/sandbox/feeds",
      does: "Lists the feeds that are live.",
      handle: () =>
        live.liveFeeds().map(({ feedId, streamName, tokenId, clusterId, bitsPerSecond, startedAt }) => ({
          feedId,
          streamName,
          tokenId,
          clusterId,
          bitsPerSecond,
          startedAt: isoMillis(startedAt),
        })),
    },
    {
      method: "POST",
      path: "/sandbox/feeds",
      does: "Starts a feed, if the Director lets it in.",
      takes: {
        token: "the publish token's secret",
        streamName: "text",
        bitsPerSecond: "ingest, a number or decimal digits; 4000000",
        seconds: "how long; until stopped",
        "ip, country, origin": "address, country and origin; 192.0.2.10, US, none",
        "sourceId, simulcastId, priority": "optional",
      },
      handle: ({ body }) => letIn(startFeed(platform, validated(feedInput, body))),
    },
    {
      method: "DELETE",
      path: "/sandbox/feeds/{feedId}",
      does: "Ends a feed as its encoder would: no reconnect.",
      handle(call) {
        const ended = live.endFeeds((feed) => feed.feedId === call.param("feedId"));
        if (ended.length === 0) throw fail({ feedId: "No live feed has this id." });
        return true;
      },
    },
    {
      method: "GET",
      path: "/sandbox/viewers",
      does: "Lists the attached viewers, without those of the seed.",
      handle: () =>
        live
          .viewings()
          .filter((viewing) => endOf(viewing) > clock.now())
          .map(({ clientId, streamName, trackingId, country, bitsPerSecond, startedAt }) => ({
            clientId,
            streamName,
            trackingId,
            country,
            bitsPerSecond,
            startedAt: isoMillis(startedAt),
          })),
    },
    {
      method: "POST",
      path: "/sandbox/viewers",
      does: "Attaches viewers, if the Director lets them in.",
      takes: {
        token: "a subscribe token's secret or a JWT signed under one; none",
        streamName: "text",
        streamAccountId: "needed without a token",
        bitsPerSecond: "to each, a number or decimal digits; 2500000",
        seconds: "how long; until detached",
        count: "how many; 1",
        "ip, country, origin, userAgent, cluster": "address, country, origin and route; optional",
        clientId: "id of a viewer that reconnects; optional",
      },
      handle: async ({ body }) => letIn(await attachViewers(platform, validated(viewersInput, body))),
    },
    {
      method: "DELETE",
      path: "/sandbox/viewers/{clientId}",
      does: "Detaches a viewer.",
      handle(call) {
        if (!live.detach(call.param("clientId"))) throw fail({ clientId: "No attached viewer has this id." });
        return true;
      },
    },
    {
      method: "POST",
      path: "/sandbox/tokens",
      does: "Creates a token with a pattern that only the platform's own engine accepts, as its dashboard would.",
      takes: {
        kind: "publish or subscribe",
        label: "1 to 128 characters",
        pattern: "1 to 128 characters, such as ^(?!internal-).+$",
        opens: "the names that the pattern opens",
        isSecured: "of a publish token: whether viewers need a token; false",
        trackingId: "of a subscribe token; none",
        originCluster: "cluster id or auto; the account's default",
      },
      handle({ body }) {
        const { defaultCluster } = platform.account;
        const now = clock.now();
        const { id } = addForeignToken(platform.tokens, validated(foreignTokenInput, body), { now, defaultCluster });
        return { id };
      },
    },
    { method: "GET", path: "/sandbox/faults", does: "Lists the faults in force.", handle: () => faults.list() },
    {
      method: "POST",
      path: "/sandbox/faults",
      does: "Makes later calls of the platform's paths fail.",
      takes: {
        method: "only this method; any",
        path: "only paths that match, * for any text; *",
        skip: "calls that pass before the first one that is hit; 0",
        times: "calls to hit; all",
        chance: "share of the calls to hit, above 0 and up to 1; 1",
        latencyMs: "answer after this delay",
        status: "answer with this status without acting",
        headers: "headers of that status, such as retry-after",
        drop: "drop the connection before or after acting",
        hang: "never answer: before or after acting",
        truncate: "true: send half the response, then drop the connection",
        dripMs: "send the response byte by byte, with this delay between two",
        padBytes: "append this many blanks to the response",
        replace: "act, then answer with status 200 and this contentType and body",
      },
      handle({ body }) {
        faults.add(validated(faultInput, body));
        return faults.list();
      },
    },
    {
      method: "DELETE",
      path: "/sandbox/faults",
      does: "Ends all faults.",
      handle() {
        faults.clear();
        return true;
      },
    },
    {
      method: "GET",
      path: "/sandbox/calls",
      does: "Lists the calls of the platform's paths, without tokens, secrets or bodies.",
      handle: () => calls.list(),
    },
    {
      method: "DELETE",
      path: "/sandbox/calls",
      does: "Clears the log of calls.",
      handle() {
        calls.clear();
        return true;
      },
    },
    {
      method: "POST",
      path: "/sandbox/reset",
      does: "Returns to the seed and to the first instant; clears faults and calls.",
      handle() {
        reset();
        return true;
      },
    },
  ];
}

const lagInput = z.strictObject({
  lagMs: z
    .int()
    .min(0)
    .max(QUARTER_MS - 1),
});

const clockInput = z
  .strictObject({
    advanceMs: z.int().min(0).optional(),
    set: z
      .string()
      .refine((text) => parseInstant(text) !== undefined, { error: "Not an ISO 8601 instant." })
      .optional(),
  })
  .refine(({ advanceMs, set }) => (advanceMs === undefined) !== (set === undefined), {
    error: "Give either advanceMs or set.",
  });

function clockState({ clock }: Platform) {
  return { now: isoMillis(clock.now()), frozen: clock.frozen };
}

/** The Director's refusal also sets the status of the response. */
function letIn<T extends { readonly ok: true }>(outcome: T | DirectorRefusal): T {
  if (outcome.ok) return outcome;
  throw fail({ message: outcome.message }, outcome.status);
}
