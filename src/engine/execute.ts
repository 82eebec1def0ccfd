import { getVariableValues, OperationTypeNode } from "graphql";
import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";
import { executeFields, executeFieldsSerially } from "./execute-fields.ts";
import { Execution, type ExecutionEnvironment, type ResponseBudget, type Variables } from "./execution.ts";
import type { OperationPlan } from "./query-plan.ts";
import { NULL, type SerializedResult } from "./serialized-result.ts";

export interface ExecutionRequest<Context> {
  readonly context: Context;
  /** Variables as the client sent them. */
  readonly variables: Variables;
  /** Coerced values of further variables, which the operation does not declare; only for the planned engine. */
  readonly literals?: Variables;
  /** Bounds the response; unbounded by default. */
  readonly budget?: ResponseBudget;
}

/** Errors in variables after which coercion stops. */
export const MAX_COERCION_ERRORS = 50;

/**
 * Executes an operation to JSON text, with the result that graphql-js computes.
 *
 * Returns no promise if no resolver waits.
 */
export function execute<Context>(
  plan: OperationPlan,
  environment: ExecutionEnvironment<Context>,
  { context, variables, literals, budget }: ExecutionRequest<Context>,
): MaybePromise<SerializedResult> {
  const { schema, operation } = plan;
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
    maxErrors: MAX_COERCION_ERRORS,
  });
  if (errors) return { errors };
  Object.assign(coerced, literals);
  const execution = new Execution(plan, environment as ExecutionEnvironment<unknown>, context, coerced, budget);
  try {
    const fields = plan.rootFields(coerced);
    const data =
      operation.operation === OperationTypeNode.MUTATION
        ? executeFieldsSerially(execution, fields)
        : executeFields(execution, fields, undefined, undefined);
    if (typeof data === "string") return succeed(execution, data);
    const text = isPromise(data) ? data : execution.settled().then(() => data.toText());
    return text.then((all) => succeed(execution, all)).catch((error) => fail(execution, error));
  } catch (error) {
    return fail(execution, error);
  }
}

/** @throws what ends the execution */
function succeed(execution: Execution, data: string): SerializedResult {
  execution.assertFits(data);
  const { all: errors } = execution.errors;
  const { isCacheable } = execution;
  return errors === undefined ? { data, isCacheable } : { errors, data, isCacheable };
}

function fail({ abortReason, errors }: Execution, error: unknown): SerializedResult {
  if (abortReason !== null) return { errors: [abortReason] };
  errors.add(error, undefined);
  return { errors: errors.all ?? [], data: NULL };
}
