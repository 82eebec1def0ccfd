import type { GraphContext } from "../../context.ts";
import { ConflictError } from "../../model/errors.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../../model/token/token.ts";

/**
 * Deletes the token that a step created and forgets the step's idempotency key, so that the step can be tried again.
 *
 * Only the response to the step's own request proves that the step created the token: one that was found by its settings
 * after a lost response may have been created by another request or in the platform's dashboard.
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
      `${noun} ${id} was found by its settings after the response to its creation was lost, so it may have been created elsewhere. It still exists: delete it by delete${kind} if nothing else uses it.`,
    );
  }
  await (kind === "PublishToken" ? upstream.publishTokens : upstream.subscribeTokens).delete(id);
  tokenCache.delete(kind, id);
  await idempotency.forget(write);
}
