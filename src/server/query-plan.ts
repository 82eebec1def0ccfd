import {
  defaultFieldResolver,
  defaultTypeResolver,
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
  getNamedType,
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
import { isPromise, type MaybePromise } from "../model/maybe-promise.ts";
import { type Repeats, repeatsOf } from "../schema/repeatable.ts";
import { assertAllowed, type Check, checksOf } from "../schema/scope-checks.ts";
import { createKeptTexts } from "./kept-texts.ts";
import {
  CollectedErrors,
  failedBeside,
  joined,
  jsonOf,
  NULL,
  type Pieces,
  type WrittenResult,
} from "./query-result.ts";
import { Slices } from "./slices.ts";

/** An operation of a valid document. */
export interface PlannedOperation {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
}

/** Variables as the schema reads them: checked, with their defaults. */
export type Variables = Readonly<Record<string, unknown>>;

/** Answers the same as graphql-js. All runs of one plan have the same values in the conditions of `@skip` and `@include`. */
export type QueryPlan = (context: GraphContext, variables: Variables) => MaybePromise<WrittenResult>;

/**
 * Executes a query as graphql-js does, step by step (`execution/execute.js` of its version 16), and keeps what it finds out
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
export function planQuery(planned: PlannedOperation): QueryPlan {
  const root = planned.schema.getQueryType() as GraphQLObjectType;
  const { schema, fragments, operation } = planned;
  const fieldsOfRoot = once((variables: Variables) =>
    fieldPlans(planned, root, collectFields(schema, fragments, variables, root, operation.selectionSet)),
  );
  return (context, variables) => {
    const run = new Run(planned, context, variables);
    const { errors } = run;
    const failed = (error: GraphQLError) => {
      errors.add(error, undefined);
      return errors.result(NULL);
    };
    const done = (text: string) => ({ ...errors.result(text), isRepeatable: run.isRepeatable });
    try {
      const data = writeFields(run, fieldsOfRoot(variables), undefined, undefined);
      return isPromise(data) ? data.then(done, failed) : done(data);
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

/** Runs are numbered, so that a plan can tell one from another without keeping it. */
let runs = 0;

/** One execution. */
class Run {
  readonly number = ++runs;
  readonly errors = new CollectedErrors();
  /** What fields are given whose arguments hold variables: the same wherever a fragment is spread. */
  readonly arguments = new Map<FieldNode, Given>();
  /** The check of an object that was passed last, and by which: the object's other fields need not pass it again. */
  passed: Check | null = null;
  passedBy: unknown;

  /** Whether all fields so far are repeatable, see `schema/repeatable.ts`. */
  isRepeatable = true;

  /** Whether a list is being written that will be kept whole: its objects need not be kept as well. */
  isWithinKept = false;

  /** A long list is written bit by bit. Figures that the rest of it asks for go with those that were asked for before. */
  readonly slices = new Slices((begun) => this.context.loaders.waves.holdFor(begun));

  readonly planned: PlannedOperation;
  readonly context: GraphContext;
  readonly variables: Variables;

  constructor(planned: PlannedOperation, context: GraphContext, variables: Variables) {
    this.planned = planned;
    this.context = context;
    this.variables = variables;
  }
}

type Arguments = Record<string, unknown>;

interface Given {
  readonly to: GraphQLField<unknown, unknown>;
  readonly values: Arguments;
}

type Path = ResponsePath | undefined;

/** JSON text. */
type Text = MaybePromise<string>;

/** Writes a value as its client reads it. @throws what stood in the way, for the nearest nullable field */
type Write = (run: Run, value: unknown, path: ResponsePath, info: GraphQLResolveInfo) => Text;

/** A field of a selection, for one type of object. */
interface FieldPlan {
  readonly responseName: string;
  /** Its name as the answer has it, with what stands before it: `{"name":` for the first of a selection. */
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly isNonNull: boolean;
  /** What the caller has to pass, in this order. */
  readonly checks: readonly Check[];
  /** Whether some of them ask for more than the caller. */
  readonly hasChecksOfObject: boolean;
  /** The number of the run that has passed those that ask for the caller alone. */
  passedIn: number;
  readonly resolve: GraphQLFieldResolver<unknown, unknown>;
  /** What it is given in every run; null when that depends on variables, or has not been asked for. */
  constantArguments: Arguments | null;
  readonly hasVariables: boolean;
  readonly write: Write;
  /** Writes its value, where that is a scalar or of an enum. */
  readonly plain: ((value: unknown) => string) | null;
  /** Which property of the object it is, where it is nothing but that. */
  readonly property: string | null;
  /** Whether its resolver wants to know where it stands, which takes longer to tell than most fields take to resolve. */
  readonly wantsInfo: boolean;
  /** Whether its resolver, a check or its type's `resolveType` may want to know it. */
  readonly needsInfo: boolean;
  readonly repeats: Repeats;
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
    const place = { planned, parentType, nodes, name: definition.name };
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
      write: writer(definition.type, place),
      plain: plainWriter(definition.type, place),
      property,
      wantsInfo,
      needsInfo: wantsInfo || hasChecksOfObject || isAbstractType(getNamedType(definition.type)),
      repeats: isOfObject(property, resolve) || repeatsOf(definition),
    });
  }
  return plans;
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

