import type { GraphQLSchema } from "graphql";
import { createContexts, type GraphContext, type RequestFacts, type SharedServices } from "../context.ts";
import { createEngine, type EngineName } from "../engine/engine.ts";
import { FieldFailure } from "../engine/error-collector.ts";
import type { SerializedResult } from "../engine/serialized-result.ts";
import { type CostBudget, secondsUntil } from "../limits/cost-budget.ts";
import type { UnsentResponses } from "../limits/unsent-responses.ts";
import type { StalePart } from "../loaders/staleness.ts";
import type { CostStatus } from "../model/cost.ts";
import { InvalidInputError } from "../model/errors.ts";
import { requestLimits } from "../model/request-limits.ts";
import { isPromise, type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import { MAX_QUEUE_WAIT_MS, type QueuedTask } from "../scheduling/admission-queue.ts";
import type { Scheduling } from "../scheduling/scheduling.ts";
import type { RequestRecord } from "../telemetry/request-record.ts";
import { createDocumentCache, type PreparedOperation } from "./document-cache.ts";
import { type Errors, type ShownError, serializeErrors } from "./mask-error.ts";
import type { OperationParams } from "./operation-params.ts";
import { OVERLOADED, type RequestError, requestError } from "./request-error.ts";
import { CACHE_MISS, type CachedResponse, type CacheLookup, type ResponseCache } from "./response-cache.ts";
import type { AdmittedSubscription } from "./subscribe.ts";

/** A request for one operation, and its caller. */
export interface OperationRequest extends Pick<RequestFacts, "caller" | "address" | "signal"> {
  readonly params: OperationParams;
  /** Whether the operation may be a mutation: a request by GET may not. */
  readonly mayChange: boolean;
  /** Whether the client accepts a stream of results, as a subscription gives; false by default. */
  readonly acceptsStream?: boolean;
  /** Returns whether the client has disconnected, so that nothing need be started. */
  readonly isCancelled: () => boolean;
  /** Collects what the operation is and takes, for logs, metrics and traces. */
  readonly record?: RequestRecord | undefined;
}

/** Result as the client may read it. */
export interface OperationResult extends Pick<SerializedResult, "data"> {
  readonly errors?: readonly ShownError[];
  /** JSON text of all errors, comma-separated, if it was serialized before. */
  readonly errorsJson?: string | undefined;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export interface OperationResponse {
  /** Empty for an admitted subscription. */
  readonly result: OperationResult;
  /**
   * Price and remaining budget.
   *
   * Null if nothing was charged, because the request or the document is invalid.
   */
  readonly cost: CostStatus | null;
  /** Left out for operations that were executed, and for errors. */
  readonly subscription?: AdmittedSubscription;
}

export interface OperationExecutorOptions {
  readonly schema: GraphQLSchema;
  /** Which engine executes operations; `planned` by default. */
  readonly engine?: EngineName | undefined;
  readonly parts: SharedServices;
  readonly budget: CostBudget;
  readonly errors: Errors;
  /**
   * Milliseconds that all reads of one query may take together: later fields are null, with UPSTREAM_TIMEOUT. A mutation has no
   * such bound, since a half-finished mutation is worse than a late one.
   */
  readonly queryDeadlineMs: number;
  readonly responseCache: ResponseCache;
  readonly unsent: Pick<UnsentResponses, "track" | "isFull">;
  readonly scheduling: Pick<Scheduling, "admissionQueue" | "createTimeSlicer">;
  /** Binds a queued task to the trace that is active now; left out without tracing. */
  readonly bind?: (task: QueuedTask) => QueuedTask;
}

/**
 * Executes one operation: synchronously if nothing has to wait, otherwise through the admission queue. Never throws.
 *
 * @param respond called once with the response; never throws
 */
export type OperationExecutor = (request: OperationRequest, respond: (response: OperationResponse) => void) => void;

/** Creates the pipeline: parse, limit, cost, cache, charge, execute, mask. */
export function createOperationExecutor(options: OperationExecutorOptions): OperationExecutor {
  const { schema, parts, errors, scheduling } = options;
  const engineName = options.engine ?? "planned";
  const engine = createEngine<GraphContext>(engineName, schema, {
    createTimeSlicer: scheduling.createTimeSlicer,
    onDeferred: ({ loaders }, allStarted) => loaders.batchScheduler.holdWhile(allStarted),
  });
  const shared: Shared = {
    ...options,
    prepare: createDocumentCache({ schema, engine, errors, hasTemplates: engineName === "planned" }),
    createContext: createContexts(parts),
    failed: (error) => ({ result: { errors: [errors.show(error)] }, cost: null }),
  };
  return (request, respond) => {
    try {
      const resolved = resolveOperation(shared, request);
      if ("result" in resolved) respond(resolved);
      else new OperationExecution(shared, request, resolved, respond).start();
    } catch (error) {
      respond(shared.failed(error));
    }
  };
}

interface Shared extends OperationExecutorOptions {
  readonly prepare: ReturnType<typeof createDocumentCache>;
  readonly createContext: ReturnType<typeof createContexts>;
  readonly failed: (error: unknown) => OperationResponse;
}

/** An operation that may be executed, its price, and its cached response. */
interface ResolvedOperation extends CacheLookup {
  readonly operation: PreparedOperation;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly points: number;
}

/** Returns the operation of a request; a response if the document is invalid. @throws RequestError */
function resolveOperation(
  { prepare, responseCache, schema }: Shared,
  request: OperationRequest,
): ResolvedOperation | OperationResponse {
  const { params, caller, record } = request;
  const document = prepare(params.query);
  if (document.errors) return { result: { errors: document.errors }, cost: null };
  const operation = document.operation(params.operationName);
  if (!operation)
    throw requestError("INVALID_INPUT", "`operationName` must name an operation of the document.", { status: 400 });
  if (operation.type === "mutation" && !request.mayChange) {
    throw requestError("BAD_REQUEST", "The method of a mutation must be POST.", {
      status: 405,
      headers: { allow: "POST" },
    });
  }
  if (operation.type === "subscription" && !schema.getSubscriptionType()) {
    const message =
      "The operation must be a query or a mutation: the graph has no subscriptions. Repeat a query instead.";
    throw requestError("BAD_REQUEST", message, { status: 400 });
  }
  if (operation.type === "subscription" && !request.acceptsStream) {
    throw requestError("BAD_REQUEST", "`Accept` must be text/event-stream for a subscription.", { status: 406 });
  }
  if (record) record.operation = { name: operation.name, kind: operation.type };
  const variables = params.variables ?? {};
  const isQuery = operation.type === "query";
  const lookup = isQuery ? responseCache.find(caller, () => operation.cacheKey(variables)) : CACHE_MISS;
  return { operation, variables, points: lookup.response?.points ?? operation.cost(variables), ...lookup };
}

/**
 * Takes one operation from its price to its response. Each step is called by the one before, and not by a promise: a promise that
 * waits for the budget or the queue would keep the response alive, see docs/decisions/0003-admission-queue.md.
 */
class OperationExecution {
  readonly #shared: Shared;
  readonly #request: OperationRequest;
  readonly #resolved: ResolvedOperation;
  #respond: (response: OperationResponse) => void;

  constructor(
    shared: Shared,
    request: OperationRequest,
    resolved: ResolvedOperation,
    respond: (response: OperationResponse) => void,
  ) {
    this.#shared = shared;
    this.#request = request;
    this.#resolved = resolved;
    this.#respond = respond;
  }

  /** @throws what fails before the first promise */
  start(): void {
    const { budget, parts } = this.#shared;
    const charge = chargeBudget(this.#resolved.points, this.#request.caller, budget, parts.clock);
    if (isPromise(charge)) charge.then((result) => this.#charged(result)).catch((error) => this.#fail(error));
    else this.#charged(charge);
  }

  #charged({ cost, refusal }: Charge): void {
    const { response: cached, points, operation, wasServedRecently } = this.#resolved;
    const { record } = this.#request;
    if (record && !refusal) record.points = points;
    if (refusal) this.#respond({ result: this.#toResult({ errors: [refusal] }, cost, null), cost });
    else if (cached) this.#respond({ result: resultOf(cached, cost, []), cost });
    else if (operation.type === "subscription") this.#admitSubscription(cost);
    else if (points >= MIN_LARGE_POINTS || (operation.blocking.score > 0 && !wasServedRecently)) this.#enqueue(cost);
    else this.#execute(cost);
  }

  #admitSubscription(cost: CostStatus): void {
    const { document } = this.#resolved.operation;
    this.#respond({ result: {}, cost, subscription: { document, context: this.#createContext(cost) } });
  }

  #enqueue(cost: CostStatus): void {
    const { unsent, scheduling, bind = (task) => task } = this.#shared;
    const callerId = this.#request.caller.principalId;
    const task: QueuedTask = (ended, waitedMs) => {
      const respond = this.#respond;
      this.#respond = (response) => {
        ended();
        respond(response);
      };
      try {
        if (this.#request.isCancelled()) this.#respond({ result: {}, cost });
        else if (waitedMs >= MAX_QUEUE_WAIT_MS || unsent.isFull(callerId))
          this.#fail(requestError("OVERLOADED", OVERLOADED.message, OVERLOADED.http));
        else this.#execute(cost);
      } catch (error) {
        this.#fail(error);
      }
    };
    scheduling.admissionQueue.enqueue(bind(task), callerId);
  }

  #execute(cost: CostStatus): void {
    const { operation, variables, wasServedRecently } = this.#resolved;
    const context = this.#createContext(cost);
    const budget = this.#shared.unsent.track(this.#request.caller.principalId);
    const respond = this.#respond;
    this.#respond = (response) => {
      respond(response);
      budget.end();
    };
    const result = operation.execute({ context, variables, budget });
    const { blocking } = operation;
    if (!wasServedRecently) blocking.score = isPromise(result) ? BLOCKING_SCORE : Math.max(blocking.score - 1, 0);
    if (!isPromise(result)) this.#finish(result, cost, context);
    else result.then((settled) => this.#finish(settled, cost, context)).catch((error) => this.#fail(error));
  }

  #createContext(cost: CostStatus): GraphContext {
    const { caller, address, signal, record } = this.#request;
    const isQuery = this.#resolved.operation.type === "query";
    return this.#shared.createContext({
      caller,
      address,
      signal,
      readsUntil: isQuery ? performance.now() + this.#shared.queryDeadlineMs : null,
      cost,
      callCounter: record,
    });
  }

  #finish(executed: SerializedResult, cost: CostStatus, context: GraphContext): void {
    const result = this.#toResult(executed, cost, context);
    const { data, errors = [], isCacheable = false } = executed;
    const isFresh = errors.every(followsFromRequest) && !result.extensions?.["stale"];
    const { store, points } = this.#resolved;
    if (store && data !== undefined && isFresh) {
      const { errors: shown = [], errorsJson } = result;
      store({ data, errors: shown, errorsJson, omittedErrors: errors.length - shown.length, points }, isCacheable);
    }
    this.#respond({ result, cost });
  }

  #fail(error: unknown): void {
    this.#respond(this.#shared.failed(error));
  }

  #toResult({ data, errors = [] }: SerializedResult, cost: CostStatus, context: GraphContext | null): OperationResult {
    const isForPartner = this.#request.caller.role === "PARTNER";
    const shown = errors.length === 0 ? [] : this.#shared.errors.showFirst(errors, MAX_ERRORS, isForPartner);
    const errorsJson = shown.length === 0 ? undefined : serializeErrors(shown);
    const omittedErrors = errors.length - shown.length;
    return resultOf({ data, errors: shown, errorsJson, omittedErrors }, cost, context?.staleness.parts() ?? []);
  }
}

