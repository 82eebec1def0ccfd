import type { FetchAPI } from "graphql-yoga";
import { budgetHeaders } from "../limits/cost-budget.ts";
import type { OperationExecutor, OperationResponse } from "../operation/execute-operation.ts";
import type { Errors } from "../operation/mask-error.ts";
import { isPromise } from "../primitives/maybe-promise.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import { REQUEST_ID, type RequestObserver } from "../telemetry/request-observer.ts";
import { recordResult } from "../telemetry/request-record.ts";
import { negotiateMediaType } from "./content-negotiation.ts";
import { type HttpResponse, INTERNAL_ERROR_RESPONSE, type RequestHead } from "./http-message.ts";
import type { AuthenticatedRequest, Ingress } from "./ingress.ts";
import { assertJson, parseBodyParams } from "./request-body.ts";
import { createStatusRule, type MediaType, serializeResult } from "./response-body.ts";

/** A request to the fast path. */
export interface FastPathRequest {
  readonly head: RequestHead;
  readonly mediaType: MediaType;
  /**
   * @param onBody called with the whole body
   * @param onError called instead, with a RequestError if the body is too large or ends early
   */
  readBody(onBody: (body: Uint8Array) => void, onError: (error: unknown) => void): void;
  /** Creates a signal that is aborted when the client disconnects; many requests need none. */
  signal(): AbortSignal;
  /** Returns whether the client has disconnected. */
  isDisconnected(): boolean;
}

export interface FastPathOptions {
  readonly ingress: Ingress;
  readonly operations: OperationExecutor;
  readonly requests: RequestObserver;
  readonly errors: Pick<Errors, "show">;
  /** Called with errors of the gateway itself, which clients see masked. */
  readonly onInternalError: (error: unknown) => void;
  /** Time by which budgets are reset. */
  readonly clock: () => number;
  readonly fetchAPI: FetchAPI;
}

/**
 * Returns the media type of the response to a request for the fast path: `POST /graphql` by a client that accepts JSON. Null for any
 * other request, which yoga serves.
 *
 * @see docs/decisions/0010-fast-path.md
 */
export function fastPathMediaType({ method, target, header }: RequestHead): MediaType | null {
  return method === "POST" && target === "/graphql" ? acceptedJson(header("accept")) : null;
}

/** Clients of one kind accept the same. */
const acceptedJson = memoizeLast((accept: string | null): MediaType | null => {
  const type = negotiateMediaType(accept);
  return type === "application/json" || type === "application/graphql-response+json" ? type : null;
});

/**
 * Serves a request by the same rules as yoga; never throws.
 *
 * @param onResponse called once, with the `principalId` of the caller, or null if it was not authenticated; must not throw
 */
export type FastPath = (request: FastPathRequest, isOverloaded: boolean, onResponse: OnResponse) => void;
type OnResponse = (response: HttpResponse, callerId: string | null) => void;

export function createFastPath(options: FastPathOptions): FastPath {
  const { ingress, operations, requests, errors, onInternalError, clock, fetchAPI } = options;
  const statusOf = createStatusRule(fetchAPI);

  const toHttp = ({ result, cost }: OperationResponse, mediaType: MediaType): HttpResponse => {
    const { status, headers } = result.errors
      ? statusOf(result, mediaType)
      : { status: 200, headers: { "content-type": `${mediaType}; charset=utf-8` } };
    const budget = cost && budgetHeaders(cost, clock());
    return { status, headers: Object.assign({}, headers, budget), body: serializeResult(result) };
  };

  // Each step calls the next: a promise that waits would keep the response alive, see docs/decisions/0003-admission-queue.md.
  return (request, isOverloaded, onResponse) => {
    const { head, mediaType, signal, isDisconnected } = request;
    const record = requests.begin(head.header);
    const end = ({ status, body, code, headers: own }: HttpResponse) => {
      if (code) record.errors = [code];
      try {
        requests.end(record, isDisconnected() ? "DISCONNECTED" : status);
      } catch {
        // A failing log must not cost the client its response.
      }
      const headers = Object.assign({}, ingress.headers(head), own, { [REQUEST_ID]: record.requestId });
      onResponse({ status, headers, body }, record.caller?.principalId ?? null);
    };
    const fail = (error: unknown) => {
      onInternalError(error);
      end(INTERNAL_ERROR_RESPONSE);
    };
    const respond = (response: OperationResponse) => {
      try {
        const { errors: shown = [], extensions } = response.result;
        const codes = shown.map(({ code }) => code);
        recordResult(record, codes, extensions);
        end(toHttp(response, mediaType));
      } catch (error) {
        fail(error);
      }
    };
    const reject = (error: unknown) => respond({ result: { errors: [errors.show(error)] }, cost: null });
    const operate = (result: AuthenticatedRequest | HttpResponse) => {
      if ("status" in result) return end(result);
      const { caller, address } = result;
      record.caller = caller;
      const facts = { caller, address, signal, isCancelled: isDisconnected, mayChange: true, record };
      const onBody = (body: Uint8Array) => {
        try {
          operations({ ...facts, params: parseBodyParams(body) }, respond);
        } catch (error) {
          reject(error);
        }
      };
      try {
        assertJson(head.header);
        request.readBody(onBody, reject);
      } catch (error) {
        reject(error);
      }
    };
    try {
      const result = ingress.rejectEarly(head, isOverloaded) ?? ingress.authenticate(head);
      if (isPromise(result)) result.then(operate).catch(fail);
      else operate(result);
    } catch (error) {
      fail(error);
    }
  };
}
