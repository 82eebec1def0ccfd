import type { GraphContext } from "../../context.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../../model/token.ts";
import type { NewPublishToken } from "../../upstream/publish-tokens.ts";
import type { NewSubscribeToken } from "../../upstream/subscribe-tokens.ts";
import { createOnce } from "../token/create-once.ts";

/** Makes a step's token, once for the client's idempotency key and the step's own name. */
export function makeSubscribeToken(
  operation: string,
  idempotencyKey: string,
  input: NewSubscribeToken,
  context: GraphContext,
): Promise<SubscribeTokenRecord> {
  const { upstream, directory } = context;
  const { subscribeToken: find, put } = directory;
  return createOnce({ operation, idempotencyKey, input, client: upstream.subscribeTokens, find, put }, context);
}

/** The same for a publish token. */
export function makePublishToken(
  operation: string,
  idempotencyKey: string,
  input: NewPublishToken,
  context: GraphContext,
): Promise<PublishTokenRecord> {
  const { upstream, directory } = context;
  const { publishToken: find, put } = directory;
  return createOnce({ operation, idempotencyKey, input, client: upstream.publishTokens, find, put }, context);
}

/** Deletes the token that a step made, and forgets that its key stood for it, so that the step can be tried again. */
export async function takeBackToken(
  { kind, id }: PublishTokenRecord | SubscribeTokenRecord,
  operation: string,
  key: string,
  { upstream, directory, idempotency, caller }: GraphContext,
): Promise<void> {
  await (kind === "PublishToken" ? upstream.publishTokens : upstream.subscribeTokens).delete(id);
  directory.delete(kind, id);
  await idempotency.forget({ caller: caller.principalId, operation, key });
}
