import { fail, invalid, success } from "../http/response.ts";
import type { Call, Route } from "../http/route.ts";
import { listByNamePage, listPage } from "./listing.ts";
import type { TokenRecord } from "./token.ts";
import type { TokenRepository } from "./token-repository.ts";
import type { WireForm } from "./wire.ts";

/** Differences between the two kinds of token. */
export interface TokenKind<T extends TokenRecord> {
  /** `publish` or `subscribe`, as in paths and messages. */
  readonly noun: "publish" | "subscribe";
  readonly repository: TokenRepository<T>;
  /** Creates a token from a request body. */
  create(body: unknown): T;
  /** Changes a token by a request body of that version. */
  update(token: T, body: unknown, version: 1 | 2): T;
  /** Called after a token is deleted. */
  removed(token: T): void;
  wire(token: T, form: WireForm): unknown;
}

const TAGS = { publish: "PublishToken", subscribe: "SubscribeToken" } as const;

/**
 * Creates the operations of both kinds of token.
 *
 * Read, list, list by name, create, update (v1 and v2), delete.
 *
 * @see /api/{publish,subscribe}_token and /api/v2/{publish,subscribe}_token
 */
export function tokenRoutes<T extends TokenRecord>(kind: TokenKind<T>): Route[] {
  const { noun, repository } = kind;
  const path = `/api/${noun}_token`;
  const toWire = (token: T, version: 1 | 2 = 1, isFresh = false) => kind.wire(token, { version, isFresh });
  const route = (method: Route["method"], path: string, name: string, handle: (call: Call) => unknown): Route => ({
    method,
    path,
    operationId: `${TAGS[noun]}${name}`,
    access: "api secret",
    ...(method === "POST" || method === "PUT" ? { body: "json" } : {}),
    handle: (call) => success(handle(call)),
  });

  return [
    route("GET", `${path}/{tokenId}`, "V1_ReadToken", (call) => toWire(tokenOf(kind, call))),
    route("GET", `${path}/list`, "V1_ListTokens", ({ query }) =>
      listPage(repository.all(), query).map((token) => toWire(token)),
    ),
    route("GET", `${path}/list_by_name`, "V1_ListTokensByName", ({ query }) =>
      listByNamePage(repository.all(), query).map((token) => toWire(token)),
    ),
    route("POST", path, "V1_CreateToken", ({ body }) => toWire(kind.create(body), 1, true)),
    route("PUT", `${path}/{tokenId}`, "V1_UpdateToken", (call) =>
      toWire(kind.update(tokenOf(kind, call), call.body, 1), 1),
    ),
    route("PUT", `/api/v2/${noun}_token/{tokenId}`, "V2_UpdateToken", (call) =>
      toWire(kind.update(tokenOf(kind, call), call.body, 2), 2),
    ),
    route("DELETE", `${path}/{tokenId}`, "V1_DeleteToken", (call) => {
      const token = tokenOf(kind, call);
      repository.remove(token.id);
      kind.removed(token);
      return true;
    }),
  ];
}

/**
 * Returns the token that a path names.
 *
 * @throws ResponseError with 400, never 404, if there is none
 */
export function tokenOf<T extends TokenRecord>(
  { repository, noun }: Pick<TokenKind<T>, "repository" | "noun">,
  call: Call,
): T {
  const text = call.param("tokenId");
  if (!/^\d{1,15}$/.test(text)) throw invalid({ tokenId: [`The value '${text}' is not valid.`] });
  const token = repository.byId(Number(text));
  if (!token) throw fail({ tokenId: noToken(noun, Number(text)) });
  return token;
}

/** Returns the platform's error for an unknown id. */
export function noToken(noun: TokenKind<TokenRecord>["noun"], id: number): string {
  return `No ${noun} token with id: ${id}`;
}
