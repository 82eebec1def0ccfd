import { hexSecret } from "../random.ts";
import type { PublishToken, SubscribeToken, TokenRecord } from "./token.ts";

/** A token before the repository adds its id and its secret. */
export type Draft<T extends TokenRecord> = Omit<T, "id" | "token">;

/** All tokens of one kind. Records never change; an update replaces the old one. */
export interface TokenRepository<T extends TokenRecord> {
  /** Adds a token with the next id and a new secret. Never idempotent. */
  add(draft: Draft<T>): T;
  byId(id: number): T | undefined;
  bySecret(token: string): T | undefined;
  /** Returns every token, oldest first. */
  all(): readonly T[];
  replace(next: T): T;
  /** Replaces the secret under the same id; the old one is invalid from then on. */
  refresh(token: T): T;
  remove(id: number): boolean;
}

/** Repositories of both kinds. */
export interface TokenRepositories {
  readonly publish: TokenRepository<PublishToken>;
  readonly subscribe: TokenRepository<SubscribeToken>;
}

const FIRST_PUBLISH_ID = 1001;
const FIRST_SUBSCRIBE_ID = 5001;

/**
 * Creates two empty repositories whose ids never meet.
 *
 * Both count up and skip ids that the other has used.
 */
export function createTokenRepositories(seed: number): TokenRepositories {
  const taken = new Set<number>();
  return {
    publish: createTokenRepository(seed, "publish", FIRST_PUBLISH_ID, taken),
    subscribe: createTokenRepository(seed, "subscribe", FIRST_SUBSCRIBE_ID, taken),
  };
}

function createTokenRepository<T extends TokenRecord>(
  seed: number,
  kind: string,
  firstId: number,
  taken: Set<number>,
): TokenRepository<T> {
  const byId = new Map<number, T>();
  const bySecret = new Map<string, T>();
  let nextId = firstId;
  let secrets = 0;
  const newSecret = () => hexSecret(seed, `${kind} token ${++secrets}`);

  function put(token: T): T {
    byId.set(token.id, token);
    bySecret.set(token.token, token);
    return token;
  }

  return {
    add(draft) {
      while (taken.has(nextId)) nextId++;
      taken.add(nextId);
      // A draft is a record except for these two, which the compiler cannot see through the type parameter.
      return put({ ...draft, id: nextId, token: newSecret() } as unknown as T);
    },
    byId: (id) => byId.get(id),
    bySecret: (token) => bySecret.get(token),
    all: () => [...byId.values()],
    replace: put,
    refresh(token) {
      bySecret.delete(token.token);
      return put({ ...token, token: newSecret() });
    },
    remove(id) {
      const token = byId.get(id);
      if (!token) return false;
      bySecret.delete(token.token);
      return byId.delete(id);
    },
  };
}
