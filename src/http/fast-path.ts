import { budgetHeaders } from "../limits/cost-budget.ts";
import type { OperationExecutor, OperationResponse, OperationResult } from "../operation/execute-operation.ts";
import type { Errors } from "../operation/mask-error.ts";
import type { OperationParams } from "../operation/operation-params.ts";
import { isPromise } from "../primitives/maybe-promise.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import { REQUEST_ID, type RequestObserver } from "../telemetry/request-observer.ts";
import { type RequestRecord, recordResult } from "../telemetry/request-record.ts";
import { negotiateMediaType } from "./content-negotiation.ts";
import { type HttpResponse, INTERNAL_ERROR_RESPONSE, type RequestHead } from "./http-message.ts";
import type { AuthenticatedRequest, Ingress } from "./ingress.ts";
import { assertJson, parseBodyParams } from "./request-body.ts";
import { createStatusRule, type MediaType, type StatusRule, serializeResult } from "./response-body.ts";

/** A request that needs nothing of yoga. */
export interface FastPathRequest {
  readonly head: RequestHead;
  readonly mediaType: MediaType;
  /**
   * @param taken told the whole body, or else
   * @param failed why there is none: a Refusal where it is too large or ends early
   */
  readBody(taken: (body: Uint8Array) => void, failed: (error: unknown) => void): void;
  /** Aborted when the client leaves. It is made when it is asked for, since what needs no call needs no signal. */
  signal(): AbortSignal;
  /** Whether the client has left. */
  isDisconnected(): boolean;
}

export interface FastPathOptions {
  readonly ingress: Ingress;
  readonly operations: OperationExecutor;
  readonly requests: RequestObserver;
  readonly errors: Pick<Errors, "show">;
  /** Told of faults that the client learns nothing of. */
  readonly onInternalError: (error: unknown) => void;
  /** The time by which the budget tells when it is full again. */
  readonly clock: () => number;
}

/**
 * In what to answer a request that takes the plain path: `POST /graphql` of somebody who takes JSON, nearly every request.
 * Yoga's way for it takes 230 us more, most of them for objects of the fetch API. Null for any other request.
 */
export function fastPathMediaType({ method, target, header }: RequestHead): MediaType | null {
  return method === "POST" && target === "/graphql" ? acceptedJson(header("accept")) : null;
}

/** Nearly all clients of a kind accept the same. */
const acceptedJson = memoizeLast((accept: string | null): MediaType | null => {
  const type = negotiateMediaType(accept);
  return type === "application/json" || type === "application/graphql-response+json" ? type : null;
});

/**
 * Answers without yoga, by the same rules; never fails.
 *
 * @param answered told the answer, once, and the `principalId` of who called, where that was found out; it never throws
 */
export type FastPath = (request: FastPathRequest, isOverloaded: boolean, answered: FastPathResponse) => void;
type FastPathResponse = (answer: HttpResponse, callerId: string | null) => void;

export function createFastPath(options: FastPathOptions): FastPath {
  const shared = { ...options, statusOf: createStatusRule() };
  return (request, isOverloaded, answered) => new FastPathExchange(shared, request, answered).begin(isOverloaded);
}

interface Shared extends FastPathOptions {
  readonly statusOf: StatusRule;
}

/**
 * Goes from a request's head to its answer, each step called by the one before: waiting for nothing, or for a body alone, takes
 * no promise.
 */
class FastPathExchange {
  readonly #options: Shared;
  readonly #request: FastPathRequest;
  readonly #answered: FastPathResponse;
  readonly #record: RequestRecord;

  constructor(options: Shared, request: FastPathRequest, answered: FastPathResponse) {
    this.#options = options;
    this.#request = request;
    this.#answered = answered;
    this.#record = options.requests.begin(request.head.header);
  }

  begin(isOverloaded: boolean): void {
    const { ingress } = this.#options;
    const { head } = this.#request;
    try {
      const admission = ingress.rejectEarly(head, isOverloaded) ?? ingress.authenticate(head);
      if (!isPromise(admission)) this.#admitted(admission);
      else admission.then((admitted) => this.#admitted(admitted)).catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #admitted(admission: AuthenticatedRequest | HttpResponse): void {
    if ("status" in admission) this.#end(admission);
    else this.#read(admission);
  }

  #read(admitted: AuthenticatedRequest): void {
    this.#record.caller = admitted.caller;
    const refuse = (error: unknown) =>
      this.#told({ result: { errors: [this.#options.errors.show(error)] }, cost: null });
    try {
      assertJson(this.#request.head.header);
      this.#request.readBody((body) => {
        try {
          this.#ask(parseBodyParams(body), admitted);
        } catch (error) {
          refuse(error);
        }
      }, refuse);
    } catch (error) {
      refuse(error);
    }
  }

  /** Asks the graph, for whoever was let in. */
  #ask(params: OperationParams, { caller, address }: AuthenticatedRequest): void {
    const { signal, isDisconnected } = this.#request;
    const asked = {
      params,
      caller,
      address,
      signal,
      isCancelled: isDisconnected,
      mayChange: true,
      record: this.#record,
    };
    this.#options.operations(asked, (answer) => this.#told(answer));
  }

  #told({ result, cost }: OperationResponse): void {
    try {
      recordResult(this.#record, result.errors?.map(({ code }) => code) ?? [], result.extensions);
      this.#end(this.#written(result, cost && budgetHeaders(cost, this.#options.clock())));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param budget the headers that tell of the caller's budget; null where nothing was counted */
  #written(result: OperationResult, budget: HttpResponse["headers"] | null): HttpResponse {
    const { mediaType } = this.#request;
    const body = serializeResult(result);
    if (result.errors) {
      const { status, headers } = this.#options.statusOf(result, mediaType);
      return { status, headers: Object.assign({}, headers, budget), body };
    }
    return { status: 200, headers: Object.assign({ "content-type": `${mediaType}; charset=utf-8` }, budget), body };
  }

  #fail(error: unknown): void {
    this.#options.onInternalError(error);
    this.#end(INTERNAL_ERROR_RESPONSE);
  }

  #end({ status, body, code, headers: own }: HttpResponse): void {
    const { ingress, requests } = this.#options;
    const { head } = this.#request;
    if (code) this.#record.errors = [code];
    try {
      requests.end(this.#record, this.#request.isDisconnected() ? "DISCONNECTED" : status);
    } catch {
      // The log itself has failed, so nobody can be told; that must not cost the answer.
    }
    // Spreading as many objects takes 2 us.
    const headers = Object.assign({}, ingress.headers(head), own, { [REQUEST_ID]: this.#record.requestId });
    this.#answered({ status, headers, body }, this.#record.caller?.principalId ?? null);
  }
}
