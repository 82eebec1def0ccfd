import type { GraphQLSchema } from "graphql";
import { createContexts, type GraphContext, type RequestFacts, type SharedServices } from "../context.ts";
import { FieldFailure } from "../engine/execution.ts";
import type { SerializedResult } from "../engine/serialized-result.ts";
import type { OperationParams } from "../http/request-body.ts";
import { serializeErrors } from "../http/response-body.ts";
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
import type { Errors, ShownError } from "./mask-error.ts";
import { OVERLOADED, type Refusal, requestError } from "./request-error.ts";
import { CACHE_MISS, type CachedResponse, type CacheLookup, type ResponseCache } from "./response-cache.ts";

/** What a client asks for, and who it is. */
export interface OperationRequest extends Pick<RequestFacts, "caller" | "address" | "signal"> {
  readonly params: OperationParams;
  /** Whether it may be a mutation: a request by GET may not. */
  readonly mayChange: boolean;
  /** Whether the client has left: nothing is begun for it then. It can't leave where this is left out. */
  readonly isCancelled?: (() => boolean) | undefined;
  /** Told what is asked for, and what it takes. */
  readonly record?: RequestRecord | undefined;
}

/** What goes back to the client: errors as it may read them, and the rest as plain values. */
export interface OperationResult extends Pick<SerializedResult, "data"> {
  readonly errors?: readonly ShownError[];
  /** The JSON text of all errors, between commas, where it is there already. */
  readonly errorsJson?: string | undefined;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export interface OperationResponse {
  readonly result: OperationResult;
  /** What it cost, and what is left; null where nothing was counted, because the document is wrong. */
  readonly cost: CostStatus | null;
}

export interface OperationExecutorOptions {
  readonly schema: GraphQLSchema;
  readonly parts: SharedServices;
  readonly budget: CostBudget;
  readonly errors: Errors;
  /**
   * How long the reads of one query may take together: what is not read by then is null, with UPSTREAM_TIMEOUT. A mutation
   * has no such bound, since half of its steps would be worse than all of them late.
   */
  readonly queryDeadlineMs: number;
  readonly responseCache: ResponseCache;
  readonly unsent: Pick<UnsentResponses, "track" | "isFull">;
  readonly scheduling: Pick<Scheduling, "admissionQueue" | "createTimeSlicer">;
  /** Binds work that is done later to what is under way now; left out where nothing asks what that is. */
  readonly bind?: (work: QueuedTask) => QueuedTask;
}

/**
 * Answers one operation, however it came here: at once where it needs to wait for nothing, and in its turn where it will have
 * to (see `turns.ts`). Never fails.
 *
 * @param answered told the answer, once; it never throws
 */
export type OperationExecutor = (request: OperationRequest, answered: (answer: OperationResponse) => void) => void;

/** From a document to its answer: limited, validated, counted and charged before it runs, masked and limited after. */
export function createOperationExecutor(options: OperationExecutorOptions): OperationExecutor {
  const { parts, errors } = options;
  const shared = {
    ...options,
    prepare: createDocumentCache(options.schema, errors, options.scheduling.createTimeSlicer),
    contextOf: createContexts(parts),
    failed: (error: unknown): OperationResponse => ({ result: { errors: [errors.show(error)] }, cost: null }),
  };
  return (request, answered) => {
    try {
      const asked = resolveOperation(shared, request);
      if ("result" in asked) answered(asked);
      else new OperationExecution(shared, request, asked, answered).begin();
    } catch (error) {
      answered(shared.failed(error));
    }
  };
}

interface Shared extends OperationExecutorOptions {
  readonly prepare: ReturnType<typeof createDocumentCache>;
  readonly contextOf: ReturnType<typeof createContexts>;
  readonly failed: (error: unknown) => OperationResponse;
}

/** An operation that may run, and its price. */
interface ResolvedOperation extends CacheLookup {
  readonly operation: PreparedOperation;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly points: number;
}

/** What is asked for, or the answer where that is no operation. @throws Refusal */
function resolveOperation(
  { prepare, responseCache }: Shared,
  request: OperationRequest,
): ResolvedOperation | OperationResponse {
  const { params, caller, record } = request;
  const document = prepare(params.query);
  if (document.errors) return { result: { errors: document.errors }, cost: null };
  const operation = document.operation(params.operationName);
  if (!operation) throw requestError("INVALID_INPUT", "The document has no such operation.", { status: 400 });
  if (operation.type === "mutation" && !request.mayChange) {
    throw requestError("BAD_REQUEST", "Mutations are sent by POST.", { status: 405, headers: { allow: "POST" } });
  }
  if (record) record.operation = { name: operation.name, kind: operation.type };
  const variables = params.variables ?? {};
  const isQuery = operation.type === "query";
  const found = isQuery ? responseCache.find(caller, () => operation.cacheKey(variables)) : CACHE_MISS;
  return { operation, variables, points: found.answer?.points ?? operation.cost(variables), ...found };
}

/**
 * Goes from the price to the answer, each step called by the one before. What it waits for first, its budget and its turn,
 * leaves nothing behind that its answer would hang on, as promises do.
 */
class OperationExecution {
  readonly #shared: Shared;
  readonly #request: OperationRequest;
  readonly #asked: ResolvedOperation;
  #answered: (answer: OperationResponse) => void;