function writeFields(run: Run, plans: readonly FieldPlan[], source: unknown, path: Path): Text {
  let text = "";
  let pieces: Pieces | null = null;
  try {
    for (const plan of plans) {
      const value = writeField(run, plan, source, path);
      text += plan.key;
      if (typeof value === "string") {
        text += value;
      } else {
        pieces ??= [];
        pieces.push(text, value);
        text = "";
      }
    }
  } catch (error) {
    return failedBeside(pieces, error);
  }
  text += plans.length === 0 ? "{}" : "}";
  if (!pieces) return text;
  pieces.push(text);
  return joined(pieces);
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
    if (!isPromise(value)) return plain(value);
    noteLate(run, plan);
    return orNull(value.then(plain), run, plan.isNonNull, plan.nodes, pathOf(plan, parentPath));
  } catch (error) {
    return nullFor(error, run, plan.isNonNull, plan.nodes, pathOf(plan, parentPath));
  }
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

/** What a resolver is told of its field, looked up when it asks. */
class ResolveInfo implements GraphQLResolveInfo {
  readonly #run: Run;
  readonly #plan: FieldPlan;
  readonly path: ResponsePath;
  readonly rootValue = undefined;

  constructor(run: Run, plan: FieldPlan, path: ResponsePath) {
    this.#run = run;
    this.#plan = plan;
    this.path = path;
  }

  get fieldName() {
    return this.#plan.definition.name;
  }
  get fieldNodes() {
    return this.#plan.nodes;
  }
  get returnType() {
    return this.#plan.definition.type;
  }
  get parentType() {
    return this.#plan.parentType;
  }
  get schema() {
    return this.#run.planned.schema;
  }
  get fragments() {
    return this.#run.planned.fragments;
  }
  get operation() {
    return this.#run.planned.operation;
  }
  get variableValues() {
    return this.#run.variables as Arguments;
  }
}

/** @throws ApplicationError of the first check that is not passed */
function assertPassed(run: Run, plan: FieldPlan, source: unknown, info: GraphQLResolveInfo | undefined): void {
  const isCallerKnown = plan.passedIn === run.number;
  if (isCallerKnown && !plan.hasChecksOfObject) return;
  const { context } = run;
  for (const check of plan.checks) {
    if (typeof check !== "function") {
      if (!isCallerKnown) assertAllowed(check, context);
    } else if (check.ofType) {
      if (run.passed === check && run.passedBy === source) continue;
      assertAllowed(check, context, source, context);
      run.passed = check;
      run.passedBy = source;
    } else {
      assertAllowed(check, context, source, argumentsOf(run, plan), context, info);
    }
  }
  plan.passedIn = run.number;
}

/** A field is given the same for every object. Resolvers only read it. */
function argumentsOf(run: Run, plan: FieldPlan): Arguments {
  const { definition, constantArguments } = plan;
  if (constantArguments) return constantArguments;
  const [node] = plan.nodes as [FieldNode];
  const given = run.arguments.get(node);
  if (given?.to === definition) return given.values;
  const values = getArgumentValues(definition, node, run.variables);
  if (plan.hasVariables) run.arguments.set(node, { to: definition, values });
  else plan.constantArguments = values;
  return values;
}

