import type { GraphContext } from "../../context.ts";
import { ConflictError } from "../../model/errors.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../../model/token/token.ts";

/**
 * Deletes the token that a step made, and forgets that its key stood for it, so that the step can be tried again.
 *
 * Only the answer to the step's own creation proves that the step made the token: one that was found by its settings after a
 * lost answer may have been made by another request, or in the platform's dashboard.
 *
 * @throws ConflictError for a token that was found by its settings, which is left as it is; UpstreamError
 */
export async function rollBackToken(
  { kind, id }: PublishTokenRecord | SubscribeTokenRecord,
  operation: string,
  key: string,
  { upstream, tokenCache, idempotency, caller }: GraphContext,
): Promise<void> {
  const write = { caller: caller.principalId, operation, key };
  if (!(await idempotency.isAnswered(write))) {
    await idempotency.forget(write);
    const noun = kind === "PublishToken" ? "Publish token" : "Subscribe token";
    throw new ConflictError(
      `${noun} ${id} was found by its settings after the answer to its creation was lost, so it may have been made elsewhere. It still exists: delete it by delete${kind} if nothing else uses it.`,
    );
  }
  await (kind === "PublishToken" ? upstream.publishTokens : upstream.subscribeTokens).delete(id);
  tokenCache.delete(kind, id);
  await idempotency.forget(write);
}
