import type { GraphQLError } from "graphql";
import { type FetchAPI, processRegularResult } from "graphql-yoga";
import { isPromise } from "../model/maybe-promise.ts";
import { budgetHeaders } from "./cost-budget.ts";
import { type Answer, FAULT, type RequestHead } from "./exchange.ts";
import type { Admitted, Front } from "./front.ts";
import { noteResult, type RequestRecord } from "./metrics/request-record.ts";
import { REQUEST_ID, type Requests } from "./metrics/requests.ts";
import type { OperationAnswer, OperationResult, Operations } from "./operations.ts";
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

  /** What the graph answers to whoever was let in. */
  const asked = async (
    { head, readBody, signal }: PlainRequest,
    { caller, address }: Admitted,
    record: RequestRecord,
  ): Promise<OperationAnswer> => {
    try {
      assertJson(head.header);
      const params = paramsOfBody(await readBody());
      const given = operations({ params, caller, address, signal, mayChange: true, record });
      return isPromise(given) ? await given : given;
    } catch (error) {
      return { result: { errors: [maskError(error)] }, cost: null };
    }
  };

  return async (request: PlainRequest, isOverloaded: boolean): Promise<Answer> => {
    const { head } = request;
    const record = requests.begin(head.header);
    let answer: Answer;
    try {
      const admission = front.turnAway(head, isOverloaded) ?? front.admit(head);
      const admitted = isPromise(admission) ? await admission : admission;
      if ("status" in admitted) {
        answer = admitted;
      } else {
        record.caller = admitted.caller;
        const { result, cost } = await asked(request, admitted, record);
        noteResult(record, result);
        answer = written(result, request.mediaType, cost && budgetHeaders(cost, clock()));
      }
    } catch (error) {
      onFault(error);
      answer = FAULT;
    }
    if (answer.code) record.errors = [answer.code];
    requests.end(record, request.hasLeft() ? "LEFT" : answer.status);
    const { status, body } = answer;
    // Spreading as many objects takes 2 us.
    const headers = Object.assign({}, front.headers(head), answer.headers, { [REQUEST_ID]: record.requestId });
    return { status, headers, body };
  };
}

/**
 * The answer with a result. Which status and headers errors have is yoga's rule: its writer is given our answer in place of a
 * response.
 *
 * @param budget the headers that tell of the caller's budget; null where nothing was counted
 */
function written(result: OperationResult, mediaType: MediaType, budget: Answer["headers"] | null): Answer {
  const { data = NULL, errors, extensions } = result;
  if (errors) {
    const answer = processRegularResult(asExecutionResult(result), answers, mediaType) as unknown as Answer;
    return { ...answer, headers: { ...answer.headers, ...budget } };
  }
  const body = `{"data":${data}${extensions ? `,"extensions":${JSON.stringify(extensions)}` : ""}}`;
  return { status: 200, headers: Object.assign({ "content-type": `${mediaType}; charset=utf-8` }, budget), body };
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
