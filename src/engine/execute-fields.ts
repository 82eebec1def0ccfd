import { type FieldNode, type GraphQLResolveInfo, getArgumentValues, type ResponsePath } from "graphql";
import { isPromise } from "../primitives/maybe-promise.ts";
import { FieldFailure } from "./error-collector.ts";
import type { Arguments, CompleteValue, Execution, FieldPlan, Path } from "./execution.ts";
import { appendPending, concatPieces, type JsonText, type PendingText } from "./pending-text.ts";
import { ResolveInfo } from "./resolve-info.ts";
import { NULL } from "./serialized-result.ts";

// Continuations stand in functions of their own: a function that creates closures allocates a context on every call.

/** Executes the fields of an object at once, and returns the object as JSON text. */
export function executeFields(
  execution: Execution,
  plans: readonly FieldPlan[],
  source: unknown,
  path: Path,
): JsonText {
  let text = "";
  let pieces: JsonText[] | null = null;
  try {
    for (const plan of plans) {
      const value = executeField(execution, plan, source, path);
      text += plan.key;
      execution.size += plan.key.length;
      if (typeof value === "string") {
        text += value;
      } else {
        pieces = appendPending(pieces, text, value);
        text = "";
      }
    }
  } catch (error) {
    giveUpPieces(execution, pieces);
    throw error;
  }
  return concatPieces(pieces, text + (plans.length === 0 ? "{}" : "}"));
}

/** Executes the fields of a mutation one after another: each starts when the one before has ended. */
export async function executeFieldsSerially(execution: Execution, plans: readonly FieldPlan[]): Promise<string> {
  let text = plans.length === 0 ? "{" : "";
  for (const plan of plans) {
    const value = executeField(execution, plan, undefined, undefined);
    if (typeof value !== "string") await execution.settled();
    text += plan.key + (typeof value === "string" ? value : value.toText());
  }
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
    const isAwaited = isPromise(value);
    // An object that has to wait for a value has read it from somewhere.
    if (isAwaited && plan.isReadIfPromised) execution.isCacheable = false;
    const completed = isAwaited
      ? completePromise(value, complete, execution, path, info)
      : complete(execution, value, path, info);
    return typeof completed === "string" ? completed : completed.of(isNonNull, nodes, path);
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
): PendingText {
  const pending = execution.awaitText();
  value.then(
    (settled) => {
      const work = () => complete(execution, settled, path, info);
      if (execution.slicer.isExhausted()) completeLater(execution, work, pending);
      else completePending(execution, pending, work);
    },
    (error) => failPending(execution, pending, error),
  );
  return pending;
}

/** Does the work in a later time slice. @returns its text */
export function completeLater(
  execution: Execution,
  work: () => JsonText,
  pending: PendingText = execution.awaitText(),
): PendingText {
  void execution.slicer.defer(() => completePending(execution, pending, work));
  return pending;
}

function completePending(execution: Execution, pending: PendingText, work: () => JsonText): void {
  if (!pending.isAwaited) return;
  try {
    const text = work();
    execution.giveUp(pending);
    pending.put([text]);
  } catch (error) {
    failPending(execution, pending, error);
  }
}

/** Writes null for the innermost field or list item around the text that can be null. */
function failPending(execution: Execution, pending: PendingText, error: unknown): void {
  if (!pending.isAwaited) return;
  let thrown = error;
  let outermost = pending;
  for (let at: PendingText | null = pending; at !== null; at = at.parent) {
    outermost = at;
    if (at.path === null) continue;
    try {
      const text = handleFieldError(thrown, execution, at.isNonNull, at.nodes, at.path);
      execution.giveUp(at);
      at.put([text]);
      return;
    } catch (failure) {
      thrown = failure;
    }
  }
  execution.fail(thrown);
  execution.giveUp(outermost);
}

/** Gives up the pieces of an object or list that has failed. */
export function giveUpPieces(execution: Execution, pieces: readonly JsonText[] | null): void {
  for (const piece of pieces ?? []) if (typeof piece !== "string") execution.giveUp(piece);
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
