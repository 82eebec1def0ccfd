import type { Secret } from "../model/secret.ts";
import type { StreamGrant } from "../model/token/token.ts";
import type { ListPage } from "./list-page.ts";
import { list } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";
import { nullIfRejected } from "./upstream-error.ts";

/** Client of one kind of token. Every method throws UpstreamError when there is no usable response. */
export interface TokenClient<Token, NewToken, Changes> {
  /** Returns one page of all tokens, sorted by age; empty after the last page. @see GET /api/{kind}_token/list */
  list(page: ListPage, signal?: AbortSignal): Promise<Token[]>;
  /** Returns a token; null for an id that the account does not have. @see GET /api/{kind}_token/{tokenId} */
  read(id: number, signal?: AbortSignal): Promise<Token | null>;
  /** Creates a token. Not idempotent: each call creates another one. @see POST /api/{kind}_token */
  create(token: NewToken): Promise<Token>;
  /** Changes a token. @see PUT /api/v2/{kind}_token/{tokenId} */
  update(id: number, changes: Changes): Promise<Token>;
  /** Deletes a token. Broadcasts under a publish token end at once. @see DELETE /api/{kind}_token/{tokenId} */
  delete(id: number): Promise<void>;
}

/** Differences between the two kinds of token in the REST API. */
interface TokenKind<Token, NewToken, Changes> {
  readonly kind: "Publish" | "Subscribe";
  readonly path: "publish_token" | "subscribe_token";
  readonly decode: (value: unknown, at: string) => Token;
  readonly createBody: (token: NewToken) => object;
  readonly updateBody: (changes: Changes) => object;
  /** Returns the secrets in the changes; error messages have them removed. */
  readonly secretsOf?: (changes: Changes) => readonly Secret[];
}

/** Creates the client of one kind of token. */
export function createTokenClient<Token, NewToken, Changes>(
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
    read: (id, signal) =>
      nullIfRejected(
        http.read({ operation: `${kind}TokenV1_ReadToken`, path: `/api/${path}/${id}`, decode: token, signal }),
        "tokenId",
      ),
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

/** Returns the query of a page, sorted by age so that new tokens appear at one end only. */
function listQuery({ page, itemsOnPage, newestFirst }: ListPage) {
  return { sortBy: "AddedOn", page, itemsOnPage, isDescending: newestFirst ? true : undefined };
}

/** Settings of a new token of either kind; undefined takes the default of the platform or of the account. */
export interface NewToken {
  readonly label: string;
  readonly streams: readonly StreamGrant[];
  /** Seconds from now; undefined for a token that never expires. The expiry can't be changed later. */
  readonly expiresInSeconds?: number | undefined;
  readonly originCluster?: string | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly allowedIpAddresses?: readonly string[] | undefined;
  readonly bindIpsOnUsage?: number | undefined;
  readonly allowedCountries?: readonly string[] | undefined;
  readonly deniedCountries?: readonly string[] | undefined;
}

/** Returns the part of a v1 request body that both kinds of token share. */
export function newTokenBody({ label, streams, expiresInSeconds, ...access }: NewToken) {
  return {
    label,
    streams: streams.map(wireGrant),
    ...(expiresInSeconds !== undefined && { expires: expiresInSeconds }),
    ...accessBody(access),
  };
}

/** Changes to a token of either kind; undefined leaves a setting as it is. Expiry and tracking id never change. */
export interface TokenChanges {
  readonly label?: string | undefined;
  readonly isActive?: boolean | undefined;
  readonly addStreams?: readonly StreamGrant[] | undefined;
  /** Patterns of the grants to remove. */
  readonly removeStreams?: readonly string[] | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly allowedIpAddresses?: readonly string[] | undefined;
  readonly bindIpsOnUsage?: number | undefined;
  readonly originCluster?: string | undefined;
  readonly allowedCountries?: readonly string[] | undefined;
  readonly deniedCountries?: readonly string[] | undefined;
  /** Replaces the secret under the same id: tokens signed with the old one are rejected at their next connection. */
  readonly refreshSecret?: boolean | undefined;
}

/** Returns the part of a v2 request body that both kinds of token share. */
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

/** Returns the cluster and access rules of a request body; v1 and v2 have the same names for them. */
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
