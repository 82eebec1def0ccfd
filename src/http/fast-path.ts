import type { FetchAPI } from "graphql-yoga";
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
import { assertJson, isShort, parseBodyParams, parseQueryParams } from "./request-body.ts";
import { createStatusRule, type MediaType, type StatusRule, serializeResult } from "./response-body.ts";

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
 * Returns the media type of the response to a request for the fast path: `POST /graphql` and `GET /graphql?...` by a client that
 * accepts JSON. Null for any other request, which yoga serves.
 *
 * @see docs/decisions/0010-fast-path.md
 */
export function fastPathMediaType({ method, target, header }: RequestHead): MediaType | null {
  const isGraph =
    method === "POST" ? target === "/graphql" : method === "GET" && target.startsWith("/graphql?") && isShort(target);
  return isGraph ? acceptedJson(header("accept")) : null;
}

/** Clients of one kind accept the same. Browsers that want a page get GraphiQL, by yoga. */
const acceptedJson = memoizeLast((accept: string | null): MediaType | null => {
  if (accept?.toLowerCase().includes("text/html")) return null;
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
  const shared = { ...options, statusOf: createStatusRule(options.fetchAPI) };
  return (request, isOverloaded, onResponse) => new FastPathExchange(shared, request, onResponse).start(isOverloaded);
}

interface Shared extends FastPathOptions {
  readonly statusOf: StatusRule;
}

/** Takes one request from its head to its response. Each step calls the next, without a promise unless there is something to wait for. */
class FastPathExchange {
  readonly #options: Shared;
  readonly #request: FastPathRequest;
  readonly #onResponse: OnResponse;
  readonly #record: RequestRecord;

  constructor(options: Shared, request: FastPathRequest, onResponse: OnResponse) {
    this.#options = options;
    this.#request = request;
    this.#onResponse = onResponse;
    this.#record = options.requests.begin(request.head.header);
  }

  start(isOverloaded: boolean): void {
    const { ingress } = this.#options;
    const { head } = this.#request;
    try {
      const result = ingress.rejectEarly(head, isOverloaded) ?? ingress.authenticate(head);
      if (!isPromise(result)) this.#afterIngress(result);
      else result.then((settled) => this.#afterIngress(settled)).catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #afterIngress(result: AuthenticatedRequest | HttpResponse): void {
    if ("status" in result) this.#end(result);
    else this.#read(result);
  }

  #read(authenticated: AuthenticatedRequest): void {
    this.#record.caller = authenticated.caller;
    const reject = (error: unknown) =>
      this.#respond({ result: { errors: [this.#options.errors.show(error)] }, cost: null });
    try {
      const { method, target, header } = this.#request.head;
      if (method === "GET") {
        this.#execute(parseQueryParams(target), authenticated);
        return;
      }
      assertJson(header);
      this.#request.readBody((body) => {
        try {
          this.#execute(parseBodyParams(body), authenticated);
        } catch (error) {
          reject(error);
        }
      }, reject);
    } catch (error) {
      reject(error);
    }
  }

  #execute(params: OperationParams, { caller, address }: AuthenticatedRequest): void {
    const { signal, isDisconnected } = this.#request;
    const operation = {
      params,
      caller,
      address,
      signal,
      isCancelled: isDisconnected,
      mayChange: this.#request.head.method === "POST",
      record: this.#record,
    };
    this.#options.operations(operation, (response) => this.#respond(response));
  }

  #respond({ result, cost }: OperationResponse): void {
    try {
      recordResult(this.#record, result.errors?.map(({ code }) => code) ?? [], result.extensions);
      this.#end(this.#toHttp(result, cost && budgetHeaders(cost, this.#options.clock())));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param budget headers of the caller's budget; null if nothing was charged */
  #toHttp(result: OperationResult, budget: HttpResponse["headers"] | null): HttpResponse {
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
      // A failing log must not cost the client its response.
    }
    const headers = Object.assign({}, ingress.headers(head), own, { [REQUEST_ID]: this.#record.requestId });
    this.#onResponse({ status, headers, body }, this.#record.caller?.principalId ?? null);
  }
}
