import { type ExecutionResult, GraphQLError } from "graphql";
import { type FetchAPI, processRegularResult } from "graphql-yoga";
import { NULL } from "../engine/serialized-result.ts";
import type { OperationResult } from "../operation/execute-operation.ts";
import { type ShownError, type ShownHttp, serializeErrors } from "../operation/mask-error.ts";
import type { HttpResponse } from "./http-message.ts";

/** Media types of a response that is one JSON object. */
export type MediaType = "application/json" | "application/graphql-response+json";

/** Returns the JSON text of a response. */
export function serializeResult({ data, errors, errorsJson, extensions }: OperationResult): string {
  const more = extensions ? `,"extensions":${JSON.stringify(extensions)}` : "";
  if (!errors) return `{"data":${data ?? NULL}${more}}`;
  return `{"errors":[${errorsJson ?? serializeErrors(errors)}]${more}${data === undefined ? "" : `,"data":${data}`}}`;
}

/** Returns the result for yoga: errors without messages, from which yoga derives the status, and our own text of the response. */
export function toYogaResult(result: OperationResult): ExecutionResult & { readonly stringify: () => string } {
  const { data, errors } = result;
  return {
    ...(errors && { errors: errors.map(({ code, http }) => standIn(http, code)) }),
    ...(data !== undefined && { data: null }),
    ...(result.extensions && { extensions: result.extensions }),
    stringify: () => serializeResult(result),
  };
}

/** Returns status and headers of a response with errors. */
export type StatusRule = (result: OperationResult, mediaType: MediaType) => Pick<HttpResponse, "status" | "headers">;

/**
 * Creates the rule for the status of responses, which is yoga's. Yoga's rule depends on the media type, on whether there is data and
 * on the status of each error only, so its result is remembered by these.
 */
export function createStatusRule(fetchAPI: FetchAPI): StatusRule {
  const cache = new Map<string, Pick<HttpResponse, "status" | "headers">>();
  return ({ data, errors = [] }, mediaType) => {
    const hasData = data !== undefined;
    const https = distinctStatuses(errors);
    const key = `${mediaType} ${hasData} ${https.map((http) => (http ? `${http.status} ${http.spec}` : "")).join()}`;
    const cached = cache.get(key) ?? statusByYoga(fetchAPI, https, hasData, mediaType);
    cache.set(key, cached);
    const hasHeaders = https.some((http) => http !== null);
    const headers = hasHeaders ? errors.flatMap(({ http }) => (http?.headers ? [http.headers] : [])) : [];
    return headers.length === 0 ? cached : { ...cached, headers: Object.assign({}, cached.headers, ...headers) };
  };
}

/** Returns each status once; null for errors of fields, which have none. */
function distinctStatuses(errors: readonly ShownError[]): (ShownHttp | null)[] {
  const all: (ShownHttp | null)[] = [];
  for (const { http } of errors) {
    if (!all.some((each) => each?.status === http?.status && each?.spec === http?.spec)) all.push(http);
  }
  return all;
}

function statusByYoga(
  fetchAPI: FetchAPI,
  https: readonly (ShownHttp | null)[],
  hasData: boolean,
  mediaType: MediaType,
) {
  const errors = https.map((http) => standIn(http && { ...http, headers: {} }));
  const { status, headers } = processRegularResult({ errors, ...(hasData && { data: null }) }, fetchAPI, mediaType);
  return { status, headers: { "content-type": headers.get("content-type") ?? mediaType } };
}

/** Returns an error with everything that yoga's rule depends on. */
function standIn(http: ShownHttp | null, code?: string): GraphQLError {
  return new GraphQLError("", { extensions: { ...(code !== undefined && { code }), ...(http && { http }) } });
}
