import * as z from "zod";
import type { Account } from "./account.ts";
import { validated } from "./http/body.ts";
import { fail, success } from "./http/response.ts";
import type { Route } from "./http/route.ts";
import type { Live } from "./live/live.ts";
import type { PublishToken } from "./tokens/token.ts";
import type { TokenRepository } from "./tokens/token-repository.ts";
import { noToken } from "./tokens/token-routes.ts";

/**
 * Creates the routes that stop live streams and change their priority.
 *
 * A stopped encoder reconnects after 5 s unless its token was disabled first.
 *
 * @see POST /api/stream/stop, /api/stream/stop/all, /api/stream/reprioritize
 */
export function streamControlRoutes(repository: TokenRepository<PublishToken>, account: Account, live: Live): Route[] {
  const stopped = (feeds: readonly unknown[], level: "Account" | "Stream" | "Token") =>
    success({ stoppingLevel: feeds.length > 0 ? level : "None" });

  return [
    {
      method: "POST",
      path: "/api/stream/stop",
      operationId: "Stream_StopStream",
      access: "api secret",
      body: "json",
      handle({ body }) {
        const { streamId } = validated(z.object({ streamId: z.string().min(1) }), body);
        if (!streamId.startsWith(`${account.accountId}/`)) {
          throw fail({ streamId: `Not a stream of this account: ${streamId}` });
        }
        const streamName = streamId.slice(account.accountId.length + 1);
        return stopped(
          live.interruptFeeds((feed) => feed.streamName === streamName),
          "Stream",
        );
      },
    },
    {
      method: "POST",
      path: "/api/stream/stop/all",
      operationId: "Stream_StopByAccount",
      access: "api secret",
      handle: () =>
        stopped(
          live.interruptFeeds(() => true),
          "Account",
        ),
    },
    {
      method: "POST",
      path: "/api/stream/reprioritize",
      operationId: "Stream_ReprioritizeStream",
      access: "api secret",
      body: "json",
      handle({ body }) {
        const { tokenId, updatePriority } = validated(reprioritizeInput, body);
        const token = repository.byId(tokenId);
        if (!token) throw fail({ tokenId: noToken("publish", tokenId) });
        // A feed that named its own priority keeps it, so dropping it would change nothing. When that is every one of them
        // the call fails: upstream does not say so, but success would promise a change that does not come.
        const feeds = live.liveFeeds().filter((feed) => feed.tokenId === tokenId);
        if (feeds.length > 0 && feeds.every(({ ownPriority }) => ownPriority)) {
          throw fail({ message: "The stream was published with a priority of its own, which cannot be changed." });
        }
        repository.replace({ ...token, priority: updatePriority });
        return stopped(
          live.interruptFeeds((feed) => feed.tokenId === tokenId && !feed.ownPriority),
          "Token",
        );
      },
    },
  ];
}

const reprioritizeInput = z.object({ tokenId: z.int(), updatePriority: z.int32() });
