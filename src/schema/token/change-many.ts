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

/** Maximum number of tokens that one mutation enables or disables. */
export const MAX_TOKENS_PER_CHANGE = 100;

interface ChangedTokens<Token> extends Payload {
  readonly tokens: readonly Token[];
}

export const PublishTokensPayload = builder
  .objectRef<ChangedTokens<PublishTokenRecord>>("ChangePublishTokensPayload")
  .implement({
    description: "The changed publish tokens, and the reasons why others were not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      publishTokens: t.field({
        type: [PublishToken],
        description: "Tokens that were changed, in their new state; empty when none was.",
        resolve: ({ tokens }) => [...tokens],
      }),
    }),
  });

export const SubscribeTokensPayload = builder
  .objectRef<ChangedTokens<SubscribeTokenRecord>>("ChangeSubscribeTokensPayload")
  .implement({
    description: "The changed subscribe tokens, and the reasons why others were not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      subscribeTokens: t.field({
        type: [SubscribeToken],
        description: "Tokens that were changed, in their new state; empty when none was.",
        resolve: ({ tokens }) => [...tokens],
      }),
    }),
  });

/** Enables or disables publish tokens. A failure does not keep the others from being changed. */
export async function changePublishTokens(
  refs: readonly TokenReference[],
  isActive: boolean,
  context: GraphContext,
): Promise<ChangedTokens<PublishTokenRecord>> {
  if (isActive) {
    const enabled = await each(refs, async (ref, argument) => {
      const { id } = await findPublishToken(ref, argument, context);
      const token = await context.upstream.publishTokens.update(id, { isActive });
      context.tokenCache.put(token);
      return token;
    });
    return { tokens: enabled.values, userErrors: enabled.userErrors };
  }
  const found = await each(refs, async (ref, argument) => findPublishToken(ref, argument, context));
  try {
    const { disabled, failures } = await disablePublishTokens(found.values, context);
    return { tokens: disabled, userErrors: [...found.userErrors, ...failures.map(userError)] };
  } catch (error) {
    return { tokens: [], userErrors: [...found.userErrors, userError(error)] };
  }
}

/** Disables publish tokens in one call. @throws UpstreamError when the call failed as a whole */
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

/** Enables or disables subscribe tokens. A failure does not keep the others from being changed. */
export async function changeSubscribeTokens(
  refs: readonly TokenReference[],
  isActive: boolean,
  context: GraphContext,
): Promise<ChangedTokens<SubscribeTokenRecord>> {
  const changed = await each(refs, async (ref, argument) =>
    changeSubscribeToken(await findSubscribeToken(ref, argument, context), { isActive }, argument, context),
  );
  return { tokens: changed.values, userErrors: changed.userErrors };
}

/**
 * Changes a subscribe token.
 *
 * Does not enable a token of a suspended or retired partner, nor one that was created for a former holder of its tracking id.
 * A token that is disabled by this call stays disabled when its partner is resumed.
 *
 * @throws PartnerNotActiveError, ConflictError, UpstreamError
 */
export async function changeSubscribeToken(
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
  if (changes.isActive === false) await store.partners.removeSuspendedTokenIds([id]);
  const disabled = changes.isActive ? await disableOfInactive(token, false, context) : null;
  if (disabled) throw new PartnerNotActiveError(disabled.partner, argument);
  return token;
}

/** Changes each token, up to the maximum number; a failure does not keep the others from being changed. */
async function each<Item, Value>(
  items: readonly Item[],
  run: (item: Item, argument: string) => Promise<Value>,
): Promise<{ values: Value[]; userErrors: UserErrorShape[] }> {
  if (items.length < 1 || items.length > MAX_TOKENS_PER_CHANGE) {
    const rule = `\`input.tokens\` must name 1 to ${MAX_TOKENS_PER_CHANGE} tokens; got ${items.length}.`;
    const error = new InvalidInputError("input.tokens", rule, { max: MAX_TOKENS_PER_CHANGE }, "LIMIT_EXCEEDED");
    return { values: [], userErrors: [userError(error)] };
  }
  return applyToEach(items, (item, index) => run(item, `input.tokens.${index}`));
}
