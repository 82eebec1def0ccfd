import type {
  FieldNode,
  GraphQLField,
  GraphQLFieldResolver,
  GraphQLObjectType,
  GraphQLResolveInfo,
  GraphQLSchema,
  OperationDefinitionNode,
  ResponsePath,
} from "graphql";
import { Deferred } from "../primitives/deferred.ts";
import type { TimeSlicer } from "../scheduling/time-slicer.ts";
import type { FieldCacheability } from "./cacheability.ts";
import { ErrorCollector } from "./error-collector.ts";
import { type JsonText, PendingText } from "./pending-text.ts";
import type { Fragments } from "./selections.ts";

/** Variables after coercion: validated, with defaults. */
export type Variables = Readonly<Record<string, unknown>>;

/** An operation of a valid document, and what all of its executions share. */
export interface PlannedOperation {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Fragments;
}

/** Functions that the gateway hands to the engine. */
export interface ExecutionEnvironment<Context> {
  /** Creates the slicer of one execution, which calls back whenever it defers work. */
  createTimeSlicer(onDeferred: (allStarted: Promise<void>) => void): TimeSlicer;
  /**
   * Called when a long list is deferred, with a promise that resolves once all of it has started.
   *
   * Deferred work may load more keys.
   */
  onDeferred(context: Context, allStarted: Promise<void>): void;
}

/** Bounds the length of a response while it is written. */
export interface ResponseBudget {
  /** Called with the characters written so far. @throws what ends the execution */
  writing(characters: number): void;
}

/** Characters between two checks of the budget. */
const BUDGET_STEP = 65_536;
const UNBOUNDED: ResponseBudget = { writing: () => undefined };

/** State of one execution. */
export class Execution {
  readonly errors = new ErrorCollector();
  /** Arguments of fields with variables, which are the same wherever a fragment is spread. */
  readonly arguments = new Map<FieldNode, CoercedArguments>();
  /** Whether all fields so far are cacheable. */
  isCacheable = true;

  readonly slicer: TimeSlicer;

  /** Characters of the response so far: names, leaf values and cached text. */
  size = 0;
  /** Why the budget ended the execution: no field handles this error. */
  abortReason: unknown = null;

  readonly planned: PlannedOperation;
  readonly environment: ExecutionEnvironment<unknown>;
  readonly context: unknown;
  readonly variables: Variables;
  readonly #budget: ResponseBudget;
  #nextCheckAt = BUDGET_STEP;
  /** Number of promises that pending text waits for. */
  #awaited = 0;
  #settled: Deferred<void> | null = null;

  constructor(
    planned: PlannedOperation,
    environment: ExecutionEnvironment<unknown>,
    context: unknown,
    variables: Variables,
    budget: ResponseBudget = UNBOUNDED,
  ) {
    this.planned = planned;
    this.environment = environment;
    this.context = context;
    this.variables = variables;
    this.#budget = budget;
    this.slicer = environment.createTimeSlicer((allStarted) => environment.onDeferred(context, allStarted));
  }

  /** Returns text that waits for a promise. */
  awaitText(): PendingText {
    this.#awaited += 1;
    return new PendingText(null);
  }

  /** Ends the wait of a text, and of the text within. */
  giveUp(text: PendingText): void {
    this.#awaited -= text.giveUp();
    if (this.#awaited === 0) this.#settled?.resolve();
  }

  /** Ends the execution: the error reaches a value that cannot be null, and has nothing around it. */
  fail(error: unknown): void {
    this.#settled?.reject(error);
  }

  /** Resolves when no text is awaited any more. Called when all fields have been executed that do not wait. */
  settled(): Promise<void> {
    this.#settled = new Deferred();
    if (this.#awaited === 0) this.#settled.resolve();
    return this.#settled.promise;
  }

  /** Checks the whole response. @throws what ends the execution */
  assertFits(text: string): void {
    this.size = text.length;
    this.#nextCheckAt = Math.min(this.#nextCheckAt, BUDGET_STEP);
    this.assertWithinBudget();
  }

  /**
   * Checks the response so far; called for each item of a list, which is how responses grow long.
   *
   * @throws what ends it
   */
  assertWithinBudget(): void {
    if (this.size < this.#nextCheckAt) return;
    if (this.abortReason !== null) throw this.abortReason;
    this.#nextCheckAt = this.size + BUDGET_STEP;
    try {
      this.#budget.writing(this.size);
    } catch (reason) {
      this.abortReason = reason;
      this.#nextCheckAt = 0;
      throw reason;
    }
  }
}

export type Arguments = Record<string, unknown>;

interface CoercedArguments {
  readonly definition: GraphQLField<unknown, unknown>;
  /** Null if the variables do not fit. */
  readonly values: Arguments | null;
  readonly error?: unknown;
}

export type Path = ResponsePath | undefined;

/** Completes a value to JSON text. @throws why it failed, for the nearest nullable field */
export type CompleteValue = (
  execution: Execution,
  value: unknown,
  path: ResponsePath,
  info: GraphQLResolveInfo,
) => JsonText;

/** A field of a selection, for one object type. */
export interface FieldPlan extends FieldCacheability {
  readonly responseName: string;
  /** Name in the response with the punctuation before it, such as `{"name":` for a first field. */
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly isNonNull: boolean;
  readonly resolve: GraphQLFieldResolver<unknown, unknown>;
  /** Arguments of every execution; null if they depend on variables, or are not coerced yet. */
  constantArguments: Arguments | null;
  readonly hasVariables: boolean;
  readonly complete: CompleteValue;
}
