import {
  type DocumentNode,
  defaultFieldResolver,
  execute,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  isIntrospectionType,
  isObjectType,
  type OperationDefinitionNode,
  type ResponsePath,
} from "graphql";
import { isPromise, type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import { cacheabilityOf } from "./cacheability.ts";
import { FieldFailure } from "./error-collector.ts";
import { type ExecutionRequest, MAX_COERCION_ERRORS } from "./execute.ts";
import { fragmentsOf, selectedFields } from "./selections.ts";
import type { SerializedResult } from "./serialized-result.ts";

/** Whether the fields that a context has resolved so far are all cacheable. */
type CacheabilityNotes = WeakMap<object, { isCacheable: boolean }>;

/**
 * Returns an engine that executes operations by graphql-js, with the same results as the planned engine. Long lists are not
 * deferred, and the budget sees the response when it is complete.
 *
 * Replaces the resolvers of the schema by ones that note cacheability.
 */
export function createGraphqlJsExecutor<Context extends object>(schema: GraphQLSchema) {
  const notes: CacheabilityNotes = new WeakMap();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) noteCacheability(field, notes);
  }
  return (document: DocumentNode, operation: OperationDefinitionNode) => {
    const isIntrospection = selectsIntrospection(schema, document, operation);
    return ({ context, variables, budget }: ExecutionRequest<Context>): MaybePromise<SerializedResult> => {
      const noted = { isCacheable: !isIntrospection };
      notes.set(context, noted);
      const result = execute({
        schema,
        document,
        operationName: operation.name?.value ?? null,
        contextValue: context,
        variableValues: variables,
        options: { maxCoercionErrors: MAX_COERCION_ERRORS },
      });
      return mapMaybe(result, ({ data, errors }) => {
        const failures = errors?.map(toFieldFailure);
        if (data === undefined) return { errors: failures ?? [] };
        const json = JSON.stringify(data);
        try {
          budget?.writing(json.length);
        } catch (error) {
          return { errors: [error] };
        }
        const { isCacheable } = noted;
        return failures === undefined ? { data: json, isCacheable } : { errors: failures, data: json, isCacheable };
      });
    };
  };
}

/** Introspection is not cacheable, and its fields belong to graphql-js. */
function selectsIntrospection(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation, selectionSet }: OperationDefinitionNode,
): boolean {
  const rootType = schema.getRootType(operation);
  if (!rootType) return false;
  const fields = selectedFields([selectionSet], rootType, { schema, fragments: fragmentsOf(document) });
  return fields.some(({ node }) => node.name.value === "__schema" || node.name.value === "__type");
}

function noteCacheability(field: GraphQLField<unknown, unknown>, notes: CacheabilityNotes): void {
  const { resolve = defaultFieldResolver } = field;
  const { cacheability, isReadIfPromised } = cacheabilityOf(field);
  field.resolve = (source, args, context, info) => {
    const noted = notes.get(context as object);
    const value = resolve(source, args, context, info);
    if (!noted?.isCacheable) return value;
    const isCacheable = typeof cacheability === "function" ? cacheability(args) : cacheability;
    noted.isCacheable = isCacheable && !(isReadIfPromised && isPromise(value));
    return value;
  };
}

/** Returns the failure behind a field's error; errors of the whole operation as they are. */
function toFieldFailure(error: GraphQLError): unknown {
  const { originalError, nodes, path } = error;
  const [first, ...rest] = path ?? [];
  if (first === undefined || !nodes) return error;
  let at: ResponsePath = { prev: undefined, key: first, typename: undefined };
  for (const key of rest) at = { prev: at, key, typename: undefined };
  return new FieldFailure(originalError ?? error, nodes as FieldFailure["nodes"], at);
}

/**
 * Handles a rejection that nobody handles, for a process that runs this engine.
 *
 * If an item of a list fails at once, graphql-js 16 abandons the promises of the items before it. Their errors have no place in the
 * response, so they are dropped here; Node.js would end the process otherwise.
 *
 * @throws the reason itself if it is no error of a field
 */
export function dropAbandonedFieldError(reason: unknown): void {
  if (!(reason instanceof GraphQLError && reason.path)) throw reason;
}