// What is to be done later is said in functions of their own: V8 makes an object of what a function's inner ones remember
// whenever it is called, also where none of them is made, and that was a tenth of all garbage of ten series.

/** Writes what a promise gives. */
function writeSettled(
  value: Promise<unknown>,
  write: Write,
  run: Run,
  path: ResponsePath,
  info: GraphQLResolveInfo,
): Promise<string> {
  return value.then((settled) => write(run, settled, path, info));
}

/** The same text, or what {@link nullFor} puts in its place. */
function orNull(
  written: Promise<string>,
  run: Run,
  isNonNull: boolean,
  nodes: readonly FieldNode[],
  path: ResponsePath,
): Promise<string> {
  return written.then(undefined, (error) => nullFor(error, run, isNonNull, nodes, path));
}

/** Null in the place of what failed. @throws the error with its place, where null is not allowed */
function nullFor(
  error: unknown,
  run: Run,
  isNonNull: boolean,
  nodes: readonly FieldNode[],
  path: ResponsePath,
): typeof NULL {
  const located = locatedError(error, nodes, responsePathAsArray(path));
  if (isNonNull) throw located;
  run.errors.add(located, path);
  return NULL;
}

/** The field whose values are written. */
interface Place {
  readonly planned: PlannedOperation;
  readonly parentType: GraphQLObjectType;
  readonly name: string;
  readonly nodes: readonly FieldNode[];
}

/** Writes a scalar or the value of an enum; null for a type that is none. */
function plainWriter(declared: GraphQLOutputType, place: Place): ((value: unknown) => string) | null {
  const type = getNullableType(declared);
  if (!isLeafType(type)) return null;
  const isNonNull = isNonNullType(declared);
  return (value) => {
    if (value == null && isNonNull) throw nullError(place);
    if (value == null) return NULL;
    if (value instanceof Error) throw value;
    const serialized = type.serialize(value);
    if (serialized == null) throw new Error(`${type.name} can't write its value`);
    return jsonOf(serialized);
  };
}

function nullError({ parentType, name }: Place): Error {
  return new Error(`Cannot return null for non-nullable field ${parentType.name}.${name}.`);
}

function writer(type: GraphQLOutputType, place: Place): Write {
  const plain = plainWriter(type, place);
  if (plain) return (_run, value) => plain(value);
  if (isNonNullType(type)) {
    const write = ofNullable(type.ofType, place);
    return (run, value, path, info) => {
      if (value == null) throw nullError(place);
      if (value instanceof Error) throw value;
      return write(run, value, path, info);
    };
  }
  const write = ofNullable(type, place);
  return (run, value, path, info) => {
    if (value == null) return NULL;
    if (value instanceof Error) throw value;
    return write(run, value, path, info);
  };
}

function ofNullable(type: GraphQLOutputType, place: Place): Write {
  if (isListType(type)) return ofList(type.ofType, place);
  if (isObjectType(type)) return ofObject(type, place);
  if (isAbstractType(type)) return ofAbstract(type, place);
  throw new Error(`${type} is no type of an answer`);
}

function ofList(itemType: GraphQLOutputType, { nodes, ...place }: Place): Write {
  const write = writer(itemType, { nodes, ...place });
  const isNonNull = isNonNullType(itemType);
  const writeItem = (run: Run, item: unknown, path: ResponsePath, info: GraphQLResolveInfo): Text => {
    try {
      const written = isPromise(item) ? writeSettled(item, write, run, path, info) : write(run, item, path, info);
      return typeof written === "string" ? written : orNull(written, run, isNonNull, nodes, path);
    } catch (error) {
      return nullFor(error, run, isNonNull, nodes, path);
    }
  };
  const writeItemLater = (run: Run, item: unknown, path: ResponsePath, info: GraphQLResolveInfo) =>
    run.slices.later(() => writeItem(run, item, path, info));
  const writeList: Write = (run, items, path, info) => {
    if (typeof items !== "object" || !(Symbol.iterator in (items as object))) {
      throw new GraphQLError(
        `Expected Iterable, but did not find one for field "${place.parentType.name}.${place.name}".`,
      );
    }
    let text = "[";
    let pieces: Pieces | null = null;
    let length = 0;
    try {
      for (const item of items as Iterable<unknown>) {
        const place = { prev: path, key: length, typename: undefined };
        const value = run.slices.isOver() ? writeItemLater(run, item, place, info) : writeItem(run, item, place, info);
        if (length > 0) text += ",";
        length += 1;
        if (typeof value === "string") {
          text += value;
        } else {
          pieces ??= [];
          pieces.push(text, value);
          text = "";
        }
      }
    } catch (error) {
      return failedBeside(pieces, error);
    }
    text += "]";
    if (!pieces) return text;
    pieces.push(text);
    return joined(pieces);
  };
  const objectType = getNullableType(itemType);
  return isObjectType(objectType) ? keptWhole(writeList, fieldsOf(objectType, { nodes, ...place })) : writeList;
}

