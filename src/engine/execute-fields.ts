import type { GraphQLResolveInfo, ResponsePath } from "graphql";
import { isPromise } from "../primitives/maybe-promise.ts";
import { repeatsOf } from "./cacheability.ts";
import {
  argumentsOf,
  assertPassed,
  type FieldPlan,
  nullFor,
  orNull,
  type Path,
  ResolveInfo,
  type Run,
  type Text,
  writeSettled,
} from "./execution.ts";
import { failedBeside, type Pieces, whole, withLate } from "./serialized-result.ts";

/** Writes the fields of an object, each as its plan says. */
export function writeFields(run: Run, plans: readonly FieldPlan[], source: unknown, path: Path): Text {
  let text = "";
  let pieces: Pieces | null = null;
  try {
    for (const plan of plans) {
      const value = writeField(run, plan, source, path);
      text += plan.key;
      run.size += plan.key.length;
      if (typeof value === "string") {
        text += value;
      } else {
        pieces = withLate(pieces, text, value);
        text = "";
      }
    }
  } catch (error) {
    return failedBeside(pieces, error);
  }
  return whole(pieces, text + (plans.length === 0 ? "{}" : "}"));
}

function writeField(run: Run, plan: FieldPlan, source: unknown, parentPath: Path): Text {
  const { plain, property } = plan;
  if (!plain || (property === null && plan.wantsInfo)) return writeResolved(run, plan, source, parentPath);
  try {
    if (plan.repeats !== true) noteRepeats(run, plan);
    if (plan.checks.length > 0) assertPassed(run, plan, source, undefined);
    const value =
      property === null
        ? plan.resolve(source, argumentsOf(run, plan), run.context, NO_INFO)
        : (source as Readonly<Record<string, unknown>> | null | undefined)?.[property];
    if (property !== null && typeof value === "function") {
      run.isRepeatable = false;
      return writeResolved(run, plan, source, parentPath);
    }
    if (!isPromise(value)) return counted(run, plain(value));
    noteLate(run, plan);
    return orNull(countedLater(run, value.then(plain)), run, plan.isNonNull, plan.nodes, pathOf(plan, parentPath));
  } catch (error) {
    return nullFor(error, run, plan.isNonNull, plan.nodes, pathOf(plan, parentPath));
  }
}

function counted(run: Run, text: string): string {
  run.size += text.length;
  return text;
}

function countedLater(run: Run, written: Promise<string>): Promise<string> {
  return written.then((text) => counted(run, text));
}

/** Writes the fields of an object one behind the other: each begins when the one before has ended. */
export async function writeSerially(run: Run, plans: readonly FieldPlan[]): Promise<string> {
  let text = plans.length === 0 ? "{" : "";
  for (const plan of plans) text += plan.key + (await writeField(run, plan, undefined, undefined));
  return `${text}}`;
}

/** For fields of which nothing asks where it stands. */
const NO_INFO = undefined as unknown as GraphQLResolveInfo;

function pathOf({ responseName, parentType }: FieldPlan, parentPath: Path): ResponsePath {
  return { prev: parentPath, key: responseName, typename: parentType.name };
}

function writeResolved(run: Run, plan: FieldPlan, source: unknown, parentPath: Path): Text {
  const { resolve, write } = plan;
  const path = pathOf(plan, parentPath);
  const info = plan.needsInfo ? new ResolveInfo(run, plan, path) : NO_INFO;
  try {
    if (plan.repeats !== true) noteRepeats(run, plan);
    if (plan.checks.length > 0) assertPassed(run, plan, source, info);
    const value = resolve(source, argumentsOf(run, plan), run.context, info);
    if (isPromise(value)) noteLate(run, plan);
    const written = isPromise(value) ? writeSettled(value, write, run, path, info) : write(run, value, path, info);
    return typeof written === "string" ? written : orNull(written, run, plan.isNonNull, plan.nodes, path);
  } catch (error) {
    return nullFor(error, run, plan.isNonNull, plan.nodes, path);
  }
}

function noteRepeats(run: Run, plan: FieldPlan): void {
  if (run.isRepeatable) run.isRepeatable = typeof plan.repeats === "function" && plan.repeats(argumentsOf(run, plan));
}

/** What an object has to wait for, it has read from somewhere. */
function noteLate(run: Run, { definition }: FieldPlan): void {
  if (repeatsOf(definition) === false) run.isRepeatable = false;
}
