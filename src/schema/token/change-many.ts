import type { GraphContext } from "../../context.ts";
import { type ApplicationError, InvalidInputError, PartRefusedError } from "../../model/errors.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../../model/token/token.ts";
import type { TokenChanges } from "../../upstream/token-client.ts";
import { applyToEach } from "../apply-to-each.ts";
import { builder } from "../builder.ts";
import { type UserErrorShape, userError } from "../errors.ts";
import { assertNotForeign } from "../partner/former-holders.ts";
import { assertHolderActive, disableOfInactive, PartnerNotActiveError } from "../partner/partner-active.ts";
import { MutationPayload, type Payload } from "../payload.ts";
import { PublishToken, SubscribeToken } from "../refs.ts";
import { findPublishToken, findSubscribeToken, type TokenReference } from "./find-token.ts";

/** How many tokens one mutation enables or disables. */
export const MAX_TOKENS_PER_CHANGE = 100;

interface Changed<Token> extends Payload {
  readonly tokens: readonly Token[];
}

export const PublishTokensPayload = builder
  .objectRef<Changed<PublishTokenRecord>>("ChangePublishTokensPayload")
  .implement({
    description: "What became of several publish tokens. Some may have been changed although others could not be.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      publishTokens: t.field({
        type: [PublishToken],
        description: "The tokens that were changed, as they are now.",
        resolve: ({ tokens }) => [...tokens],
      }),
    }),
  });

export const SubscribeTokensPayload = builder
  .objectRef<Changed<SubscribeTokenRecord>>("ChangeSubscribeTokensPayload")
  .implement({
    description: "What became of several subscribe tokens. Some may have been changed although others could not be.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      subscribeTokens: t.field({
        type: [SubscribeToken],
        description: "The tokens that were changed, as they are now.",
        resolve: ({ tokens }) => [...tokens],
      }),
    }),
  });

/** Enables or disables each of the publish tokens; one failure does not keep the others from being changed. */
export async function changePublishTokens(
  refs: readonly TokenReference[],
  isActive: boolean,
  context: GraphContext,
): Promise<Changed<PublishTokenRecord>> {
  if (isActive) {
    const enabled = await each(refs, async (ref, argument) => {
      const { id } = await findPublishToken(ref, argument, context);
      const token = await context.upstream.publishTokens.update(id, { isActive });
      context.tokenCache.put(token);
      return token;
    });
    return { tokens: enabled.values, userErrors: enabled.userErrors };
  }
  const found = await each(refs, (ref, argument) => findPublishToken(ref, argument, context));
  try {
    const { disabled, failures } = await disablePublishTokens(found.values, context);
    return { tokens: disabled, userErrors: [...found.userErrors, ...failures.map(userError)] };
  } catch (error) {
    return { tokens: [], userErrors: [...found.userErrors, userError(error)] };
  }
}

/** Disables many publish tokens in one call. @throws UpstreamError when it did not go through at all */
export async function disablePublishTokens(
  tokens: readonly PublishTokenRecord[],
  { upstream, tokenCache }: GraphContext,
): Promise<{ disabled: PublishTokenRecord[]; failures: ApplicationError[] }> {
  if (tokens.length === 0) return { disabled: [], failures: [] };
  const outcome = await upstream.publishTokens.disable(tokens.map(({ id }) => id));
  const disabled = tokens
    .filter(({ id }) => outcome.disabledIds.includes(id))
    .map((token) => ({ ...token, isActive: false }));
  for (const token of disabled) tokenCache.put(token);
  return {
    disabled,
    failures: outcome.failures.map(({ id, reason }) => new PartRefusedError(`Token ${id} was not disabled`, reason)),
  };
}

/** Enables or disables each of the subscribe tokens; one failure does not keep the others from being changed. */
export async function changeSubscribeTokens(
  refs: readonly TokenReference[],
  isActive: boolean,
  context: GraphContext,
): Promise<Changed<SubscribeTokenRecord>> {
  const changed = await each(refs, async (ref, argument) =>
    updateSubscribeTokenOf(await findSubscribeToken(ref, argument, context), { isActive }, argument, context),
  );
  return { tokens: changed.values, userErrors: changed.userErrors };
}

/**
 * Changes a subscribe token. None of a suspended or retired partner is enabled, and none that was made for another partner than
 * the one that has its tracking id now. One that is disabled by hand is enabled by no resumption of its partner.
 *
 * @throws PartnerNotActiveError, ConflictError, UpstreamError
 */
export async function updateSubscribeTokenOf(
  present: SubscribeTokenRecord,
  changes: TokenChanges,
  argument: string,
  context: GraphContext,
): Promise<SubscribeTokenRecord> {
  const { upstream, tokenCache, store } = context;
  const { id, trackingId } = present;
  if (changes.isActive) {
    await assertHolderActive(trackingId, argument, context);
    await assertNotForeign(present, argument, context);
  }
  const token = await upstream.subscribeTokens.update(id, changes);
  tokenCache.put(token);
  if (changes.isActive === false) await store.partners.forgetSuspendedTokenIds([id]);
  const disabled = changes.isActive ? await disableOfInactive(token, false, context) : null;
  if (disabled) throw new PartnerNotActiveError(disabled.partner, argument);
  return token;
}

/** Does the same for each, some at once; one failure does not keep the others from being done. */
async function each<Item, Value>(
  items: readonly Item[],
  run: (item: Item, argument: string) => Promise<Value>,
): Promise<{ values: Value[]; userErrors: UserErrorShape[] }> {
  if (items.length < 1 || items.length > MAX_TOKENS_PER_CHANGE) {
    const rule = `Name 1 to ${MAX_TOKENS_PER_CHANGE} tokens.`;
    const error = new InvalidInputError("input.tokens", rule, { max: MAX_TOKENS_PER_CHANGE }, "LIMIT_EXCEEDED");
    return { values: [], userErrors: [userError(error)] };
  }
  return applyToEach(items, (item, index) => run(item, `input.tokens.${index}`));
}
