import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  locatedError,
  type OperationDefinitionNode,
  type ResponsePath,
  responsePathAsArray,
} from "graphql";
import type { GraphContext } from "../context.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import type { Scheduling } from "../scheduling/scheduling.ts";
import type { TimeSlicer } from "../scheduling/time-slicer.ts";
import { assertAllowed, type FieldCheck } from "../schema/scope-checks.ts";
import type { Cacheability } from "./cacheability.ts";
import { ErrorCollector, NULL } from "./serialized-result.ts";

/** An operation of a valid document. */
export interface PlannedOperation {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
}

/** Variables as the schema reads them: checked, with their defaults. */
export type Variables = Readonly<Record<string, unknown>>;

/** Is told the length of a response while it is written. */
export interface ResponseBudget {
  /** @throws what ends the execution */
  writing(bytes: number): void;
}

/** Characters between two looks at how long an answer is. */
const LOOK_EVERY = 65_536;
/** An answer whose length nobody bounds. */
const NO_BOUND: ResponseBudget = { writing: () => undefined };

/** Runs are numbered, so that a plan can tell one from another without keeping it. */
let runs = 0;

/** One execution. */
export class Execution {
  readonly number = ++runs;
  readonly errors = new ErrorCollector();
  /** What fields are given whose arguments hold variables: the same wherever a fragment is spread. */
  readonly arguments = new Map<FieldNode, Given>();
  /** The check of an object that was passed last, and by which: the object's other fields need not pass it again. */
  passed: FieldCheck | null = null;
  accessOf: unknown;

  /** Whether all fields so far are repeatable, see `schema/repeatable.ts`. */
  isRepeatable = true;

  /** Whether a list is being written that will be kept whole: its objects need not be kept as well. */
  isWithinKept = false;

  /** A long list is written bit by bit. Figures that the rest of it asks for go with those that were asked for before. */
  readonly slices: TimeSlicer;

  /** Characters of the answer so far: of its names, its plain values and what was kept of it. */
  size = 0;
  /** Why the whole answer is refused while it is written: no field catches that. */
  refusal: unknown = null;

  readonly planned: PlannedOperation;
  readonly context: GraphContext;
  readonly variables: Variables;
  readonly #room: ResponseBudget;
  #lookAt = LOOK_EVERY;

  constructor(
    planned: PlannedOperation,
    context: GraphContext,
    variables: Variables,
    createTimeSlicer: Scheduling["createTimeSlicer"],
    room: ResponseBudget = NO_BOUND,
  ) {
    this.slices = createTimeSlicer((allStarted) => context.loaders.batchScheduler.holdWhile(allStarted));
    this.planned = planned;
    this.context = context;
    this.variables = variables;
    this.#room = room;
  }

  /** Called with all of the answer. @throws the refusal */
  assertFits(text: string): void {
    this.size = text.length;
    this.#lookAt = Math.min(this.#lookAt, LOOK_EVERY);
    this.assertWithinBudget();
  }

  /** Called for each item of a list, which is how answers grow long. @throws the refusal */
  assertWithinBudget(): void {
    if (this.size < this.#lookAt) return;
    if (this.refusal !== null) throw this.refusal;
    this.#lookAt = this.size + LOOK_EVERY;
    try {
      this.#room.writing(this.size);
    } catch (refusal) {
      this.refusal = refusal;
      this.#lookAt = 0;
      throw refusal;
    }
  }
}

export type ArgumentPlan = Record<string, unknown>;

interface Given {
  readonly to: GraphQLField<unknown, unknown>;
  /** Null where the variables do not fit. */
  readonly values: ArgumentPlan | null;
  readonly failure?: unknown;
}

export type Path = ResponsePath | undefined;

/**
 * What stands in the way of a field, and at which place. It is no Error, and is thrown all the same: for each field of a page an
 * Error would be made to be written and thrown away, with a stack.
 */
export class FieldFailure {
  readonly cause: unknown;
  readonly nodes: readonly FieldNode[];
  readonly path: ResponsePath;

  constructor(cause: unknown, nodes: readonly FieldNode[], path: ResponsePath) {
    this.cause = cause;
    this.nodes = nodes;
    this.path = path;
  }