/** A frozen list of frozen objects is written once, where no check has to look at each of them. */
function keptWhole(writeList: Write, fields: FieldsOf): Write {
  const texts = createKeptTexts();
  return (run, items, path, info) => {
    const plans = Array.isArray(items) && Object.isFrozen(items) ? fields(run.variables) : null;
    const isRepeatable = plans?.every((plan) => isOfObjectAlone(plan) && !plan.hasChecksOfObject);
    if (!plans || !isRepeatable || !mayHave(run, plans, undefined)) return writeList(run, items, path, info);
    const list = items as readonly unknown[];
    const known = texts.get(list);
    if (known !== undefined) return known;
    const failures = run.errors.count;
    run.isWithinKept = true;
    try {
      const text = writeList(run, items, path, info);
      const isWhole = typeof text === "string" && run.errors.count === failures;
      if (isWhole && list.every(Object.isFrozen)) texts.offer(list, text);
      return text;
    } finally {
      run.isWithinKept = false;
    }
  };
}

type FieldsOf = (variables: Variables) => readonly FieldPlan[];

function fieldsOf(type: GraphQLObjectType, { planned, nodes }: Place): FieldsOf {
  return once((variables: Variables) =>
    fieldPlans(planned, type, collectSubfields(planned.schema, planned.fragments, variables, type, nodes)),
  );
}

function ofObject(type: GraphQLObjectType, place: Place): Write {
  const fields = fieldsOf(type, place);
  const texts = createKeptTexts();
  return (run, value, path) => {
    const plans = fields(run.variables);
    if (typeof value !== "object" || !Object.isFrozen(value) || !plans.every(isOfObjectAlone))
      return writeFields(run, plans, value, path);
    const known = texts.get(value as object);
    if (known !== undefined && mayHave(run, plans, value)) return known;
    const failures = run.errors.count;
    const text = writeFields(run, plans, value, path);
    const isWhole = typeof text === "string" && run.errors.count === failures;
    if (isWhole && known === undefined && !run.isWithinKept) texts.offer(value as object, text);
    return text;
  };
}

/** Whether a field follows from its object alone. A frozen object's is always the same, for everybody who may have it. */
function isOfObjectAlone({ plain, property, resolve }: FieldPlan): boolean {
  return plain !== null && isOfObject(property, resolve);
}

function isOfObject(property: string | null, resolve: GraphQLFieldResolver<unknown, unknown>): boolean {
  return property !== null || resolve.length === 1;
}

function mayHave(run: Run, plans: readonly FieldPlan[], source: unknown): boolean {
  try {
    for (const plan of plans) if (plan.checks.length > 0) assertPassed(run, plan, source, undefined);
    return true;
  } catch {
    // The field tells why.
    return false;
  }
}

function ofAbstract(type: GraphQLAbstractType, place: Place): Write {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const members = new Map(
    place.planned.schema.getPossibleTypes(type).map((member) => [member.name, ofObject(member, place)]),
  );
  return (run, value, path, info) => {
    run.isRepeatable = false;
    const found = (name: unknown) => {
      const write = members.get(String(name));
      if (!write) throw new Error(`${String(name)} is no type of the abstract type ${type.name}`);
      return write(run, value, path, info);
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
