import type { GraphQLField, GraphQLSchema } from "graphql";
import type { AuditedAction } from "../../auth/audit-recorder.ts";
import { type GraphContext, withAuditedAction } from "../../context.ts";
import { accessOf } from "../../engine/field-checks.ts";
import { ApplicationError } from "../../model/errors.ts";
import type { AuditEnd } from "../../store/records.ts";
import type { Tables } from "../../store/store.ts";
import { decodeGlobalId } from "../global-id.ts";
import type { Payload } from "../payload.ts";
import { auditDetail } from "./audit-detail.ts";
import { recorded, recordedTables } from "./audit-effects.ts";
import { touchedObjects } from "./touched-objects.ts";

/**
 * Marks a mutation that changes nothing, such as signing, in its `extensions`: its audit entry is written once, after the
 * mutation, and not before it as well.
 */
export const noSideEffects = { noSideEffects: true } as const;

/** Makes every mutation of the schema write an entry into the audit log. */
export function withAudit(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { check, resolve } = accessOf(field);
    const audit = field.extensions["noSideEffects"] ? recordAfter : recordBefore;
    field.resolve = allowed(field, check as Check, audit(field, resolve as Resolve));
  }
  return schema;
}

type Field = GraphQLField<unknown, GraphContext>;
type Resolve = NonNullable<Field["resolve"]>;
type Check = (...args: Parameters<Resolve>) => void;

/** Checks rights first: an attempt without the right is counted and has no entry in the log. */
function allowed({ name }: Field, check: Check, resolve: Resolve): Resolve {
  return async (source, args, context, info) => {
    try {
      check(source, args, context, info);
    } catch (error) {
      // The caller must get the refusal itself, also if it cannot be counted.
      if (error instanceof ApplicationError) await context.audit.recordRefusal(name, error.code).catch(() => undefined);
      throw error;
    }
    return resolve(source, args, context, info);
  };
}

const NOTHING_LOST: ReadonlySet<string> = new Set();

function recordBefore({ name }: Field, resolve: Resolve): Resolve {
  return async (source, args, context, info) => {
    const action = await context.audit.begin({ operation: name, ...auditDetail(args) });
    const { upstream, lostTypes } = recorded(context.upstream, action, () => context.account.id());
    return recordOutcome(
      () => resolve(source, args, withAuditedAction(context, action, upstream), info),
      action,
      lostTypes,
    );
  };
}

function recordAfter({ name }: Field, resolve: Resolve): Resolve {
  return async (source, args, context, info) => {
    const action = context.audit.open({ operation: name, ...auditDetail(args) });
    const during = withAuditedAction(context, action, context.upstream);
    // A refusal for lack of a right is counted, as it is if the field itself checks the right.
    const refuse = (code: string) => (code === "FORBIDDEN" ? context.audit.recordRefusal(name, code) : null);
    return recordOutcome(() => resolve(source, args, during, info), action, NOTHING_LOST, refuse);
  };
}

async function recordOutcome(
  run: () => unknown,
  action: AuditedAction,
  lostTypes: ReadonlySet<string>,
  refuse: (code: string) => Promise<void> | null = () => null,
): Promise<unknown> {
  const end = (codes: readonly string[], answered: readonly string[]) => {
    const outcome = outcomeOf(codes, action, answered);
    if (outcome === null) return action.leaveOpen();
    return (outcome.outcome === "REFUSED" && refuse(outcome.code ?? "")) || action.end(outcome);
  };
  let result: unknown;
  try {
    result = await run();
  } catch (error) {
    // The caller must get the failure itself, also if the log cannot be written.
    await end([error instanceof ApplicationError ? error.code : "INTERNAL_SERVER_ERROR"], []).catch(() => undefined);
    throw error;
  }
  const answered = touchedObjects(result);
  const codes = ((result as Partial<Payload> | null)?.userErrors ?? []).map(({ code }) => code);
  for (const objectId of answered) {
    const isCreated = lostTypes.has(decodeGlobalId(objectId)?.typename ?? "") && !action.objects.has(objectId);
    action.touched(objectId, isCreated ? "CHANGED" : "USED");
  }
  // Without an error, a change whose response was lost was found to be carried out.
  if (codes.length === 0) {
    for (const [objectId, effect] of action.objects) if (effect === "UNKNOWN") action.touched(objectId, "CHANGED");
  }
  await end(codes, answered);
  return result;
}

/** Returns the outcome of the entry; null leaves it open, which reads as UNKNOWN. */
function outcomeOf(codes: readonly string[], { objects }: AuditedAction, answered: readonly string[]): AuditEnd | null {
  const changed = [...objects].flatMap(([objectId, effect]) => (effect === "CHANGED" ? [objectId] : []));
  const objectId = answered[0] ?? changed[0] ?? null;
  const code = codes.find(isFault) ?? codes[0];
  if (code === undefined) return { outcome: "DONE", code: null, objectId };
  if (changed.length > 0) return { outcome: "PARTIAL", code, objectId };
  if (codes.includes("OUTCOME_UNKNOWN") || [...objects.values()].includes("UNKNOWN")) return null;
  return { outcome: isFault(code) ? "FAILED" : "REFUSED", code, objectId };
}

function isFault(code: string): boolean {
  return (
    code.startsWith("UPSTREAM_") ||
    ["OUTCOME_UNKNOWN", "OVERLOADED", "INTERNAL_SERVER_ERROR", "STORE_UNAVAILABLE"].includes(code)
  );
}

/**
 * Changes the gateway's store in one transaction with the objects of the mutation's audit entry. The entry's outcome is
 * written at the end of the mutation.
 */
export function commitWithAudit<Result>(
  { action }: GraphContext,
  work: (tables: Tables) => Promise<Result>,
): Promise<Result> {
  return committed(action, work, false);
}

/** Like {@link commitWithAudit} for the last change of a mutation, after which nothing can fail: writes the outcome with it. */
export function commitLast<Result>(
  { action }: GraphContext,
  work: (tables: Tables) => Promise<Result>,
): Promise<Result> {
  return committed(action, work, true);
}

function committed<Result>(
  action: AuditedAction | null,
  work: (tables: Tables) => Promise<Result>,
  isLast: boolean,
): Promise<Result> {
  if (!action) throw new Error("only a mutation changes the store");
  return action.commit((tables, changed) => work(recordedTables(tables, changed)), isLast);
}