/**
 * Points from which on an operation is queued even if all of its data is cached.
 *
 * The response of such an operation may take long to write.
 */
const MIN_LARGE_POINTS = 5_000;
const MAX_ERRORS = requestLimits.maxErrors.max;

/** Returns whether an error is the same for every execution, until the cache version changes. */
function followsFromRequest(error: unknown): boolean {
  return error instanceof FieldFailure && error.cause instanceof InvalidInputError;
}

/** Returns a result with its extensions: cost, stale parts, and how many errors are omitted. */
function resultOf(
  {
    data,
    errors,
    errorsJson,
    omittedErrors,
  }: Omit<CachedResponse, "data" | "points"> & { readonly data: string | undefined },
  cost: CostStatus,
  stale: readonly StalePart[],
): OperationResult {
  const { requested, limit, remaining, resetAt } = cost;
  const extensions = { cost: { requested, limit, remaining, resetAt: formatReset(resetAt) } };
  if (stale.length === 0 && omittedErrors === 0 && data !== undefined) {
    return errors.length === 0 ? { data, extensions } : { errors, errorsJson, data, extensions };
  }
  return {
    ...(errors.length > 0 && { errors, errorsJson }),
    ...(data !== undefined && { data }),
    extensions: {
      ...(omittedErrors > 0 && { omittedErrors }),
      ...extensions,
      ...(stale.length > 0 && { stale: stale.map(({ source, asOf }) => ({ source, asOf: new Date(asOf) })) }),
    },
  };
}

