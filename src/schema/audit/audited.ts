import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from "graphql";
import { contextDuring, type GraphContext } from "../../context.ts";
import { ApplicationError } from "../../model/errors.ts";
import type { AuditEnd } from "../../store/audit.ts";
import type { Tables } from "../../store/store.ts";
import type { Payload } from "../payload.ts";
import { detailOf } from "./detail.ts";

/**
 * Put into the `extensions` of a mutation that changes nothing anywhere, such as signing: its entry is written once, when
 * it is over, and not before it as well.
 */
export const changesNothing = { changesNothing: true } as const;

/** Lets every mutation of the schema be written into the audit log, whoever adds it. */
export function audited(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = field.extensions["changesNothing"]
      ? notedAfterwards(field, resolve)
      : begunBeforehand(field, resolve);
  }
  return schema;
}

type Field = GraphQLField<unknown, GraphContext>;
type Resolve = NonNullable<Field["resolve"]>;

function begunBeforehand({ name }: Field, resolve: Resolve): Resolve {
  return async (source, args, context, info) => {
    const { detail, objectId } = detailOf(args);
    const act = await context.audit.begin({ operation: name, objectId, detail });
    return ended(
      () => resolve(source, args, contextDuring(context, act), info),
      (end) => act.end(end),
    );
  };
}

function notedAfterwards({ name }: Field, resolve: Resolve): Resolve {
  return async (source, args, context, info) => {
    const { detail, objectId } = detailOf(args);
    return ended(
      () => resolve(source, args, context, info),
      (end) => context.audit.note({ operation: name, objectId, detail }, end),
    );
  };
}

async function ended(run: () => unknown, end: (end: AuditEnd) => Promise<void>): Promise<unknown> {
  let result: unknown;
  try {
    result = await run();
  } catch (error) {
    // The failure itself is what the caller must hear of, also when the log can't be written.
    const outcome = outcomeOf(error instanceof ApplicationError ? error.code : "INTERNAL_SERVER_ERROR");
    if (outcome) await end(outcome).catch(() => undefined);
    throw error;
  }
  const [first] = (result as Partial<Payload> | null)?.userErrors ?? [];
  const outcome = first ? outcomeOf(first.code) : done;
  if (outcome) await end(outcome);
  return result;
}

const done: AuditEnd = { outcome: "DONE", code: null, objectId: null };

/** Null leaves the entry without an end, which is read as UNKNOWN. */
function outcomeOf(code: string): AuditEnd | null {
  if (code === "OUTCOME_UNKNOWN") return null;
  const isFault = code.startsWith("UPSTREAM_") || code === "INTERNAL_SERVER_ERROR" || code === "STORE_UNAVAILABLE";
  return { outcome: isFault ? "FAILED" : "REFUSED", code, objectId: null };
}

/** Changes the gateway's own store in one transaction with the audit entry of the mutation that asks for it. */
export function commit<Result>(
  { act }: GraphContext,
  work: (tables: Tables) => Promise<Result>,
  objectId?: (result: Result) => string | null,
): Promise<Result> {
  if (!act) throw new Error("only a mutation changes the store");
  return act.commit(work, objectId);
}
