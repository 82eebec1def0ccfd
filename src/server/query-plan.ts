import {
  defaultFieldResolver,
  defaultTypeResolver,
  type ExecutionResult,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  type ResponsePath,
  responsePathAsArray,
  type ValueNode,
  visit,
} from "graphql";
import { collectFields, collectSubfields } from "graphql/execution/collectFields.js";
import { getFieldDef } from "graphql/execution/execute.js";
import type { GraphContext } from "../context.ts";
import { AnswerObject, CollectedErrors, isPromise, type Values, whenAll } from "./query-result.ts";

/** An operation of a valid document. */
export interface PlannedOperation {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
}

/** Variables as the schema reads them: checked, with their defaults. */
export type Variables = Readonly<Record<string, unknown>>;

/** Answers the same as graphql-js. All runs of one plan have the same values in the conditions of `@skip` and `@include`. */
export type QueryPlan = (context: GraphContext, variables: Variables) => Promise<ExecutionResult> | ExecutionResult;

/**
 * Executes a query as graphql-js does, step by step (`execution/execute.js` of its version 16), and keeps what it finds out
 * on the way: which fields a selection has for a type, how each is resolved and completed, and its arguments. That is half
 * of what graphql-js does for a list. The plan grows while it runs, so the first run needs no compilation.
 *
 * It does not generate code, as graphql-jit 0.8 does. That is no faster with our resolvers, and it differs in what clients
 * and the log would notice: a serialiser's error loses its cause and so reads like the client's own mistake, what throws
 * while a promise's value is completed leaves the request without an answer, and errors come in another order.
 */
export function planQuery(planned: PlannedOperation): QueryPlan {
  const root = planned.schema.getQueryType() as GraphQLObjectType;
  const { schema, fragments, operation } = planned;
  const fieldsOfRoot = once((variables: Variables) =>
    fieldPlans(planned, root, collectFields(schema, fragments, variables, root, operation.selectionSet)),
  );
  return (context, variables) => {
    const run: Run = { planned, context, variables, errors: new CollectedErrors(), arguments: new Map() };
    const failed = (error: GraphQLError) => {
      run.errors.add(error, undefined);
      return run.errors.result(null);
    };
    try {
      const data = executeFields(run, fieldsOfRoot(variables), undefined, undefined);
      return isPromise(data) ? data.then((values) => run.errors.result(values), failed) : run.errors.result(data);
    } catch (error) {
      return failed(error as GraphQLError);
    }
  };
}

