import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../../model/token/token.ts";
import { type MaybePromise, mapMaybe } from "../../primitives/maybe-promise.ts";
import { builder } from "../builder.ts";
import { keyOfId } from "../global-id.ts";

export const PublishTokenRef = builder.inputType("PublishTokenRef", {
  description: "Reference to a publish token, by exactly one of the fields.",
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "Global id of the token, as the field `id` returns it." }),
    tokenId: t.field({ type: "SafeInt", description: "Number of the token on the platform." }),
  }),
});

export const SubscribeTokenRef = builder.inputType("SubscribeTokenRef", {
  description: "Reference to a subscribe token, by exactly one of the fields.",
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "Global id of the token, as the field `id` returns it." }),
    tokenId: t.field({ type: "SafeInt", description: "Number of the token on the platform." }),
  }),
});

export interface TokenReference {
  readonly id?: string | null | undefined;
  readonly tokenId?: number | null | undefined;
}

/** Returns the publish token that is referred to. @throws NotFoundError when the account has none */
export function findPublishToken(
  ref: TokenReference,
  argument: string,
  { loaders }: GraphContext,
): MaybePromise<PublishTokenRecord> {
  const token = loaders.publishToken(tokenNumber(ref, "PublishToken", argument));
  return mapMaybe(token, (found) => required(found, argument));
}

/** Returns the subscribe token that is referred to. @throws NotFoundError when the account has none */
export function findSubscribeToken(
  ref: TokenReference,
  argument: string,
  { loaders }: GraphContext,
): MaybePromise<SubscribeTokenRecord> {
  const token = loaders.subscribeToken(tokenNumber(ref, "SubscribeToken", argument));
  return mapMaybe(token, (found) => required(found, argument));
}

function required<Token>(token: Token | null | undefined, argument: string): Token {
  if (!token) throw new NotFoundError(argument);
  return token;
}

function tokenNumber({ id, tokenId }: TokenReference, typename: string, argument: string): number {
  const number = tokenId ?? Number(id == null ? Number.NaN : (keyOfId(id, typename) ?? Number.NaN));
  if (!Number.isSafeInteger(number) || number < 1) throw new NotFoundError(argument);
  return number;
}