  /** The error that graphql-js makes of it. */
  located(): GraphQLError {
    return locatedError(this.cause, this.nodes, responsePathAsArray(this.path));
  }
}

/** JSON text. */
export type JsonText = MaybePromise<string>;

/** Writes a value as its client reads it. @throws what stood in the way, for the nearest nullable field */
export type CompleteValue = (run: Execution, value: unknown, path: ResponsePath, info: GraphQLResolveInfo) => JsonText;

/** A field of a selection, for one type of object. */
export interface FieldPlan {
  readonly responseName: string;
  /** Its name as the answer has it, with what stands before it: `{"name":` for the first of a selection. */
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly isNonNull: boolean;
  /** What the caller has to pass, in this order. */
  readonly checks: readonly FieldCheck[];
  /** Whether some of them ask for more than the caller. */
  readonly hasChecksOfObject: boolean;
  /** The number of the run that has passed those that ask for the caller alone. */
  passedIn: number;
  readonly resolve: GraphQLFieldResolver<unknown, unknown>;
  /** What it is given in every run; null when that depends on variables, or has not been asked for. */
  constantArguments: ArgumentPlan | null;
  readonly hasVariables: boolean;
  readonly write: CompleteValue;
  /** Writes its value, where that is a scalar or of an enum. */
  readonly plain: ((value: unknown) => string) | null;
  /** Which property of the object it is, where it is nothing but that. */
  readonly property: string | null;
  /** Whether its resolver wants to know where it stands, which takes longer to tell than most fields take to resolve. */
  readonly wantsInfo: boolean;
  /** Whether its resolver, a check or its type's `resolveType` may want to know it. */
  readonly needsInfo: boolean;
  readonly repeats: Cacheability;
}

/** What a resolver is told of its field, looked up when it asks. */
export class ResolveInfo implements GraphQLResolveInfo {
  readonly #run: Execution;
  readonly #plan: FieldPlan;
  readonly path: ResponsePath;
  readonly rootValue = undefined;

  constructor(run: Execution, plan: FieldPlan, path: ResponsePath) {
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
    return this.#run.variables as ArgumentPlan;
  }
}

/** @throws ApplicationError of the first check that is not passed */
export function assertFieldAccess(
  run: Execution,
  plan: FieldPlan,
  source: unknown,
  info: GraphQLResolveInfo | undefined,
): void {
  const isCallerKnown = plan.passedIn === run.number;
  if (isCallerKnown && !plan.hasChecksOfObject) return;
  const { context } = run;
  for (const check of plan.checks) {
    if (typeof check !== "function") {
      if (!isCallerKnown) assertAllowed(check, context);
    } else if (check.ofType) {
      if (run.passed === check && run.accessOf === source) continue;
      assertAllowed(check, context, source, context);
      run.passed = check;
      run.accessOf = source;
    } else {
      assertAllowed(check, context, source, coerceArguments(run, plan), context, info);
    }
  }
  plan.passedIn = run.number;
}

/** A field is given the same for every object. Resolvers only read it. @throws GraphQLError, the same for every object as well */
export function coerceArguments(run: Execution, plan: FieldPlan): ArgumentPlan {
  const { definition, constantArguments } = plan;
  if (constantArguments) return constantArguments;
  const [node] = plan.nodes as [FieldNode];
  const given = run.arguments.get(node);
  if (given?.to === definition) {
    if (given.values) return given.values;
    throw given.failure;
  }
  try {
    const values = getArgumentValues(definition, node, run.variables);
    if (plan.hasVariables) run.arguments.set(node, { to: definition, values });
    else plan.constantArguments = values;
    return values;
  } catch (failure) {
    run.arguments.set(node, { to: definition, values: null, failure });
    throw failure;
  }
}

// What is to be done later is said in functions of their own: V8 makes an object of what a function's inner ones remember
// whenever it is called, also where none of them is made, and that was a tenth of all garbage of ten series.

/** Writes what a promise gives. Many are settled at once where they wait for the same, so the rest of them is put off. */
export function completePromise(
  value: Promise<unknown>,
  write: CompleteValue,
  run: Execution,
  path: ResponsePath,
  info: GraphQLResolveInfo,
): Promise<string> {
  return value.then((settled) =>
    run.slices.isExhausted()
      ? run.slices.defer(() => write(run, settled, path, info))
      : write(run, settled, path, info),
  );
}

/** The same text, or what {@link handleFieldError} puts in its place. */
export function nullOnError(
  written: Promise<string>,
  run: Execution,
  isNonNull: boolean,
  nodes: readonly FieldNode[],
  path: ResponsePath,
): Promise<string> {
  return written.then(undefined, (error) => handleFieldError(error, run, isNonNull, nodes, path));
}

/** Null in the place of what failed. @throws the error with its place, where null is not allowed */
export function handleFieldError(
  error: unknown,
  run: Execution,
  isNonNull: boolean,
  nodes: readonly FieldNode[],
  path: ResponsePath,
): typeof NULL {
  if (run.refusal !== null) throw run.refusal;
  const failure = error instanceof FieldFailure ? error : new FieldFailure(error, nodes, path);
  if (isNonNull) throw failure;
  run.errors.add(failure, path);
  return NULL;
}
