import { type ExecutionResult, GraphQLError } from "graphql";
import { type FetchAPI, processRegularResult } from "graphql-yoga";
import { NULL } from "../engine/serialized-result.ts";
import type { OperationResult } from "../operation/execute-operation.ts";
import { type ShownError, type ShownHttp, serializeErrors } from "../operation/mask-error.ts";
import type { HttpResponse } from "./http-message.ts";

/** The media types of an answer that is one object. */
export type MediaType = "application/json" | "application/graphql-response+json";

/** The text of an answer. */
export function serializeResult({ data, errors, errorsJson, extensions }: OperationResult): string {
  const more = extensions ? `,"extensions":${JSON.stringify(extensions)}` : "";
  if (!errors) return `{"data":${data ?? NULL}${more}}`;
  return `{"errors":[${errorsJson ?? serializeErrors(errors)}]${more}${data === undefined ? "" : `,"data":${data}`}}`;
}

/** The result as yoga takes it: its errors stand for what they say of the answer's status, and it is written by us. */
export function toYogaResult(result: OperationResult): ExecutionResult & { readonly stringify: () => string } {
  const { data, errors } = result;
  return {
    ...(errors && { errors: errors.map(({ code, http }) => standIn(http, code)) }),
    ...(data !== undefined && { data: null }),
    ...(result.extensions && { extensions: result.extensions }),
    stringify: () => serializeResult(result),
  };
}

/** Which status and headers an answer with errors has. */
export type StatusRule = (result: OperationResult, mediaType: MediaType) => Pick<HttpResponse, "status" | "headers">;

/**
 * Which status and headers errors have is yoga's rule. It goes by no more of them than the media type, whether there is data,
 * and each error's status, so yoga is asked once for each of these together: it would make an error anew of each error.
 */
export function createStatusRule(): StatusRule {
  const known = new Map<string, Pick<HttpResponse, "status" | "headers">>();
  const ofKey = (key: string, https: readonly (ShownHttp | null)[], hasData: boolean, mediaType: MediaType) => {
    const found = known.get(key) ?? askYoga(https, hasData, mediaType);
    known.set(key, found);
    return found;
  };
  return ({ data, errors = [] }, mediaType) => {
    // Errors of fields, nearly all of those that come by the dozen, change nothing.
    if (errors.length > 0 && errors.every(isWithoutHttp))
      return ofKey(`${mediaType} ${data !== undefined}`, [null], data !== undefined, mediaType);
    const hasData = data !== undefined;
    const https = statusesOf(errors);
    const key = `${mediaType} ${hasData} ${https.map((http) => (http ? `${http.status} ${http.spec}` : "")).join()}`;
    const found = ofKey(key, https, hasData, mediaType);
    const headers = errors.flatMap(({ http }) => (http?.headers ? [http.headers] : []));
    return headers.length === 0 ? found : { ...found, headers: Object.assign({}, found.headers, ...headers) };
  };
}

function isWithoutHttp({ http }: ShownError): boolean {
  return http === null;
}

/** Each of the statuses once; null stands for errors that have none. */
function statusesOf(errors: readonly ShownError[]): (ShownHttp | null)[] {
  const all: (ShownHttp | null)[] = [];
  for (const { http } of errors) {
    if (all.some((each) => each?.status === http?.status && each?.spec === http?.spec)) continue;
    all.push(http);
  }
  return all;
}

function askYoga(https: readonly (ShownHttp | null)[], hasData: boolean, mediaType: MediaType) {
  const errors = https.map((http) => standIn(http && { ...http, headers: {} }));
  const result = { errors, ...(hasData && { data: null }), stringify: () => "" };
  const { status, headers } = processRegularResult(result, answers, mediaType) as unknown as HttpResponse;
  return { status, headers };
}

function standIn(http: ShownHttp | null, code?: string): GraphQLError {
  return new GraphQLError("", { extensions: { ...(code !== undefined && { code }), ...(http && { http }) } });
}

/** Yoga's writer is given our answer in place of a response. */
const answers = {
  Response: class {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    constructor(_body: string, { status, headers }: { status: number; headers: Record<string, string> }) {
      this.status = status;
      this.headers = headers;
    }
  },
} as unknown as FetchAPI;
