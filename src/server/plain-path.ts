import type { GraphQLError } from "graphql";
import { type FetchAPI, processRegularResult } from "graphql-yoga";
import type { CostStatus } from "../model/cost.ts";
import { isPromise } from "../model/maybe-promise.ts";
import { budgetHeaders } from "./cost-budget.ts";
import { type Answer, FAULT, type RequestHead } from "./exchange.ts";
import type { Admitted, Front } from "./front.ts";
import { noteResult, type RequestRecord } from "./metrics/request-record.ts";
import { REQUEST_ID, type Requests } from "./metrics/requests.ts";
import type { OperationResult, Operations } from "./operations.ts";
import { asExecutionResult, NULL } from "./query-result.ts";
import { assertJson, paramsOfBody } from "./request-body.ts";

/** The media types of an answer that is one object. */
type MediaType = "application/json" | "application/graphql-response+json";

/** A request that needs nothing of yoga. */
export interface PlainRequest {
  readonly head: RequestHead;
  readonly mediaType: MediaType;
  /** @throws GraphQLError for a body that is too large or ends early */
  readBody(): Promise<Uint8Array>;
  /** Aborted when the client leaves. It is made when it is asked for, since what needs no call needs no signal. */
  signal(): AbortSignal;
  /** Whether the client has left. */
  hasLeft(): boolean;
}

export interface PlainPathOptions {
  readonly front: Front;
  readonly operations: Operations;
  readonly requests: Requests;
  readonly maskError: (error: unknown) => GraphQLError;
  /** Told of faults that the client learns nothing of. */
  readonly onFault: (error: unknown) => void;
  /** The time by which the budget tells when it is full again. */
  readonly clock: () => number;
}

/**
 * In what to answer a request that takes the plain path: `POST /graphql` of somebody who takes JSON, nearly every request.
 * Yoga's way for it takes 230 us more, most of them for objects of the fetch API. Null for any other request.
 */
export function plainMediaType({ method, target, header }: RequestHead): MediaType | null {
  return method === "POST" && target === "/graphql" ? acceptedJson(header("accept")) : null;
}

/** The first of the accepted types that is ours, as yoga chooses it; what is not in UTF-8 is passed over. */
function acceptedJson(accept: string | null): MediaType | null {
  for (const accepted of (accept || "*/*").toLowerCase().split(",")) {
    const [type = "", ...parameters] = accepted.replace(/\s/g, "").split(";");
    const charset = parameters.find((parameter) => parameter.includes("charset=")) ?? "charset=utf-8";
    if (charset !== "charset=utf-8") continue;
    if (type === "application/graphql-response+json") return type;
    if (type === "application/json" || type === "application/*" || type === "*/*" || type === "*/json") {
      return "application/json";
    }
  }
  return null;
}

/** Answers without yoga, by the same rules; never fails. */
export function createPlainPath(options: PlainPathOptions) {
  const { front, operations, requests, maskError, onFault, clock } = options;

  const answered = async (request: PlainRequest, isOverloaded: boolean, record: RequestRecord): Promise<Answer> => {
    const { head } = request;
    const away = front.turnAway(head, isOverloaded);
    if (away) return away;
    const admission = front.admit(head);
    const admitted = isPromise(admission) ? await admission : admission;
    if ("status" in admitted) return admitted;
    record.caller = admitted.caller;
    const { result, cost } = await run(request, admitted, record);
    noteResult(record, result);
    const answer = written(result, request.mediaType);
    return cost ? { ...answer, headers: { ...answer.headers, ...budgetHeaders(cost, clock()) } } : answer;
  };

  const run = async (
    { head, readBody, signal }: PlainRequest,
    { caller, address }: Admitted,
    record: RequestRecord,
  ) => {
    try {
      assertJson(head.header);
      const params = paramsOfBody(await readBody());
      return await operations({ params, caller, address, signal, mayChange: true, record });
    } catch (error) {
      return { result: { errors: [maskError(error)] }, cost: null as CostStatus | null };
    }
  };

  return async (request: PlainRequest, isOverloaded: boolean): Promise<Answer> => {
    const record = requests.begin(request.head.header);
    let answer: Answer;
    try {
      answer = await answered(request, isOverloaded, record);
    } catch (error) {
      onFault(error);
      answer = FAULT;
    }
    if (answer.code) record.errors = [answer.code];
    requests.end(record, request.hasLeft() ? "LEFT" : answer.status);
    return {
      ...answer,
      headers: { ...front.headers(request.head), ...answer.headers, [REQUEST_ID]: record.requestId },
    };
  };
}

/** The answer with a result. Which status and headers errors have is yoga's rule: its writer is given our answer in place of a response. */
function written(result: OperationResult, mediaType: MediaType): Answer {
  const { data = NULL, errors, extensions } = result;
  if (errors) return processRegularResult(asExecutionResult(result), answers, mediaType) as unknown as Answer;
  const body = `{"data":${data}${extensions ? `,"extensions":${JSON.stringify(extensions)}` : ""}}`;
  return { status: 200, headers: { "content-type": `${mediaType}; charset=utf-8` }, body };
}

const answers = {
  Response: class implements Answer {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    constructor(body: string, { status, headers }: { status: number; headers: Record<string, string> }) {
      this.status = status;
      this.headers = headers;
      this.body = body;
    }
  },
} as unknown as FetchAPI;
