import type { GraphContext } from "../../context.ts";
import type { KnownClusters } from "../../model/syndication.ts";
import { isUsable, type PublishTokenRecord, type SubscribeTokenRecord } from "../../model/token.ts";
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

/** The publish tokens that may broadcast the stream now. */
export async function usablePublishers(name: string, { loaders, now }: GraphContext): Promise<PublishTokenRecord[]> {
  return (await loaders.tokens()).publish.covering(name).filter((token) => isUsable(token, now));
}

/** The account's clusters; null when the platform can't tell now, so that it will have to refuse what does not fit. */
export async function knownClusters({ account }: GraphContext): Promise<KnownClusters | null> {
  const list = await account.clusters().catch(() => null);
  return list && { ids: list.clusters.map(({ id }) => id), defaultCluster: list.defaultCluster };
}
