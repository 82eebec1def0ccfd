import { SignJWT } from "jose";
import { parse, stringify } from "lossless-json";
import type { PublishToken, Sandbox, SubscribeToken } from "../../src/sandbox/sandbox.ts";

/** A Wednesday, 37 minutes past the hour: the newest quarter is 10:30, and the last gap was the day before. */
export const START = "2025-06-18T10:37:00Z";

/** A parsed response. Whole numbers past 2^53 are bigints, so that no digit is lost. */
export interface Reply<T = Wire> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
  readonly text: string;
}

/** JSON of any shape. */
// biome-ignore lint/suspicious/noExplicitAny: a test names the fields it expects; a wrong guess fails the test.
export type Wire = any;

export interface ApiClient {
  get(path: string, query?: Query): Promise<Reply>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  put(path: string, body?: unknown): Promise<Reply>;
  patch(path: string, body?: unknown): Promise<Reply>;
  delete(path: string): Promise<Reply>;
}

type Query = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Calls the sandbox as a client of the platform would. */
export function clientOf(sandbox: Sandbox, bearer: string | null = sandbox.secret): ApiClient {
  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const response = await fetch(`${sandbox.origin}${path}`, {
      method,
      headers: {
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : (stringify(body) ?? "") }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? parse(text, null, exactNumber) : text,
    };
  }
  return {
    get: (path, query = {}) => call("GET", withQuery(path, query)),
    post: (path, body, headers) => call("POST", path, body, headers),
    put: (path, body) => call("PUT", path, body),
    patch: (path, body) => call("PATCH", path, body),
    delete: (path) => call("DELETE", path),
  };
}

function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat()) parameters.append(name, String(one));
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

function exactNumber(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(digits) : value;
}

export function publishToken(sandbox: Sandbox, label: string): PublishToken {
  return labelled(sandbox.tokens.publish(), label);
}

export function subscribeToken(sandbox: Sandbox, label: string): SubscribeToken {
  return labelled(sandbox.tokens.subscribe(), label);
}

function labelled<T extends { readonly label: string }>(tokens: readonly T[], label: string): T {
  const token = tokens.find((candidate) => candidate.label === label);
  if (!token) throw new Error(`The seed has no token labelled ${label}.`);
  return token;
}

export interface ViewerJwtOptions {
  /** Replaces or adds claims inside `streaming`; undefined removes one. */
  readonly streaming?: Readonly<Record<string, unknown>>;
  /** Seconds from the sandbox's now; null for no `exp`. */
  readonly expiresIn?: number | null;
  readonly alg?: string;
  /** Signing secret; defaults to the parent's token string. */
  readonly key?: string;
}

/** Signs a viewer's token as a partner would: with the characters of the parent's token string as the key. */
export async function viewerJwt(
  sandbox: Sandbox,
  parent: SubscribeToken,
  streamName: string,
  { streaming = {}, expiresIn = 60, alg = "HS256", key = parent.token }: ViewerJwtOptions = {},
): Promise<string> {
  const issuedAt = Math.floor(sandbox.clock.now() / 1000);
  const claims = {
    tokenId: parent.id,
    tokenType: "Subscribe",
    streamName,
    ...(parent.trackingId === null ? {} : { tracking: { trackingId: parent.trackingId } }),
    ...streaming,
  };
  const jwt = new SignJWT({ streaming: claims }).setProtectedHeader({ alg, typ: "JWT" }).setIssuedAt(issuedAt);
  if (expiresIn !== null) jwt.setExpirationTime(issuedAt + expiresIn);
  return jwt.sign(new TextEncoder().encode(key));
}

/** Returns the outcome. @throws Error if the Director refused it */
export async function admitted<T extends { readonly ok: boolean }>(
  outcome: T | Promise<T>,
): Promise<Extract<T, { readonly ok: true }>> {
  const settled = await outcome;
  if (!settled.ok) throw new Error(`Refused: ${JSON.stringify(settled)}`);
  return settled as Extract<T, { readonly ok: true }>;
}
