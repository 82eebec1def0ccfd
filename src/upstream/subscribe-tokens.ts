import type { StreamGrant, SubscribeTokenRecord } from "../model/token.ts";
import { list, object, optional, text } from "./decode.ts";
import type { components } from "./generated/subscribe-tokens.ts";
import type { Http } from "./http.ts";
import { tokenFields } from "./token-wire.ts";
import { isUnknownToken, type ListPage, listQuery, type TokenChanges, updateBody } from "./tokens.ts";

/** What a new subscribe token is made of. What is undefined is left to the platform's or the account's default. */
export interface NewSubscribeToken {
  readonly label: string;
  readonly streams: readonly StreamGrant[];
  readonly trackingId?: string | undefined;
  /** From now; undefined for a token that never expires. It can't be changed later. */
  readonly expiresInSeconds?: number | undefined;
  readonly originCluster?: string | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly allowedIpAddresses?: readonly string[] | undefined;
  readonly bindIpsOnUsage?: number | undefined;
  readonly allowedCountries?: readonly string[] | undefined;
  readonly deniedCountries?: readonly string[] | undefined;
}

/** Subscribe tokens. Every method throws UpstreamError when there is no usable answer. */
export interface SubscribeTokens {
  /** One page of all tokens, by age; an empty page is the end. @see GET /api/subscribe_token/list */
  list(page: ListPage, signal?: AbortSignal): Promise<SubscribeTokenRecord[]>;
  /** Null for an id that the account does not have. @see GET /api/subscribe_token/{tokenId} */
  read(id: number, signal?: AbortSignal): Promise<SubscribeTokenRecord | null>;
  /** Not idempotent: each call makes a token. @see POST /api/subscribe_token */
  create(token: NewSubscribeToken): Promise<SubscribeTokenRecord>;
  /** @see PUT /api/v2/subscribe_token/{tokenId} */
  update(id: number, changes: TokenChanges): Promise<SubscribeTokenRecord>;
  /** @see DELETE /api/subscribe_token/{tokenId} */
  delete(id: number): Promise<void>;
}

export function createSubscribeTokens(http: Http): SubscribeTokens {
  return {
    list: (page, signal) =>
      http.read({
        operation: "SubscribeTokenV1_ListTokens",
        path: "/api/subscribe_token/list",
        query: listQuery(page),
        decode: (data) => list(data, "data", subscribeToken),
        signal,
      }),
    read: async (id, signal) => {
      try {
        return await http.read({
          operation: "SubscribeTokenV1_ReadToken",
          path: `/api/subscribe_token/${id}`,
          decode: (data) => subscribeToken(data, "data"),
          signal,
        });
      } catch (error) {
        if (isUnknownToken(error)) return null;
        throw error;
      }
    },
    create: (token) =>
      http.write({
        operation: "SubscribeTokenV1_CreateToken",
        method: "POST",
        path: "/api/subscribe_token",
        body: createBody(token),
        decode: (data) => subscribeToken(data, "data"),
      }),
    update: (id, changes) =>
      http.write({
        operation: "SubscribeTokenV2_UpdateToken",
        method: "PUT",
        path: `/api/v2/subscribe_token/${id}`,
        body: updateBody(changes) satisfies components["schemas"]["UpdateSubscribeTokenV2"],
        decode: (data) => subscribeToken(data, "data"),
      }),
    delete: async (id) => {
      await http.write({
        operation: "SubscribeTokenV1_DeleteToken",
        method: "DELETE",
        path: `/api/subscribe_token/${id}`,
        decode: () => undefined,
      });
    },
  };
}

function createBody(token: NewSubscribeToken): components["schemas"]["CreateSubscribeTokenV1"] {
  const { label, streams, trackingId, expiresInSeconds, originCluster, bindIpsOnUsage } = token;
  const { allowedOrigins, allowedIpAddresses, allowedCountries, deniedCountries } = token;
  return {
    label,
    streams: streams.map(({ pattern, isRegex }) => ({ streamName: pattern, isRegex })),
    ...(trackingId !== undefined && { tracking: { trackingId } }),
    ...(expiresInSeconds !== undefined && { expires: expiresInSeconds }),
    ...(originCluster !== undefined && { originCluster }),
    ...(bindIpsOnUsage !== undefined && { bindIpsOnUsage }),
    ...(allowedOrigins && { allowedOrigins: [...allowedOrigins] }),
    ...(allowedIpAddresses && { allowedIpAddresses: [...allowedIpAddresses] }),
    ...(allowedCountries && { allowedCountries: [...allowedCountries] }),
    ...(deniedCountries && { deniedCountries: [...deniedCountries] }),
  };
}

function subscribeToken(value: unknown, at: string): SubscribeTokenRecord {
  const wire = object<components["schemas"]["SubscribeTokenResponseV1"]>(value, at);
  const trackingId = optional(wire.tracking, `${at}.tracking`, (tracking, place) =>
    optional(
      object<components["schemas"]["TrackingInformation"]>(tracking, place).trackingId,
      `${place}.trackingId`,
      text,
    ),
  );
  return { kind: "SubscribeToken", ...tokenFields(value, at), trackingId: trackingId || null };
}
