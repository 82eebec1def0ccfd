import type { GraphQLError, GraphQLSchema } from "graphql";
import { createContexts, type GraphContext, type RequestFacts, type SharedParts } from "../context.ts";
import type { CostStatus } from "../model/cost.ts";
import { isPromise, type MaybePromise, whenThere } from "../model/maybe-promise.ts";
import { requestLimits } from "../model/request-limits.ts";
import { type CostBudget, secondsUntil } from "./cost-budget.ts";
import { type KeptAnswers, NOT_KEPT } from "./kept-answers.ts";
import type { RequestRecord } from "./metrics/request-record.ts";
import { createPreparedDocuments } from "./prepared-documents.ts";
import type { WrittenResult } from "./query-result.ts";
import { refused } from "./refused.ts";
import type { OperationParams } from "./request-body.ts";

/** What a client asks for, and who it is. */
export interface OperationRequest extends Pick<RequestFacts, "caller" | "address" | "signal"> {
  readonly params: OperationParams;
  /** Whether it may be a mutation: a request by GET may not. */
  readonly mayChange: boolean;
  /** Told what is asked for, and what it takes. */
  readonly record?: RequestRecord | undefined;
}

/** What goes back to the client: errors as it may read them, and the rest as plain values. */
export interface OperationResult extends WrittenResult {
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export interface OperationAnswer {
  readonly result: OperationResult;
  /** What it cost, and what is left; null where nothing was counted, because the document is wrong. */
  readonly cost: CostStatus | null;
}

export interface OperationsOptions {
  readonly schema: GraphQLSchema;
  readonly parts: SharedParts;
  readonly budget: CostBudget;
  /** What a client may read of a failure. */
  readonly maskError: (error: unknown) => GraphQLError;
  /**
   * How long the reads of one query may take together: what is not read by then is null, with UPSTREAM_TIMEOUT. A mutation
   * has no such bound, since half of its steps would be worse than all of them late.
   */
  readonly queryDeadlineMs: number;
  readonly keptAnswers: KeptAnswers;
}

/** Answers one operation, however it came here, and at once where it needs to wait for nothing; never fails. */
export type Operations = (request: OperationRequest) => MaybePromise<OperationAnswer>;

/** From a document to its answer: limited, validated, counted and charged before it runs, masked and limited after. */
export function createOperations(options: OperationsOptions): Operations {
  const { parts, budget, maskError } = options;
  const prepare = createPreparedDocuments(options.schema, maskError);
  const contextOf = createContexts(parts);
  const { keptAnswers } = options;

  const answer = (request: OperationRequest): MaybePromise<OperationAnswer> => {
    const { params, caller, record } = request;
    const document = prepare(params.query);
    if (document.errors) return { result: { errors: document.errors }, cost: null };
    const operation = document.operation(params.operationName);
    if (!operation) throw refused("INVALID_INPUT", "The document has no such operation.", { status: 400 });
    if (operation.type === "mutation" && !request.mayChange) {
      throw refused("BAD_REQUEST", "Mutations are sent by POST.", { status: 405, headers: { allow: "POST" } });
    }
    if (record) record.asked = { name: operation.name, kind: operation.type };
    const variables = params.variables ?? {};
    const isQuery = operation.type === "query";
    const { answer: known, keep } = isQuery ? keptAnswers.find(caller, () => operation.question(variables)) : NOT_KEPT;
    const points = known?.points ?? operation.cost(variables);
    return whenThere(charged(points, caller, budget, parts.clock), ({ cost, refusal }) => {
      if (refusal) return { result: finished({ errors: [refusal] }, cost, null), cost };
      if (record) record.points = points;
      if (known) return { result: finished(known, cost, null), cost };
      const context = contextFor(request, isQuery, cost);
      return whenThere(operation.run(context, variables), (made) => {
        const result = finished(made, cost, context);
        const isWhole = !result.errors && !result.extensions?.["stale"];
        if (made.isRepeatable && made.data !== undefined && isWhole) keep?.({ data: made.data, points });
        return { result, cost };
      });
    });
  };

  const contextFor = ({ caller, address, signal, record }: OperationRequest, isQuery: boolean, cost: CostStatus) =>
    contextOf({
      caller,
      address,
      signal,
      readsUntil: isQuery ? performance.now() + options.queryDeadlineMs : null,
      cost,
      tally: record,
    });

  /** The first errors of the answer, and beside it what it cost, what of it is stale, and how many errors are left out. */
  const finished = (
    { data, errors = [] }: WrittenResult,
    cost: CostStatus,
    context: GraphContext | null,
  ): OperationResult => {
    const { requested, limit, remaining, resetAt } = cost;
    const told = { cost: { requested, limit, remaining, resetAt: new Date(resetAt).toISOString() } };
    const stale = context?.staleness.parts() ?? [];
    if (errors.length === 0 && stale.length === 0 && data !== undefined) return { data, extensions: told };
    const { max } = requestLimits.maxErrors;
    return {
      ...(errors.length > 0 && { errors: errors.map(maskError).slice(0, max) }),
      ...(data !== undefined && { data }),
      extensions: {
        ...(errors.length > max && { omittedErrors: errors.length - max }),
        ...told,
        ...(stale.length > 0 && { stale: stale.map(({ source, asOf }) => ({ source, asOf: new Date(asOf) })) }),
      },
    };
  };

  const failed = (error: unknown): OperationAnswer => ({ result: { errors: [maskError(error)] }, cost: null });

  return (request) => {
    try {
      const given = answer(request);
      return isPromise(given) ? given.catch(failed) : given;
    } catch (error) {
      return failed(error);
    }
  };
}

interface Charged {
  readonly cost: CostStatus;
  readonly refusal: GraphQLError | null;
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
    const refusal = refused(most.code, message, { status: 400 }, { cost: points, max: most.max });
    return whenThere(budget.look(caller, points), (cost) => ({ cost, refusal }));
  }
  return whenThere(budget.charge(caller, points), ({ isGranted, status: cost }) => ({
    cost,
    refusal: isGranted ? null : throttled(points, cost, clock()),
  }));
}

function throttled(points: number, cost: CostStatus, now: number): GraphQLError {
  const retryAfterSeconds = secondsUntil(cost.resetAt, now);
  return refused(
    "THROTTLED",
    `The query costs ${points} points, and ${cost.remaining} of ${cost.limit} a minute are left.`,
    { status: 429, headers: { "retry-after": String(retryAfterSeconds) } },
    { cost: points, remaining: cost.remaining, retryAfterSeconds },
  );
}
