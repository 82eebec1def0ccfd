import type { GraphContext } from "../../context.ts";
import { isUsable, type PublishTokenRecord } from "../../model/token/token.ts";

/** Returns the publish tokens that may broadcast the stream now, oldest first. @throws UpstreamError */
export async function usablePublishTokens(
  streamName: string,
  { loaders, now }: GraphContext,
): Promise<PublishTokenRecord[]> {
  return (await loaders.tokens()).publish.covering(streamName).filter((token) => isUsable(token, now));
}

/**
 * Returns the publish tokens that might broadcast the stream now, oldest first.
 *
 * Includes usable tokens with a pattern that the gateway cannot read: for checks that protect.
 *
 * @throws UpstreamError
 */
export async function possiblePublishTokens(
  streamName: string,
  { loaders, now }: GraphContext,
): Promise<PublishTokenRecord[]> {
  return (await loaders.tokens()).publish.possiblyCovering(streamName).filter((token) => isUsable(token, now));
}
