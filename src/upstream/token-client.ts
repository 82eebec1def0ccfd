import type { Secret } from "../model/secret.ts";
import type { StreamGrant } from "../model/token/token.ts";
import { list } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";
import { UpstreamError } from "./upstream-error.ts";

/** What the platform offers for either kind of token. Every method throws UpstreamError when there is no usable answer. */
export interface TokenClient<Token, NewToken, Changes> {
  /** One page of all tokens, by age; an empty page is the end. @see GET /api/{kind}_token/list */
  list(page: ListPage, signal?: AbortSignal): Promise<Token[]>;
  /** Null for an id that the account does not have. @see GET /api/{kind}_token/{tokenId} */
  read(id: number, signal?: AbortSignal): Promise<Token | null>;
  /** Not idempotent: each call makes a token. @see POST /api/{kind}_token */
  create(token: NewToken): Promise<Token>;
  /** @see PUT /api/v2/{kind}_token/{tokenId} */
  update(id: number, changes: Changes): Promise<Token>;
  /** A publish token's broadcasts end at once. @see DELETE /api/{kind}_token/{tokenId} */
  delete(id: number): Promise<void>;
}

/** Which page of a token list: pages count from 1 and hold up to 100; totals are not told. */
export interface ListPage {
  readonly page: number;
  readonly itemsOnPage: number;
  /** Oldest first when it is left out. */
  readonly newestFirst?: boolean;
}

/** How one kind of token stands on the wire, where the two kinds differ. */
interface TokenKind<Token, NewToken, Changes> {
  readonly kind: "Publish" | "Subscribe";
  readonly path: "publish_token" | "subscribe_token";
  readonly decode: (value: unknown, at: string) => Token;
  readonly createBody: (token: NewToken) => object;
  readonly updateBody: (changes: Changes) => object;
  /** What of the changes must not come back in a refusal. */
  readonly secretsOf?: (changes: Changes) => readonly Secret[];
}

/** The five calls that both kinds of token have. */
export function createTokens<Token, NewToken, Changes>(
  http: Http,
  { kind, path, decode, createBody, updateBody, secretsOf }: TokenKind<Token, NewToken, Changes>,
): TokenClient<Token, NewToken, Changes> {
  const token = (data: unknown) => decode(data, "data");
  return {
    list: (page, signal) =>
      http.read({
        operation: `${kind}TokenV1_ListTokens`,
        path: `/api/${path}/list`,
        query: listQuery(page),
        decode: (data) => list(data, "data", decode),
        signal,
      }),
    read: async (id, signal) => {
      try {
        return await http.read({
          operation: `${kind}TokenV1_ReadToken`,
          path: `/api/${path}/${id}`,
          decode: token,
          signal,
        });
      } catch (error) {
        if (isUnknownToken(error)) return null;
        throw error;
      }
    },
    create: (wanted) =>
      http.write({
        operation: `${kind}TokenV1_CreateToken`,
        method: "POST",
        path: `/api/${path}`,
        body: createBody(wanted),
        decode: token,
      }),
    update: (id, changes) =>
      http.write({
        operation: `${kind}TokenV2_UpdateToken`,
        method: "PUT",
        path: `/api/v2/${path}/${id}`,
        body: updateBody(changes),
        secrets: secretsOf?.(changes) ?? [],
        decode: token,
      }),
    delete: async (id) => {
      await http.write({
        operation: `${kind}TokenV1_DeleteToken`,
        method: "DELETE",
        path: `/api/${path}/${id}`,
        decode: () => undefined,
      });
    },
  };
}

/** The page as the lists of both kinds take it: by age, so that new tokens come at one end. */
function listQuery({ page, itemsOnPage, newestFirst }: ListPage) {
  return { sortBy: "AddedOn", page, itemsOnPage, isDescending: newestFirst ? true : undefined };
}

/** The most tokens that a page holds. @see GET /api/publish_token/list */
export const MAX_ITEMS_ON_PAGE = 100;

/** What a new token of either kind is made of. What is undefined is left to the platform's or the account's default. */
export interface NewToken {
  readonly label: string;
  readonly streams: readonly StreamGrant[];
  /** From now; undefined for a token that never expires. It can't be changed later. */
  readonly expiresInSeconds?: number | undefined;
  readonly originCluster?: string | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly allowedIpAddresses?: readonly string[] | undefined;
  readonly bindIpsOnUsage?: number | undefined;
  readonly allowedCountries?: readonly string[] | undefined;
  readonly deniedCountries?: readonly string[] | undefined;
}

/** A new token as v1 takes it, in what the two kinds spell alike. */
export function newTokenBody({ label, streams, expiresInSeconds, ...access }: NewToken) {
  return {
    label,
    streams: streams.map(wireGrant),
    ...(expiresInSeconds !== undefined && { expires: expiresInSeconds }),
    ...accessBody(access),
  };
}

/** What may change in either kind of token; what is undefined stays as it is. Expiry and tracking id never change. */
export interface TokenChanges {
  readonly label?: string | undefined;
  readonly isActive?: boolean | undefined;
  readonly addStreams?: readonly StreamGrant[] | undefined;
  /** The patterns of the grants to take away. */
  readonly removeStreams?: readonly string[] | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly allowedIpAddresses?: readonly string[] | undefined;
  readonly bindIpsOnUsage?: number | undefined;
  readonly originCluster?: string | undefined;
  readonly allowedCountries?: readonly string[] | undefined;
  readonly deniedCountries?: readonly string[] | undefined;
  /** A new secret under the same id; what the old one signed stops working at the next connection. */
  readonly refreshSecret?: boolean | undefined;
}

/** The changes as v2 takes them, in what the two kinds spell alike. */
export function changesBody(changes: TokenChanges) {
  const { label, isActive, addStreams, removeStreams, refreshSecret, ...access } = changes;
  return {
    ...(label !== undefined && { label }),
    ...(isActive !== undefined && { isActive }),
    ...(addStreams && { addTokenStreams: addStreams.map(wireGrant) }),
    ...(removeStreams && { removeTokenStreams: [...removeStreams] }),
    ...accessBody(access),
    ...(refreshSecret && { refreshToken: true }),
  };
}

/** Who may use a token and where it lives: the same in a new one as in a changed one. */
function accessBody(access: Omit<NewToken, "label" | "streams" | "expiresInSeconds">) {
  const { originCluster, bindIpsOnUsage } = access;
  const { allowedOrigins, allowedIpAddresses, allowedCountries, deniedCountries } = access;
  return {
    ...(originCluster !== undefined && { originCluster }),
    ...(bindIpsOnUsage !== undefined && { bindIpsOnUsage }),
    ...(allowedOrigins && { allowedOrigins: [...allowedOrigins] }),
    ...(allowedIpAddresses && { allowedIpAddresses: [...allowedIpAddresses] }),
    ...(allowedCountries && { allowedCountries: [...allowedCountries] }),
    ...(deniedCountries && { deniedCountries: [...deniedCountries] }),
  };
}

function wireGrant({ pattern, isRegex }: StreamGrant) {
  return { streamName: pattern, isRegex };
}

/** The platform answers an unknown id with a refusal that names the id's field, not with 404. */
function isUnknownToken(error: unknown): boolean {
  return error instanceof UpstreamError && error.code === "UPSTREAM_REJECTED" && "tokenId" in error.reasons;
}