/**
 * Executions of an operation that are assumed to block after one that did. Judging by the last execution alone would start hundreds
 * at once after a single cache hit.
 */
const BLOCKING_SCORE = 100;

/** The budgets of all requests of one millisecond are reset at the same time. */
const formatReset = memoizeLast((instant: number) => new Date(instant).toISOString());

export interface Charge {
  readonly cost: CostStatus;
  readonly refusal: RequestError | null;
}

/**
 * Charges an operation.
 *
 * Refuses one that exceeds the maximum price, or the rest of its caller's budget.
 */
export function chargeBudget(
  points: number,
  caller: GraphContext["caller"],
  budget: CostBudget,
  clock: () => number,
): MaybePromise<Charge> {
  const { max, code } = requestLimits.maxCost;
  if (points > max) {
    const message = `An operation must cost at most ${max} points; got ${points}. Ask for fewer objects or shorter windows.`;
    const refusal = requestError(code, message, { status: 400 }, { cost: points, max });
    return mapMaybe(budget.read(caller, points), (cost) => ({ cost, refusal }));
  }
  return mapMaybe(budget.charge(caller, points), ({ isGranted, status: cost }) => ({
    cost,
    refusal: isGranted ? null : throttled(points, cost, clock()),
  }));
}

function throttled(points: number, cost: CostStatus, now: number): RequestError {
  const retryAfterSeconds = secondsUntil(cost.resetAt, now);
  return requestError(
    "THROTTLED",
    `The operation costs ${points} points; ${cost.remaining} of ${cost.limit} points per minute remain.`,
    { status: 429, headers: { "retry-after": String(retryAfterSeconds) } },
    { cost: points, remaining: cost.remaining, retryAfterSeconds },
  );
}
