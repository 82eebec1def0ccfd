import type { GraphContext } from "../../context.ts";
import { ConflictError, InvalidInputError } from "../../model/errors.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { findPublishToken, type TokenReference } from "../token/find-token.ts";
import { usablePublishTokens } from "./usable-publish-tokens.ts";

/**
 * The publish token of a stream that is named, or its only usable one.
 *
 * @param argument path of the reference as the client wrote it
 * @throws NotFoundError, InvalidInputError when it does not stand for the stream, ConflictError when none does or several do
 */
export async function findPublisher(
  streamName: string,
  ref: TokenReference | null | undefined,
  argument: string,
  context: GraphContext,
): Promise<PublishTokenRecord> {
  if (ref) {
    const token = await findPublishToken(ref, argument, context);
    const covering = (await context.loaders.tokens()).publish.covering(streamName);
    if (covering.some(({ id }) => id === token.id)) return token;
    throw new InvalidInputError(argument, "The token does not stand for this stream.");
  }
  const usable = await usablePublishTokens(streamName, context);
  const [only, ...others] = usable;
  if (only && others.length === 0) return only;
  const ids = usable.map(({ id }) => id);
  throw new ConflictError(
    only
      ? `Several usable publish tokens stand for the stream (${ids.join(", ")}): say which.`
      : "No usable publish token stands for the stream.",
    { argument, publishTokens: ids },
  );
}
