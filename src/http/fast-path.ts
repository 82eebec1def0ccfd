import { budgetHeaders } from "../limits/cost-budget.ts";
import type { OperationAnswer, OperationResult, Operations } from "../operation/execute-operation.ts";
import type { Errors } from "../operation/mask-error.ts";
import { isPromise } from "../primitives/maybe-promise.ts";
import { rememberingLast } from "../primitives/memoize.ts";
import { REQUEST_ID, type Requests } from "../telemetry/request-observer.ts";
import { noteResult, type RequestRecord } from "../telemetry/request-record.ts";
import { acceptedType } from "./content-negotiation.ts";
import { type Answer, FAULT, type RequestHead } from "./http-message.ts";
import type { Admitted, Front } from "./ingress.ts";
import { assertJson, type OperationParams, paramsOfBody } from "./request-body.ts";
import { createStatusRule, type MediaType, type StatusRule, textOf } from "./response-body.ts";

/** A request that needs nothing of yoga. */
export interface PlainRequest {
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
  hasLeft(): boolean;
}

export interface PlainPathOptions {
  readonly front: Front;
  readonly operations: Operations;
  readonly requests: Requests;
  readonly errors: Pick<Errors, "show">;
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

/** Nearly all clients of a kind accept the same. */
const acceptedJson = rememberingLast((accept: string | null): MediaType | null => {
  const type = acceptedType(accept);
  return type === "application/json" || type === "application/graphql-response+json" ? type : null;
});

/**
 * Answers without yoga, by the same rules; never fails.
 *
 * @param answered told the answer, once, and the `principalId` of who called, where that was found out; it never throws
 */
export type PlainPath = (request: PlainRequest, isOverloaded: boolean, answered: Answered) => void;
type Answered = (answer: Answer, callerId: string | null) => void;

export function createPlainPath(options: PlainPathOptions): PlainPath {
  const shared = { ...options, statusOf: createStatusRule() };
  return (request, isOverloaded, answered) => new PlainExchange(shared, request, answered).begin(isOverloaded);
}

interface Shared extends PlainPathOptions {
  readonly statusOf: StatusRule;
}

/**
 * Goes from a request's head to its answer, each step called by the one before: waiting for nothing, or for a body alone, takes
 * no promise.
 */
class PlainExchange {
  readonly #options: Shared;
  readonly #request: PlainRequest;
  readonly #answered: Answered;
  readonly #record: RequestRecord;

  constructor(options: Shared, request: PlainRequest, answered: Answered) {
    this.#options = options;
    this.#request = request;
    this.#answered = answered;
    this.#record = options.requests.begin(request.head.header);
  }

  begin(isOverloaded: boolean): void {
    const { front } = this.#options;
    const { head } = this.#request;
    try {
      const admission = front.turnAway(head, isOverloaded) ?? front.admit(head);
      if (!isPromise(admission)) this.#admitted(admission);
      else admission.then((admitted) => this.#admitted(admitted)).catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #admitted(admission: Admitted | Answer): void {
    if ("status" in admission) this.#end(admission);
    else this.#read(admission);
  }

  #read(admitted: Admitted): void {
    this.#record.caller = admitted.caller;
    const refuse = (error: unknown) =>
      this.#told({ result: { errors: [this.#options.errors.show(error)] }, cost: null });
    try {
      assertJson(this.#request.head.header);
      this.#request.readBody((body) => {
        try {
          this.#ask(paramsOfBody(body), admitted);
        } catch (error) {
          refuse(error);
        }
      }, refuse);
    } catch (error) {
      refuse(error);
    }
  }

  /** Asks the graph, for whoever was let in. */
  #ask(params: OperationParams, { caller, address }: Admitted): void {
    const { signal, hasLeft } = this.#request;
    const asked = { params, caller, address, signal, hasLeft, mayChange: true, record: this.#record };
    this.#options.operations(asked, (answer) => this.#told(answer));
  }

  #told({ result, cost }: OperationAnswer): void {
    try {
      noteResult(this.#record, result.errors?.map(({ code }) => code) ?? [], result.extensions);
      this.#end(this.#written(result, cost && budgetHeaders(cost, this.#options.clock())));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param budget the headers that tell of the caller's budget; null where nothing was counted */
  #written(result: OperationResult, budget: Answer["headers"] | null): Answer {
    const { mediaType } = this.#request;
    const body = textOf(result);
    if (result.errors) {
      const { status, headers } = this.#options.statusOf(result, mediaType);
      return { status, headers: Object.assign({}, headers, budget), body };
    }
    return { status: 200, headers: Object.assign({ "content-type": `${mediaType}; charset=utf-8` }, budget), body };
  }

  #fail(error: unknown): void {
    this.#options.onFault(error);
    this.#end(FAULT);
  }

  #end({ status, body, code, headers: own }: Answer): void {
    const { front, requests } = this.#options;
    const { head } = this.#request;
    if (code) this.#record.errors = [code];
    try {
      requests.end(this.#record, this.#request.hasLeft() ? "LEFT" : status);
    } catch {
      // The log itself has failed, so nobody can be told; that must not cost the answer.
    }
    // Spreading as many objects takes 2 us.
    const headers = Object.assign({}, front.headers(head), own, { [REQUEST_ID]: this.#record.requestId });
    this.#answered({ status, headers, body }, this.#record.caller?.principalId ?? null);
  }
}
