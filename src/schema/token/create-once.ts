import type { GraphContext } from "../../context.ts";
import type { StreamGrant, TokenRecord } from "../../model/token.ts";
import { type ListPage, MAX_ITEMS_ON_PAGE } from "../../upstream/tokens.ts";
import { makeOnce } from "../make-once.ts";

/** What a client wants, as far as the token that came of it can be recognised by it. */
interface Wish {
  readonly label: string;
  readonly streams: readonly StreamGrant[];
  readonly trackingId?: string | undefined;
}

interface Creation<Input extends Wish, Token extends TokenRecord> {
  readonly operation: string;
  readonly idempotencyKey: string;
  readonly input: Input;
  readonly client: {
    create(input: Input): Promise<Token>;
    list(page: ListPage): Promise<Token[]>;
  };
  readonly find: (id: number) => Promise<Token | null>;
  readonly put: (token: Token) => void;
}

/**
 * Makes a token once for its idempotency key.
 *
 * @throws ApplicationError IDEMPOTENCY_MISMATCH, OUTCOME_UNKNOWN, CONFLICT; UpstreamError
 */
export function createOnce<Input extends Wish, Token extends TokenRecord & { readonly trackingId?: string | null }>(
  { operation, idempotencyKey, input, client, find, put }: Creation<Input, Token>,
  context: GraphContext,
): Promise<Token> {
  const { label, streams, trackingId } = input;
  return makeOnce(
    {
      operation,
      idempotencyKey,
      input,
      likeness: { label, streams, trackingId },
      noun: "token",
      create: () => client.create(input),
      listNewest: (page) => client.list({ page, itemsOnPage: MAX_ITEMS_ON_PAGE, newestFirst: true }),
      isAsWished: (token) => isAsWished(token, input),
      idOf: ({ id }) => String(id),
      madeAt: ({ addedAt }) => addedAt,
      find: (id) => find(Number(id)),
      take: put,
    },
    context,
  );
}

function isAsWished(token: TokenRecord & { readonly trackingId?: string | null }, wish: Wish): boolean {
  return (
    token.label === wish.label &&
    (token.trackingId ?? null) === (wish.trackingId ?? null) &&
    token.streams.length === wish.streams.length &&
    wish.streams.every(({ pattern, isRegex }) =>
      token.streams.some((grant) => grant.pattern === pattern && grant.isRegex === isRegex),
    )
  );
}
