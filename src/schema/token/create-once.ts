import type { GraphContext } from "../../context.ts";
import { ConflictError } from "../../model/errors.ts";
import { assertName } from "../../model/stream.ts";
import type { StreamGrant, TokenRecord } from "../../model/token.ts";
import { type ListPage, MAX_ITEMS_ON_PAGE } from "../../upstream/tokens.ts";

/** Clocks of two machines and whole seconds: a token that was made earlier than this before the attempt is not its. */
const TOLERANCE_MS = 5_000;

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
 * Makes a token once for its idempotency key. The platform has no such key: when its answer is lost, the token is looked
 * for among the newest ones, and is this one's if it is as was wished and no other key stands for it.
 *
 * @throws ApplicationError IDEMPOTENCY_MISMATCH, OUTCOME_UNKNOWN, CONFLICT; UpstreamError
 */
export async function createOnce<
  Input extends Wish,
  Token extends TokenRecord & { readonly trackingId?: string | null },
>(
  { operation, idempotencyKey, input, client, find, put }: Creation<Input, Token>,
  { caller, idempotency }: GraphContext,
): Promise<Token> {
  assertName(idempotencyKey, "input.idempotencyKey");
  const { label, streams, trackingId } = input;
  const take = (token: Token) => {
    put(token);
    return String(token.id);
  };
  const id = await idempotency.run({
    caller: caller.principalId,
    operation,
    key: idempotencyKey,
    input,
    likeness: { label, streams, trackingId },
    makesResult: true,
    perform: async () => take(await client.create(input)),
    recover: async ({ begunAt, isTaken }) => {
      for (let page = 1; ; page += 1) {
        const tokens = await client.list({ page, itemsOnPage: MAX_ITEMS_ON_PAGE, newestFirst: true });
        const recent = tokens.filter((token) => token.addedAt >= begunAt - TOLERANCE_MS);
        for (const token of recent.reverse()) {
          if (isAsWished(token, input) && !(await isTaken(String(token.id)))) return take(token);
        }
        if (recent.length < tokens.length || tokens.length === 0) return null;
      }
    },
  });
  const token = await find(Number(id));
  if (!token) {
    throw new ConflictError("The token that this idempotency key made has been deleted since. Use a new key.", {
      argument: "input.idempotencyKey",
    });
  }
  return token;
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
