import type { GraphQLResolveInfo, ResponsePath } from "graphql";
import { isPromise } from "../primitives/maybe-promise.ts";
import { cacheabilityOf } from "./cacheability.ts";
import {
  assertFieldAccess,
  coerceArguments,
  completePromise,
  type Execution,
  type FieldPlan,
  handleFieldError,
  type JsonText,
  nullOnError,
  type Path,
  ResolveInfo,
} from "./execution.ts";
import { appendAsync, type Chunks, concatChunks, rejectAfterPending } from "./serialized-result.ts";

/** Writes the fields of an object, each as its plan says. */
export function executeFields(run: Execution, plans: readonly FieldPlan[], source: unknown, path: Path): JsonText {
  let text = "";
  let pieces: Chunks | null = null;
  try {
    for (const plan of plans) {
      const value = executeField(run, plan, source, path);
      text += plan.key;
      run.size += plan.key.length;
      if (typeof value === "string") {
        text += value;
      } else {
        pieces = appendAsync(pieces, text, value);
        text = "";
      }
    }
  } catch (error) {
    return rejectAfterPending(pieces, error);
  }
  return concatChunks(pieces, text + (plans.length === 0 ? "{}" : "}"));
}

function executeField(run: Execution, plan: FieldPlan, source: unknown, parentPath: Path): JsonText {
  const { plain, property } = plan;
  if (!plain || (property === null && plan.wantsInfo)) return completeField(run, plan, source, parentPath);
  try {
    if (plan.repeats !== true) noteCacheability(run, plan);
    if (plan.checks.length > 0) assertFieldAccess(run, plan, source, undefined);
    const value =
      property === null
        ? plan.resolve(source, coerceArguments(run, plan), run.context, NO_INFO)
        : (source as Readonly<Record<string, unknown>> | null | undefined)?.[property];
    if (property !== null && typeof value === "function") {
      run.isRepeatable = false;
      return completeField(run, plan, source, parentPath);
    }
    if (!isPromise(value)) return counted(run, plain(value));
    noteLate(run, plan);
    return nullOnError(countedLater(run, value.then(plain)), run, plan.isNonNull, plan.nodes, pathOf(plan, parentPath));
  } catch (error) {
    return handleFieldError(error, run, plan.isNonNull, plan.nodes, pathOf(plan, parentPath));
  }
}

function counted(run: Execution, text: string): string {
  run.size += text.length;
  return text;
}

function countedLater(run: Execution, written: Promise<string>): Promise<string> {
  return written.then((text) => counted(run, text));
}

/** Writes the fields of an object one behind the other: each begins when the one before has ended. */
export async function writeSerially(run: Execution, plans: readonly FieldPlan[]): Promise<string> {
  let text = plans.length === 0 ? "{" : "";
  for (const plan of plans) text += plan.key + (await executeField(run, plan, undefined, undefined));
  return `${text}}`;
}

/** For fields of which nothing asks where it stands. */
const NO_INFO = undefined as unknown as GraphQLResolveInfo;

function pathOf({ responseName, parentType }: FieldPlan, parentPath: Path): ResponsePath {
  return { prev: parentPath, key: responseName, typename: parentType.name };
}

function completeField(run: Execution, plan: FieldPlan, source: unknown, parentPath: Path): JsonText {
  const { resolve, write } = plan;
  const path = pathOf(plan, parentPath);
  const info = plan.needsInfo ? new ResolveInfo(run, plan, path) : NO_INFO;
  try {
    if (plan.repeats !== true) noteCacheability(run, plan);
    if (plan.checks.length > 0) assertFieldAccess(run, plan, source, info);
    const value = resolve(source, coerceArguments(run, plan), run.context, info);
    if (isPromise(value)) noteLate(run, plan);
    const written = isPromise(value) ? completePromise(value, write, run, path, info) : write(run, value, path, info);
    return typeof written === "string" ? written : nullOnError(written, run, plan.isNonNull, plan.nodes, path);
  } catch (error) {
    return handleFieldError(error, run, plan.isNonNull, plan.nodes, path);
  }
}

function noteCacheability(run: Execution, plan: FieldPlan): void {
  if (run.isRepeatable)
    run.isRepeatable = typeof plan.repeats === "function" && plan.repeats(coerceArguments(run, plan));
}

/** What an object has to wait for, it has read from somewhere. */
function noteLate(run: Execution, { definition }: FieldPlan): void {
  if (cacheabilityOf(definition) === false) run.isRepeatable = false;
}
