import { type FieldNode, type GraphQLResolveInfo, getArgumentValues, type ResponsePath } from "graphql";
import { isPromise } from "../primitives/maybe-promise.ts";
import { FieldFailure } from "./error-collector.ts";
import type { Arguments, CompleteValue, Execution, FieldPlan, JsonText, Path } from "./execution.ts";
import { ResolveInfo } from "./resolve-info.ts";
import { appendAsync, type Chunks, concatChunks, NULL, rejectAfterPending } from "./serialized-result.ts";

// Continuations stand in functions of their own: a function that creates closures allocates a context on every call.

/** Executes the fields of an object at once, and returns the object as JSON text. */
export function executeFields(
  execution: Execution,
  plans: readonly FieldPlan[],
  source: unknown,
  path: Path,
): JsonText {
  let text = "";
  let chunks: Chunks | null = null;
  try {
    for (const plan of plans) {
      const value = executeField(execution, plan, source, path);
      text += plan.key;
      execution.size += plan.key.length;
      if (typeof value === "string") {
        text += value;
      } else {
        chunks = appendAsync(chunks, text, value);
        text = "";
      }
    }
  } catch (error) {
    return rejectAfterPending(chunks, error);
  }
  return concatChunks(chunks, text + (plans.length === 0 ? "{}" : "}"));
}

/** Executes the fields of a mutation one after another: each starts when the one before has ended. */
export async function executeFieldsSerially(execution: Execution, plans: readonly FieldPlan[]): Promise<string> {
  let text = plans.length === 0 ? "{" : "";
  for (const plan of plans) text += plan.key + (await executeField(execution, plan, undefined, undefined));
  return `${text}}`;
}

function executeField(execution: Execution, plan: FieldPlan, source: unknown, parentPath: Path): JsonText {
  const { resolve, complete, isNonNull, nodes, cacheability } = plan;
  const path: ResponsePath = { prev: parentPath, key: plan.responseName, typename: plan.parentType.name };
  try {
    const args = coerceArguments(execution, plan);
    if (cacheability !== true && execution.isCacheable) {
      execution.isCacheable = typeof cacheability === "function" && cacheability(args);
    }
    const info = new ResolveInfo(execution, plan, path);
    const value = resolve(source, args, execution.context, info);
    if (!isPromise(value)) {
      const completed = complete(execution, value, path, info);
      return typeof completed === "string" ? completed : nullOnError(completed, execution, isNonNull, nodes, path);
    }
    // An object that has to wait for a value has read it from somewhere.
    if (plan.isReadIfPromised) execution.isCacheable = false;
    return nullOnError(completePromise(value, complete, execution, path, info), execution, isNonNull, nodes, path);
  } catch (error) {
    return handleFieldError(error, execution, isNonNull, nodes, path);
  }
}

/**
 * Returns the arguments of a field, the same for every object.
 *
 * @throws GraphQLError, the same for every object as well
 */
function coerceArguments(execution: Execution, plan: FieldPlan): Arguments {
  const { definition, constantArguments } = plan;
  if (constantArguments) return constantArguments;
  const [node] = plan.nodes as [FieldNode];
  const coerced = execution.arguments.get(node);
  if (coerced?.definition === definition) {
    if (coerced.values) return coerced.values;
    throw coerced.error;
  }
  try {
    const values = getArgumentValues(definition, node, execution.variables);
    if (plan.hasVariables) execution.arguments.set(node, { definition, values });
    else plan.constantArguments = values;
    return values;
  } catch (error) {
    execution.arguments.set(node, { definition, values: null, error });
    throw error;
  }
}

/**
 * Completes the value of a promise, in a later time slice if this one is used up.
 *
 * Many promises may settle at once.
 */
export function completePromise(
  value: Promise<unknown>,
  complete: CompleteValue,
  execution: Execution,
  path: ResponsePath,
  info: GraphQLResolveInfo,
): Promise<string> {
  return value.then((settled) =>
    execution.slicer.isExhausted()
      ? execution.slicer.defer(() => complete(execution, settled, path, info))
      : complete(execution, settled, path, info),
  );
}

/** Returns the same text, or the result of {@link handleFieldError} if its promise is rejected. */
export function nullOnError(
  completed: Promise<string>,
  execution: Execution,
  isNonNull: boolean,
  nodes: readonly FieldNode[],
  path: ResponsePath,
): Promise<string> {
  return completed.then(undefined, (error) => handleFieldError(error, execution, isNonNull, nodes, path));
}

/** Collects the error and returns null. @throws the error with its location if the type is non-null */
export function handleFieldError(
  error: unknown,
  execution: Execution,
  isNonNull: boolean,
  nodes: readonly FieldNode[],
  path: ResponsePath,
): typeof NULL {
  if (execution.abortReason !== null) throw execution.abortReason;
  const failure = error instanceof FieldFailure ? error : new FieldFailure(error, nodes, path);
  if (isNonNull) throw failure;
  execution.errors.add(failure, path);
  return NULL;
}