/** The names of the variables on which it depends what a document selects. */
export function conditionsOf({ operation, fragments }: PlannedOperation): readonly string[] {
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

/** One execution. */
interface Run {
  readonly planned: PlannedOperation;
  readonly context: GraphContext;
  readonly variables: Variables;
  readonly errors: CollectedErrors;
  /** What fields are given whose arguments hold variables. */
  readonly arguments: Map<FieldPlan, Values>;
}

type Path = ResponsePath | undefined;

/** The value that a client reads, or a promise of it. @throws what stood in the way, for the nearest nullable field */
type Complete = (run: Run, value: unknown, path: ResponsePath, info: GraphQLResolveInfo) => unknown;

/** A field of a selection, for one type of object. */
interface FieldPlan {
  readonly responseName: string;
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly isNonNull: boolean;
  readonly resolve: GraphQLFieldResolver<unknown, unknown>;
  /** What it is given in every run; null when that depends on variables, or has not been asked for. */
  constantArguments: Values | null;
  readonly hasVariables: boolean;
  readonly complete: Complete;
  /** Completes the property of the object where the field is nothing but that and has a plain value, as most have. */
  readonly property: ((value: unknown) => unknown) | null;
}

function fieldPlans(
  planned: PlannedOperation,
  parentType: GraphQLObjectType,
  selected: ReadonlyMap<string, readonly FieldNode[]>,
): readonly FieldPlan[] {
  return [...selected].flatMap(([responseName, nodes]) => {
    const [node] = nodes;
    const definition = node && getFieldDef(planned.schema, parentType, node);
    if (!definition) return [];
    const place = { planned, parentType, nodes, name: definition.name };
    const { resolve = defaultFieldResolver } = definition;
    return {
      responseName,
      nodes,
      parentType,
      definition,
      isNonNull: isNonNullType(definition.type),
      resolve,
      constantArguments: null,
      hasVariables: hasVariables(node),
      complete: completer(definition.type, place),
      property: resolve === defaultFieldResolver ? plainCompleter(definition.type, place) : null,
    };
  });
}

function hasVariables({ arguments: given = [] }: FieldNode): boolean {
  return given.some(({ value }) => variablesIn(value).length > 0);
}

function variablesIn(value: ValueNode): string[] {
  if (value.kind === Kind.VARIABLE) return [value.name.value];
  if (value.kind === Kind.LIST) return value.values.flatMap(variablesIn);
  return value.kind === Kind.OBJECT ? value.fields.flatMap((field) => variablesIn(field.value)) : [];
}

function executeFields(run: Run, plans: readonly FieldPlan[], source: unknown, path: Path): Values | Promise<Values> {
  const values = new AnswerObject();
  let isComplete = true;
  try {
    for (const plan of plans) {
      const value = executeField(run, plan, source, path);
      values[plan.responseName] = value;
      if (isComplete && isPromise(value)) isComplete = false;
    }
  } catch (error) {
    return failedBeside(values, isComplete, error);
  }
  return isComplete ? values : whenAll(values);
}

/** What is still on its way may fail as well, and nobody else would hear of it. @throws the error */
function failedBeside(values: Values | unknown[], isComplete: boolean, error: unknown): Promise<never> {
  if (isComplete) throw error;
  return whenAll(values).then(
    () => Promise.reject(error),
    () => Promise.reject(error),
  );
}

function executeField(run: Run, plan: FieldPlan, source: unknown, parentPath: Path): unknown {
  const { property, nodes, isNonNull } = plan;
  if (!property) return executeResolver(run, plan, source, parentPath);
  const failed = (error: unknown) => nullFor(error, run, isNonNull, nodes, pathOf(plan, parentPath));
  try {
    const value = (source as Values | undefined)?.[plan.definition.name];
    if (typeof value === "function") return executeResolver(run, plan, source, parentPath);
    return isPromise(value) ? value.then(property).then(undefined, failed) : property(value);
  } catch (error) {
    return failed(error);
  }
}

function pathOf({ responseName, parentType }: FieldPlan, parentPath: Path): ResponsePath {
  return { prev: parentPath, key: responseName, typename: parentType.name };
}

function executeResolver(run: Run, plan: FieldPlan, source: unknown, parentPath: Path): unknown {
  const { planned, context, variables } = run;
  const { parentType, definition, nodes, resolve, complete } = plan;
  const path = pathOf(plan, parentPath);
  const info: GraphQLResolveInfo = {
    fieldName: definition.name,
    fieldNodes: nodes,
    returnType: definition.type,
    parentType,
    path,
    schema: planned.schema,
    fragments: planned.fragments,
    rootValue: undefined,
    operation: planned.operation,
    variableValues: variables,
  };
  try {
    const value = resolve(source, argumentsOf(run, plan), context, info);
    const completed = isPromise(value)
      ? value.then((settled) => complete(run, settled, path, info))
      : complete(run, value, path, info);
    return isPromise(completed)
      ? completed.then(undefined, (error) => nullFor(error, run, plan.isNonNull, nodes, path))
      : completed;
  } catch (error) {
    return nullFor(error, run, plan.isNonNull, nodes, path);
  }
}

/** A field is given the same for every object. Resolvers only read it. */
function argumentsOf(run: Run, plan: FieldPlan): Values {
  const known = plan.constantArguments ?? run.arguments.get(plan);
  if (known) return known;
  const [node] = plan.nodes;
  const values = getArgumentValues(plan.definition, node as FieldNode, run.variables);
  if (plan.hasVariables) run.arguments.set(plan, values);
  else plan.constantArguments = values;
  return values;
}

/** Null in the place of what failed. @throws the error with its place, where null is not allowed */
function nullFor(error: unknown, run: Run, isNonNull: boolean, nodes: readonly FieldNode[], path: ResponsePath): null {
  const located = locatedError(error, nodes, responsePathAsArray(path));
  if (isNonNull) throw located;
  run.errors.add(located, path);
  return null;
}

/** The field whose values are completed. */
interface Place {
  readonly planned: PlannedOperation;
  readonly parentType: GraphQLObjectType;
  readonly name: string;
  readonly nodes: readonly FieldNode[];
}

/** Completes a scalar or the value of an enum; null for what is none. */
function plainCompleter(declared: GraphQLOutputType, place: Place): ((value: unknown) => unknown) | null {
  const type = getNullableType(declared);
  if (!isLeafType(type)) return null;
  const isNonNull = isNonNullType(declared);
  return (value) => {
    if (value instanceof Error) throw value;
    if (value == null && isNonNull) throw nullError(place);
    if (value == null) return null;
    const serialized = type.serialize(value);
    if (serialized == null) throw new Error(`${type.name} can't write its value`);
    return serialized;
  };
}

function nullError({ parentType, name }: Place): Error {
  return new Error(`Cannot return null for non-nullable field ${parentType.name}.${name}.`);
}

function completer(type: GraphQLOutputType, place: Place): Complete {
  const plain = plainCompleter(type, place);
  if (plain) return (_run, value) => plain(value);
  if (isNonNullType(type)) {
    const complete = completer(type.ofType, place);
    return (run, value, path, info) => {
      const completed = complete(run, value, path, info);
      if (completed === null) throw nullError(place);
      return completed;
    };
  }
  const complete = ofNullable(type, place);
  return (run, value, path, info) => {
    if (value == null) return null;
    if (value instanceof Error) throw value;
    return complete(run, value, path, info);
  };
}

function ofNullable(type: GraphQLOutputType, place: Place): Complete {
  if (isListType(type)) return ofList(type.ofType, place);
  if (isObjectType(type)) return ofObject(type, place);
  if (isAbstractType(type)) return ofAbstract(type, place);
  throw new Error(`${type} is no type of an answer`);
}

function ofList(itemType: GraphQLOutputType, { nodes, ...place }: Place): Complete {
  const complete = completer(itemType, { nodes, ...place });
  const isNonNull = isNonNullType(itemType);
  const completeItem = (run: Run, item: unknown, path: ResponsePath, info: GraphQLResolveInfo): unknown => {
    try {
      const completed = isPromise(item)
        ? item.then((settled) => complete(run, settled, path, info))
        : complete(run, item, path, info);
      return isPromise(completed)
        ? completed.then(undefined, (error) => nullFor(error, run, isNonNull, nodes, path))
        : completed;
    } catch (error) {
      return nullFor(error, run, isNonNull, nodes, path);
    }
  };
  return (run, items, path, info) => {
    if (typeof items !== "object" || !(Symbol.iterator in (items as object))) {
      throw new GraphQLError(
        `Expected Iterable, but did not find one for field "${place.parentType.name}.${place.name}".`,
      );
    }
    const completed: unknown[] = [];
    let isComplete = true;
    try {
      for (const item of items as Iterable<unknown>) {
        const value = completeItem(run, item, { prev: path, key: completed.length, typename: undefined }, info);
        completed.push(value);
        if (isComplete && isPromise(value)) isComplete = false;
      }
    } catch (error) {
      return failedBeside(completed, isComplete, error);
    }
    return isComplete ? completed : whenAll(completed);
  };
}

function ofObject(type: GraphQLObjectType, { planned, nodes }: Place): Complete {
  const fields = once((variables: Variables) =>
    fieldPlans(planned, type, collectSubfields(planned.schema, planned.fragments, variables, type, nodes)),
  );
  return (run, value, path) => executeFields(run, fields(run.variables), value, path);
}

function ofAbstract(type: GraphQLAbstractType, place: Place): Complete {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const members = new Map(
    place.planned.schema.getPossibleTypes(type).map((member) => [member.name, ofObject(member, place)]),
  );
  return (run, value, path, info) => {
    const found = (name: unknown) => {
      const complete = members.get(String(name));
      if (!complete) throw new Error(`${String(name)} is no type of the abstract type ${type.name}`);
      return complete(run, value, path, info);
    };
    const name = resolveType(value, run.context, info, type);
    return isPromise(name) ? name.then(found) : found(name);
  };
}

/** What is found out at the first run, for all. */
function once<Argument, Result>(find: (argument: Argument) => Result): (argument: Argument) => Result {
  let found: Result | undefined;
  return (argument) => {
    found ??= find(argument);
    return found;
  };
}
