import type { GraphContext } from "../../context.ts";
import type { RegisteredPartner } from "../../model/partner/partner.ts";
import type { PublishTokenRecord, SubscribeTokenRecord, TokenRecord } from "../../model/token/token.ts";
import type { MaybePromise } from "../../primitives/maybe-promise.ts";
import { type ListPage, MAX_ITEMS_ON_PAGE } from "../../upstream/list-page.ts";
import type { NewPublishToken } from "../../upstream/publish-tokens.ts";
import type { NewSubscribeToken } from "../../upstream/subscribe-tokens.ts";
import type { NewToken } from "../../upstream/token-client.ts";
import { type CreatedOnce, createIdempotently } from "../create-idempotently.ts";
import { type Comparison, matchesRequest } from "../matches-request.ts";
import {
  assertHolderActive,
  disableOfInactive,
  holderOf,
  PartnerNotActiveError,
  TrackingIdLeftError,
} from "../partner/partner-active.ts";
import { publishTokenComparison, subscribeTokenComparison } from "./token-comparison.ts";

/** A token to create once for an idempotency key of an operation. */
export interface Creation<Input> {
  /** Name of the mutation, or of a step of it. */
  readonly operation: string;
  readonly idempotencyKey: string;
  readonly input: Input;
  /** Path of the argument that names the partner, for a partner's token. */
  readonly argument?: string;
}

/**
 * Creates a publish token once for its idempotency key.
 *
 * @throws ApplicationError IDEMPOTENCY_MISMATCH, OUTCOME_UNKNOWN, CONFLICT; UpstreamError
 */
export async function createPublishTokenOnce(
  creation: Creation<NewPublishToken>,
  context: GraphContext,
): Promise<PublishTokenRecord> {
  const { publishTokens: client } = context.upstream;
  const kind: TokenCreation<NewPublishToken, PublishTokenRecord> = {
    kind: "PublishToken",
    client,
    comparison: publishTokenComparison,
    create: () => client.create(creation.input),
    find: context.tokenCache.publishToken,
  };
  return (await createTokenIdempotently(creation, kind, context)).created;
}

/**
 * Creates a subscribe token once for its idempotency key.
 *
 * A suspended or retired partner gets none. If the partner is suspended or retired, or loses the tracking id, while the token
 * is being created, the token is disabled before the call returns.
 *
 * @throws PartnerNotActiveError, TrackingIdLeftError
 * @throws ApplicationError IDEMPOTENCY_MISMATCH, OUTCOME_UNKNOWN, CONFLICT; UpstreamError
 */
export async function createSubscribeTokenOnce(
  creation: Creation<NewSubscribeToken>,
  context: GraphContext,
): Promise<SubscribeTokenRecord> {
  const { subscribeTokens: client } = context.upstream;
  const { trackingId } = creation.input;
  const { argument = "input.trackingId" } = creation;
  let holder: RegisteredPartner | null = null;
  const kind: TokenCreation<NewSubscribeToken, SubscribeTokenRecord> = {
    kind: "SubscribeToken",
    client,
    comparison: subscribeTokenComparison,
    create: async () => {
      holder = await assertHolderActive(trackingId, argument, context);
      return client.create(creation.input);
    },
    find: context.tokenCache.subscribeToken,
  };
  const { created, isNew } = await createTokenIdempotently(creation, kind, context);
  if (created.trackingId !== null) await context.store.partners.recordToken(created.trackingId, created.id);
  const former = holder as RegisteredPartner | null;
  if (isNew && former && (await holderOf(trackingId, context))?.id !== former.id) {
    const disabledToken = await client.update(created.id, { isActive: false });
    context.tokenCache.put(disabledToken);
    throw new TrackingIdLeftError(former, argument, disabledToken);
  }
  const disabled = await disableOfInactive(created, isNew, context);
  if (disabled && isNew) throw new PartnerNotActiveError(disabled.partner, argument, disabled.token);
  return disabled?.token ?? created;
}

/** A token that an interrupted creation may have left behind. */
export interface OrphanedToken {
  readonly kind: "PublishToken" | "SubscribeToken";
  /** Settings that the token was to be created with. */
  readonly input: NewPublishToken | NewSubscribeToken;
}

interface TokenCreation<Input, Token> {
  readonly kind: "PublishToken" | "SubscribeToken";
  readonly client: { list(page: ListPage): Promise<Token[]> };
  readonly comparison: Comparison<Input, Token>;
  readonly create: () => Promise<Token>;
  readonly find: (id: number) => MaybePromise<Token | null>;
}

function createTokenIdempotently<
  Input extends NewToken & { readonly trackingId?: string | undefined },
  Token extends TokenRecord,
>(
  { operation, idempotencyKey, input }: Creation<Input>,
  { kind, client, comparison, create, find }: TokenCreation<Input, Token & (PublishTokenRecord | SubscribeTokenRecord)>,
  context: GraphContext,
): Promise<CreatedOnce<Token>> {
  const { label, streams, trackingId } = input;
  return createIdempotently(
    {
      operation,
      idempotencyKey,
      input,
      kind,
      fingerprint: { label, streams, trackingId },
      mayLeave: { kind, input } satisfies OrphanedToken,
      noun: "token",
      create,
      listNewest: (page) => client.list({ page, itemsOnPage: MAX_ITEMS_ON_PAGE, newestFirst: true }),
      matchesRequest: (token, span) => matchesRequest(comparison, input, token, span),
      idOf: ({ id }) => String(id),
      createdAt: ({ addedAt }) => addedAt,
      find: async (id) => find(Number(id)),
      take: context.tokenCache.put,
    },
    context,
  );
}
