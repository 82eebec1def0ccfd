import type { GraphContext } from "../../context.ts";
import { isUsable, type PublishTokenRecord } from "../../model/token/token.ts";

/** The publish tokens that may broadcast the stream now, oldest first. @throws UpstreamError */
export async function usablePublishTokens(
  streamName: string,
  { loaders, now }: GraphContext,
): Promise<PublishTokenRecord[]> {
  return (await loaders.tokens()).publish.covering(streamName).filter((token) => isUsable(token, now));
}

/**
 * The usable publish tokens that may broadcast the stream, oldest first, for checks that protect: besides those above, tokens
 * with a pattern that the gateway can't read. @throws UpstreamError
 */
export async function possiblePublishTokens(
  streamName: string,
  { loaders, now }: GraphContext,
): Promise<PublishTokenRecord[]> {
  return (await loaders.tokens()).publish.possiblyCovering(streamName).filter((token) => isUsable(token, now));
}
