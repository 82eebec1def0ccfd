import type { Plugin } from "graphql-yoga";

type OnRequestPayload = Parameters<NonNullable<Plugin["onRequest"]>>[0];

/** Ends a request of another method than GET or HEAD with 405. @returns whether the request was rejected */
export function rejectOtherThanGet({
  request: { method },
  endResponse,
  fetchAPI,
}: Pick<OnRequestPayload, "request" | "endResponse" | "fetchAPI">): boolean {
  if (method === "GET" || method === "HEAD") return false;
  endResponse(new fetchAPI.Response(null, { status: 405, headers: { allow: "GET, HEAD" } }));
  return true;
}
