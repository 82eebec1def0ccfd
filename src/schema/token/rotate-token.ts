import { createHash } from "node:crypto";
import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import { assertName } from "../../model/text.ts";
import type { PublishTokenRecord, SubscribeTokenRecord, TokenRecord } from "../../model/token/token.ts";
import type { MaybePromise } from "../../primitives/maybe-promise.ts";
import type { TokenChanges } from "../../upstream/token-client.ts";

/** Describes the idempotency key of the mutations that rotate a token. */
export const keyDescription =
  "Key of your choice, 1 to 128 characters, that makes a retry safe: the same key within a day does not rotate again.";

interface Rotation<Token> {
  readonly operation: string;
  readonly idempotencyKey: string;
  readonly former: Token;
  readonly client: {
    update(id: number, changes: TokenChanges): Promise<Token>;
    read(id: number): Promise<Token | null>;
  };
  readonly find: (id: number) => MaybePromise<Token | null>;
}

/**
 * Rotates a token once for its idempotency key.
 *
 * When the response is lost, the token is read: a secret that differs from the former one shows that it was rotated.
 *
 * @throws ApplicationError IDEMPOTENCY_MISMATCH, OUTCOME_UNKNOWN; UpstreamError
 */
export async function rotateIdempotently<Token extends PublishTokenRecord | SubscribeTokenRecord>(
  { operation, idempotencyKey, former, client, find }: Rotation<Token>,
  { caller, idempotency, tokenCache }: GraphContext,
): Promise<Token> {
  assertName(idempotencyKey, "input.idempotencyKey");
  await idempotency.run({
    caller: caller.principalId,
    operation,
    key: idempotencyKey,
    input: former.id,
    fingerprint: former.id,
    before: hashOfSecret(former),
    perform: async () => {
      tokenCache.put(await client.update(former.id, { refreshSecret: true }));
      return String(former.id);
    },
    recover: async ({ before }) => {
      const present = await client.read(former.id);
      if (!present || hashOfSecret(present) === before) return null;
      tokenCache.put(present);
      return String(present.id);
    },
  });
  const rotated = await find(former.id);
  if (!rotated) throw new NotFoundError("input.token");
  return rotated;
}

function hashOfSecret({ secret }: TokenRecord): string {
  return createHash("sha256").update(secret.reveal()).digest("base64");
}
