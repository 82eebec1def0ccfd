import * as z from "zod";
import type { Clock } from "./clock.ts";
import { validated } from "./http/body.ts";
import { error, fail, invalid, ResponseError, success } from "./http/response.ts";
import type { Route } from "./http/route.ts";
import type { Live } from "./live/live.ts";

const WINDOW_MS = 60_000;
const MAX_IN_WINDOW = 6;

/**
 * Creates the route that makes a thumbnail of a live stream.
 *
 * The picture goes to webhooks only, so the response is all there is to see. The token needs no setting.
 *
 * @see POST /api/thumbnails
 */
export function thumbnailRoutes(live: Live, clock: Clock): Route[] {
  /** Instants of the requests of the last minute, by stream and token. */
  const requests = new Map<string, readonly number[]>();

  return [
    {
      method: "POST",
      path: "/api/thumbnails",
      operationId: "Thumbnails_TriggerThumbnail",
      access: "api secret",
      body: "json",
      handle({ body }) {
        const { streamName, tokenId } = validated(thumbnailInput, body);
        if (!streamName && tokenId == null) throw invalid({ streamName: ["Give streamName or tokenId."] });
        const isWanted = (feed: { readonly streamName: string; readonly tokenId: number }) =>
          (!streamName || feed.streamName === streamName) && (tokenId == null || feed.tokenId === tokenId);
        const feed = live.liveFeeds().find(isWanted);
        // Undocumented: an idle stream is rejected, not answered with false.
        if (!feed) throw fail({ message: "stream not being published" });

        const key = `${feed.tokenId}/${feed.streamName}`;
        const now = clock.now();
        const recent = (requests.get(key) ?? []).filter((at) => at > now - WINDOW_MS);
        // The limit is documented and its response is not: 429, as everywhere else.
        if (recent.length >= MAX_IN_WINDOW)
          throw new ResponseError(error(429, "Too many thumbnail requests for this stream"));
        requests.set(key, [...recent, now]);
        return success(true);
      },
    },
  ];
}

const thumbnailInput = z.object({ streamName: z.string().nullish(), tokenId: z.int().nullish() });
