import type { Dispatcher } from "undici";
import type { Call, HttpOptions, QueryValue } from "./http-types.ts";

/** Returns the request of a call as undici sends it. */
export function requestOf(
  { origin, secret }: Pick<HttpOptions, "origin" | "secret">,
  {
    method = "GET",
    path,
    query,
    body,
    form,
    authorization,
    idempotencyKey,
  }: Omit<Call<never>, "decode" | "fastDecode" | "signal">,
  accept: string,
): Dispatcher.DispatchOptions {
  const headers: Record<string, string> = {
    authorization: authorization?.reveal() ?? `Bearer ${secret.reveal()}`,
    accept,
  };
  if (body) headers["content-type"] = "application/json";
  if (form) headers["content-type"] = "application/x-www-form-urlencoded";
  if (idempotencyKey !== undefined) headers["idempotency-key"] = idempotencyKey;
  return {
    origin,
    path: query ? `${path}?${queryString(query)}` : path,
    method,
    headers,
    body: form ? queryString(form) : body ? JSON.stringify(body) : null,
  };
}

/** Returns the length of the list of names in a query; null when it has none. No query has another list. */
export function nameCount(query: Call<unknown>["query"]): number | null {
  for (const name in query) {
    const value = query[name];
    if (Array.isArray(value)) return value.length;
  }
  return null;
}

/** Values that need no escaping, which most names are. */
const unreserved = /^[\w.-]*$/;

function queryString(query: Readonly<Record<string, QueryValue>>): string {
  let text = "";
  const add = (name: string, value: string) => {
    text += `${text && "&"}${unreserved.test(value) ? `${name}=${value}` : new URLSearchParams([[name, value]]).toString()}`;
  };
  for (const name of Object.keys(query)) {
    const value = query[name];
    if (Array.isArray(value)) for (const entry of value) add(name, entry);
    else if (value !== undefined) add(name, String(value));
  }
  return text;
}