  constructor(
    shared: Shared,
    request: OperationRequest,
    asked: ResolvedOperation,
    answered: (answer: OperationResponse) => void,
  ) {
    this.#shared = shared;
    this.#request = request;
    this.#asked = asked;
    this.#answered = answered;
  }

  /** @throws what stood in the way at once */
  begin(): void {
    const { budget, parts } = this.#shared;
    const charge = charged(this.#asked.points, this.#request.caller, budget, parts.clock);
    if (isPromise(charge)) charge.then((made) => this.#charged(made)).catch((error) => this.#fail(error));
    else this.#charged(charge);
  }

  #charged({ cost, refusal }: Charged): void {
    const { answer, points, operation, wasServedRecently } = this.#asked;
    const { record } = this.#request;
    if (record && !refusal) record.points = points;
    if (refusal) this.#answered({ result: this.#finished({ errors: [refusal] }, cost, null), cost });
    else if (answer) this.#answered({ result: resultOf(answer, cost, []), cost });
    else if (points >= LARGE_POINTS || (operation.blockingScore > 0 && !wasServedRecently)) this.#inItsTurn(cost);
    else this.#run(cost);
  }

  #inItsTurn(cost: CostStatus): void {
    const { unsent, scheduling, bind = (work) => work } = this.#shared;
    const callerId = this.#request.caller.principalId;
    const begin: QueuedTask = (ended, waitedMs) => {
      const answered = this.#answered;
      this.#answered = (answer) => {
        ended();
        answered(answer);
      };
      try {
        if (this.#request.isCancelled?.()) this.#answered({ result: {}, cost });
        else if (waitedMs >= MAX_QUEUE_WAIT_MS || unsent.isFull(callerId))
          this.#fail(requestError("OVERLOADED", OVERLOADED.message, OVERLOADED.http));
        else this.#run(cost);
      } catch (error) {
        this.#fail(error);
      }
    };
    scheduling.admissionQueue.enqueue(bind(begin), callerId);
  }

  #run(cost: CostStatus): void {
    const { operation, variables, wasServedRecently } = this.#asked;
    const context = this.#context(cost);
    const room = this.#shared.unsent.track(this.#request.caller.principalId);
    const answered = this.#answered;
    this.#answered = (answer) => {
      answered(answer);
      room.end();
    };
    const made = operation.run(context, variables, room);
    if (!wasServedRecently)
      operation.blockingScore = isPromise(made) ? BLOCKING_SCORE : Math.max(operation.blockingScore - 1, 0);
    if (!isPromise(made)) this.#done(made, cost, context);
    else made.then((result) => this.#done(result, cost, context)).catch((error) => this.#fail(error));
  }

