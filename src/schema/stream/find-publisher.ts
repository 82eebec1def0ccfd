import type { GraphContext } from "../../context.ts";
import { ConflictError, InvalidInputError } from "../../model/errors.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { findPublishToken, type TokenReference } from "../token/find-token.ts";
import { usablePublishTokens } from "./usable-publish-tokens.ts";

/**
 * Returns the publish token that the reference names, otherwise the stream's only usable one.
 *
 * @param argument path of the reference as the client wrote it
 * @throws NotFoundError
 * @throws InvalidInputError if the token does not publish the stream
 * @throws ConflictError if no usable token, or more than one, publishes the stream
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
    throw new InvalidInputError(
      argument,
      `\`${argument}\` must name a publish token of the stream ${streamName}; token ${token.id} does not publish it.`,
    );
  }
  const usable = await usablePublishTokens(streamName, context);
  const [only, ...others] = usable;
  if (only && others.length === 0) return only;
  const ids = usable.map(({ id }) => id);
  throw new ConflictError(
    only
      ? `\`${argument}\` must be given: several usable publish tokens publish the stream (${ids.join(", ")}).`
      : `\`${argument}\` cannot be chosen: no usable publish token publishes the stream ${streamName}.`,
    { argument, publishTokens: ids },
  );
}
