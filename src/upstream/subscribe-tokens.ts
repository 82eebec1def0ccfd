import type { SubscribeTokenRecord } from "../model/token/token.ts";
import type { components } from "./generated/subscribe-tokens.ts";
import {
  changesBody,
  createTokenClient,
  type NewToken,
  newTokenBody,
  type TokenChanges,
  type TokenClient,
} from "./token-client.ts";
import { tokenFields } from "./token-wire.ts";
import { object, optional, text } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";

/** Settings of a new subscribe token. */
export interface NewSubscribeToken extends NewToken {
  /** The traffic of the token's viewers is counted under this id, which can't be changed later. */
  readonly trackingId?: string | undefined;
}

/** Subscribe tokens. @see schema of SubscribeTokenV1 and SubscribeTokenV2 */
export type SubscribeTokens = TokenClient<SubscribeTokenRecord, NewSubscribeToken, TokenChanges>;

export function createSubscribeTokens(http: Http): SubscribeTokens {
  return createTokenClient(http, {
    kind: "Subscribe",
    path: "subscribe_token",
    decode: subscribeToken,
    createBody: ({ trackingId, ...token }: NewSubscribeToken): Schemas["CreateSubscribeTokenV1"] => ({
      ...newTokenBody(token),
      ...(trackingId !== undefined && { tracking: { trackingId } }),
    }),
    updateBody: (changes: TokenChanges): Schemas["UpdateSubscribeTokenV2"] => changesBody(changes),
  });
}

type Schemas = components["schemas"];

function subscribeToken(value: unknown, at: string): SubscribeTokenRecord {
  const wire = object<Schemas["SubscribeTokenResponseV1"]>(value, at);
  const trackingId = optional(wire.tracking, `${at}.tracking`, (tracking, place) =>
    optional(object<Schemas["TrackingInformation"]>(tracking, place).trackingId, `${place}.trackingId`, text),
  );
  return { kind: "SubscribeToken", ...tokenFields(value, at), trackingId: trackingId || null };
}
