import {
  defaultFieldResolver,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isNonNullType,
  Kind,
  OperationTypeNode,
  type ValueNode,
  visit,
} from "graphql";
import { collectFields, collectSubfields } from "graphql/execution/collectFields.js";
import { getFieldDef } from "graphql/execution/execute.js";
import type { GraphContext } from "../context.ts";
import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";
import type { Scheduling } from "../scheduling/scheduling.ts";
import { checksOf } from "../schema/scope-checks.ts";
import { cacheabilityOf } from "./cacheability.ts";
import { type FieldLocation, isOfObject, leafCompleter, valueCompleter } from "./complete-value.ts";
import { executeFields, writeSerially } from "./execute-fields.ts";
import { Execution, type FieldPlan, type PlannedOperation, type ResponseBudget, type Variables } from "./execution.ts";
import { NULL, type SerializedResult } from "./serialized-result.ts";

/** Answers the same as graphql-js. All runs of one plan have the same values in the conditions of `@skip` and `@include`. */
export type QueryPlan = (
  context: GraphContext,
  variables: Variables,
  /** Told how long the answer is while it is written; nobody is, where it is left out. */
  room?: ResponseBudget,
) => MaybePromise<SerializedResult>;

/**
 * Executes an operation as graphql-js does, step by step (`execution/execute.js` of its version 16), and keeps what it finds out
 * on the way: which fields a selection has for a type, how each is resolved and completed, and its arguments. The plan grows
 * while it runs, so the first run needs no compilation. Two things are done otherwise, for speed:
 *
 * - Values are written as JSON text at once. Objects of an answer would only be made to be written and thrown away, and a
 *   list of 50 objects is answered in a third of the time without them.
 * - What the caller's scopes alone decide is checked once for a field, and not for each object that has it.
 *
 * It does not generate code, as graphql-jit 0.8 does. That is no faster with our resolvers, and it differs in what clients
 * and the log would notice: a serialiser's error loses its cause and so reads like the client's own mistake, what throws
 * while a promise's value is completed leaves the request without an answer, and errors come in another order.
 */
export function planQuery(planned: PlannedOperation, createTimeSlicer: Scheduling["createTimeSlicer"]): QueryPlan {
  const { schema, fragments, operation } = planned;
  const root = schema.getRootType(operation.operation) as GraphQLObjectType;
  const isSerial = operation.operation === OperationTypeNode.MUTATION;
  const fieldsOfRoot = once((variables: Variables) =>
    fieldPlans(planned, root, collectFields(schema, fragments, variables, root, operation.selectionSet)),
  );
  return (context, variables, room) => {
    const run = new Execution(planned, context, variables, createTimeSlicer, room);
    const { errors } = run;
    const failed = (error: unknown): SerializedResult => {
      if (run.refusal !== null) return { errors: [run.refusal] };
      errors.add(error, undefined);
      return errors.result(NULL);
    };
    const done = (text: string) => {
      run.assertFits(text);
      return { ...errors.result(text), isRepeatable: run.isRepeatable };
    };
    try {
      const plans = fieldsOfRoot(variables);
      const data = isSerial ? writeSerially(run, plans) : executeFields(run, plans, undefined, undefined);
      return isPromise(data) ? data.then(done).catch(failed) : done(data);
    } catch (error) {
      return failed(error);
    }
  };
}

/** The names of the variables on which it depends what a document selects. */
export function skipIncludeConditions({ operation, fragments }: PlannedOperation): readonly string[] {
  const names = new Set<string>();
  for (const definition of [operation, ...Object.values(fragments)]) {
    visit(definition, {
      Directive: ({ arguments: given = [] }) => {
        for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
      },
    });
  }
  return [...names];
}

function fieldPlans(
  planned: PlannedOperation,
  parentType: GraphQLObjectType,
  selected: ReadonlyMap<string, readonly FieldNode[]>,
): readonly FieldPlan[] {
  const plans: FieldPlan[] = [];
  for (const [responseName, nodes] of selected) {
    const [node] = nodes;
    const definition = node && getFieldDef(planned.schema, parentType, node);
    if (!definition) continue;
    const { checks, resolve } = checksOf(definition.resolve ?? defaultFieldResolver);
    const place = { planned, parentType, nodes, name: definition.name, fieldsOf: selectionOf(planned, nodes) };
    const property = propertyOf(definition);
    const hasChecksOfObject = checks.some((check) => typeof check === "function");
    const wantsInfo = resolve.length === 0 || resolve.length > 3;
    plans.push({
      responseName,
      key: `${plans.length === 0 ? "{" : ","}${JSON.stringify(responseName)}:`,
      nodes,
      parentType,
      definition,
      isNonNull: isNonNullType(definition.type),
      checks,
      hasChecksOfObject,
      passedIn: 0,
      resolve,
      constantArguments: null,
      hasVariables: hasVariables(node),
      write: valueCompleter(definition.type, place),
      plain: leafCompleter(definition.type, place),
      property,
      wantsInfo,
      needsInfo: wantsInfo || hasChecksOfObject || isAbstractType(getNamedType(definition.type)),
      repeats: isOfObject(property, resolve) || cacheabilityOf(definition),
    });
  }
  return plans;
}

/** What a field selects of the objects that it gives. */
function selectionOf(planned: PlannedOperation, nodes: readonly FieldNode[]): FieldLocation["fieldsOf"] {
  const { schema, fragments } = planned;
  return (type) =>
    once((variables: Variables) =>
      fieldPlans(planned, type, collectSubfields(schema, fragments, variables, type, nodes)),
    );
}

/** Pothos tells which property a field is that was made by `expose`. */
function propertyOf({ name, resolve, extensions }: GraphQLField<unknown, unknown>): string | null {
  if (resolve === undefined || resolve === defaultFieldResolver) return name;
  const exposed = extensions["pothosExposedField"];
  return typeof exposed === "string" ? exposed : null;
}

function hasVariables({ arguments: given = [] }: FieldNode): boolean {
  return given.some(({ value }) => variablesIn(value).length > 0);
}

function variablesIn(value: ValueNode): string[] {
  if (value.kind === Kind.VARIABLE) return [value.name.value];
  if (value.kind === Kind.LIST) return value.values.flatMap(variablesIn);
  return value.kind === Kind.OBJECT ? value.fields.flatMap((field) => variablesIn(field.value)) : [];
}

/** What is found out at the first run, for all. */
function once<Argument, Result>(find: (argument: Argument) => Result): (argument: Argument) => Result {
  let found: Result | undefined;
  return (argument) => {
    found ??= find(argument);
    return found;
  };
}
