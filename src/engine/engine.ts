import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from "graphql";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import { type ExecutionRequest, execute } from "./execute.ts";
import type { ExecutionEnvironment } from "./execution.ts";
import { createGraphqlJsExecutor } from "./graphql-js.ts";
import { planOperation } from "./query-plan.ts";
import type { SerializedResult } from "./serialized-result.ts";

/** `planned` is the gateway's own engine; `graphql-js` is the reference implementation. */
export const engineNames = ["planned", "graphql-js"] as const;
export type EngineName = (typeof engineNames)[number];

/** Executes one operation of a valid document. */
export type ExecuteOperation<Context> = (request: ExecutionRequest<Context>) => MaybePromise<SerializedResult>;

/** Prepares an operation of a valid document for any number of executions. */
export type Engine<Context> = (document: DocumentNode, operation: OperationDefinitionNode) => ExecuteOperation<Context>;

/** Creates the engine of one gateway for its schema, which the engine `graphql-js` changes. */
export function createEngine<Context extends object>(
  name: EngineName,
  schema: GraphQLSchema,
  environment: ExecutionEnvironment<Context>,
): Engine<Context> {
  if (name === "graphql-js") return createGraphqlJsExecutor<Context>(schema);
  return (document, operation) => {
    const plan = planOperation(schema, document, operation);
    return (request) => execute(plan, environment, request);
  };
}
