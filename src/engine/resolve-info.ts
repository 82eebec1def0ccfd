import type { GraphQLResolveInfo, ResponsePath } from "graphql";
import type { Execution, FieldPlan } from "./execution.ts";

/** The `info` of a resolver, computed when it is read. */
export class ResolveInfo implements GraphQLResolveInfo {
  readonly #execution: Execution;
  readonly #plan: FieldPlan;
  readonly path: ResponsePath;
  readonly rootValue = undefined;

  constructor(execution: Execution, plan: FieldPlan, path: ResponsePath) {
    this.#execution = execution;
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
    return this.#execution.planned.schema;
  }
  get fragments() {
    return this.#execution.planned.fragments;
  }
  get operation() {
    return this.#execution.planned.operation;
  }
  get variableValues() {
    return this.#execution.variables as Record<string, unknown>;
  }
}