  #context(cost: CostStatus): GraphContext {
    const { caller, address, signal, record } = this.#request;
    const isQuery = this.#asked.operation.type === "query";
    return this.#shared.contextOf({
      caller,
      address,
      signal,
      readsUntil: isQuery ? performance.now() + this.#shared.queryDeadlineMs : null,
      cost,
      callCounter: record,
    });
  }

  #done(made: SerializedResult, cost: CostStatus, context: GraphContext): void {
    const result = this.#finished(made, cost, context);
    const { data, errors = [], isRepeatable = false } = made;
    const isRepeatableAsAWhole = errors.every(followsFromRequest) && !result.extensions?.["stale"];
    const { store, points } = this.#asked;
    if (store && data !== undefined && isRepeatableAsAWhole) {
      const shown = result.errors ?? [];
      const errorsJson = shown.length > 0 ? serializeErrors(shown) : undefined;
      store({ data, errors: shown, errorsJson, omittedErrors: errors.length - shown.length, points }, isRepeatable);
    }
    this.#answered({ result, cost });
  }

  #fail(error: unknown): void {
    this.#answered(this.#shared.failed(error));
  }

  #finished({ data, errors = [] }: SerializedResult, cost: CostStatus, context: GraphContext | null): OperationResult {
    const isForPartner = this.#request.caller.role === "PARTNER";
    const shown = errors.length === 0 ? [] : this.#shared.errors.showFirst(errors, MAX_ERRORS, isForPartner);
    const omittedErrors = errors.length - shown.length;
    return resultOf({ data, errors: shown, omittedErrors }, cost, context?.staleness.parts() ?? []);
  }
}

/**
 * From this price on an operation waits for its turn, also where it finds all that it asks for: its answer may be hundreds of
 * kilobytes long, and takes milliseconds to write. A thousand of them that were written as they came would hold up all others.
 */
const LARGE_POINTS = 5_000;
const MAX_ERRORS = requestLimits.maxErrors.max;

/** Whether an error is the same whenever the same is asked, until something changes that the answer follows from. */
function followsFromRequest(error: unknown): boolean {
  return error instanceof FieldFailure && error.cause instanceof InvalidInputError;
}

/** An answer's errors as they are shown, and beside its data what it cost, what of it is stale, and how many errors are left out. */
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
  const told = { cost: { requested, limit, remaining, resetAt: formatReset(resetAt) } };
  if (stale.length === 0 && omittedErrors === 0 && data !== undefined) {
    return errors.length === 0 ? { data, extensions: told } : { errors, errorsJson, data, extensions: told };
  }
  return {
    ...(errors.length > 0 && { errors, errorsJson }),
    ...(data !== undefined && { data }),
    extensions: {
      ...(omittedErrors > 0 && { omittedErrors }),
      ...told,
      ...(stale.length > 0 && { stale: stale.map(({ source, asOf }) => ({ source, asOf: new Date(asOf) })) }),
    },
  };
}

/**
 * When one had to wait, so many are taken to have to. Among them may be such as find all that they ask for: an operation that were
 * judged by its last one alone would have hundreds begin at once behind one of these.
 */
const BLOCKING_SCORE = 100;

/** The budgets of all who asked in one millisecond are full again in the same one. */
const formatReset = memoizeLast((instant: number) => new Date(instant).toISOString());

interface Charged {
  readonly cost: CostStatus;
  readonly refusal: Refusal | null;
}

/** Refuses what is dearer than any query may be, or than what is left of its caller's budget. */
function charged(
  points: number,
  caller: GraphContext["caller"],
  budget: CostBudget,
  clock: () => number,
): MaybePromise<Charged> {
  const most = requestLimits.maxCost;
  if (points > most.max) {
    const message = `The query would cost ${points} points, and one may cost ${most.max}: ask for fewer objects or shorter windows.`;
    const refusal = requestError(most.code, message, { status: 400 }, { cost: points, max: most.max });
    return mapMaybe(budget.look(caller, points), (cost) => ({ cost, refusal }));
  }
  return mapMaybe(budget.charge(caller, points), ({ isGranted, status: cost }) => ({
    cost,
    refusal: isGranted ? null : throttled(points, cost, clock()),
  }));
}

function throttled(points: number, cost: CostStatus, now: number): Refusal {
  const retryAfterSeconds = secondsUntil(cost.resetAt, now);
  return requestError(
    "THROTTLED",
    `The query costs ${points} points, and ${cost.remaining} of ${cost.limit} a minute are left.`,
    { status: 429, headers: { "retry-after": String(retryAfterSeconds) } },
    { cost: points, remaining: cost.remaining, retryAfterSeconds },
  );
}
