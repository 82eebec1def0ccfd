import type { GraphContext } from "../../context.ts";
import { ConflictError } from "../../model/errors.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../../model/token.ts";

/**
 * Deletes the token that a step made, and forgets that its key stood for it, so that the step can be tried again.
 *
 * @throws ConflictError for a token that another request may have made, which is left as it is; UpstreamError
 */
export async function takeBackToken(
  { kind, id }: PublishTokenRecord | SubscribeTokenRecord,
  operation: string,
  key: string,
  { upstream, directory, idempotency, caller }: GraphContext,
): Promise<void> {
  const write = { caller: caller.principalId, operation, key };
  if (await idempotency.mayBeAnothers(write)) {
    await idempotency.forget(write);
    throw new ConflictError(`Token ${id} may have been made by another request that lost its answer, so it is left.`);
  }
  await (kind === "PublishToken" ? upstream.publishTokens : upstream.subscribeTokens).delete(id);
  directory.delete(kind, id);
  await idempotency.forget(write);
}
