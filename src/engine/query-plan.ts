import {
  type DocumentNode,
  defaultFieldResolver,
  type FieldNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type ValueNode,
  visit,
} from "graphql";
import { cacheabilityOf } from "./cacheability.ts";
import { type FieldLocation, type FieldsOf, valueCompleter } from "./complete-value.ts";
import type { FieldPlan, PlannedOperation, Variables } from "./execution.ts";
import { fragmentsOf, selectedFields } from "./selections.ts";

/** An operation that is ready to be executed, any number of times and at once. */
export interface OperationPlan extends PlannedOperation {
  /** Returns the fields of the root type. */
  readonly rootFields: FieldsOf;
}

/** Plans of an operation that are cached, one for each combination of values in `@skip` and `@include`. */
const MAX_PLANS = 4;

/**
 * Plans an operation of a valid document. The plan grows while it is executed: which fields a selection has for a type, how each is
 * resolved and completed, and its arguments are computed once.
 */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationPlan {
  const planned: PlannedOperation = { schema, operation, fragments: fragmentsOf(document) };
  const rootType = schema.getRootType(operation.operation) as GraphQLObjectType;
  const conditions = skipIncludeVariables(planned);
  const plans = new Map<string, FieldsOf>();
  const rootFields: FieldsOf = (variables) => {
    const key = conditions.map((condition) => String(variables[condition])).join();
    const fieldsOf = plans.get(key) ?? fieldsOnce(planned, rootType, [operation.selectionSet]);
    if (plans.size < MAX_PLANS) plans.set(key, fieldsOf);
    return fieldsOf(variables);
  };
  return Object.assign(planned, { rootFields });
}

/** Returns the names of the variables that decide what the operation selects. */
function skipIncludeVariables({ operation, fragments }: PlannedOperation): readonly string[] {
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

/** Returns the fields that selection sets select of a type, planned at the first call for all. */
function fieldsOnce(
  planned: PlannedOperation,
  type: GraphQLObjectType,
  sets: readonly (SelectionSetNode | undefined)[],
): FieldsOf {
  let plans: readonly FieldPlan[] | null = null;
  return (variables) => {
    plans ??= fieldPlans(planned, type, collectFields(planned, variables, type, sets));
    return plans;
  };
}

/** Returns the selected fields of a type by response name, in order. */
function collectFields(
  { schema, fragments }: PlannedOperation,
  variables: Variables,
  type: GraphQLObjectType,
  sets: readonly (SelectionSetNode | undefined)[],
): ReadonlyMap<string, readonly FieldNode[]> {
  const isIncluded = (selection: SelectionNode) =>
    getDirectiveValues(GraphQLSkipDirective, selection, variables)?.["if"] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.["if"] !== false;
  const selected = new Map<string, FieldNode[]>();
  for (const { node } of selectedFields(sets, type, { schema, fragments, isIncluded })) {
    const responseName = (node.alias ?? node.name).value;
    const nodes = selected.get(responseName);
    if (nodes) nodes.push(node);
    else selected.set(responseName, [node]);
  }
  return selected;
}

function fieldPlans(
  planned: PlannedOperation,
  parentType: GraphQLObjectType,
  selected: ReadonlyMap<string, readonly FieldNode[]>,
): readonly FieldPlan[] {
  const plans: FieldPlan[] = [];
  for (const [responseName, nodes] of selected) {
    const [node] = nodes;
    const definition = node && fieldDefinition(planned.schema, parentType, node);
    if (!definition) continue;
    const fieldsOf = (type: GraphQLObjectType) =>
      fieldsOnce(
        planned,
        type,
        nodes.map(({ selectionSet }) => selectionSet),
      );
    const location: FieldLocation = { planned, parentType, nodes, name: definition.name, fieldsOf };
    plans.push({
      responseName,
      key: `${plans.length === 0 ? "{" : ","}${JSON.stringify(responseName)}:`,
      nodes,
      parentType,
      definition,
      isNonNull: isNonNullType(definition.type),
      resolve: definition.resolve ?? defaultFieldResolver,
      constantArguments: null,
      hasVariables: hasVariables(node),
      complete: valueCompleter(definition.type, location),
      ...cacheabilityOf(definition),
    });
  }
  return plans;
}

function fieldDefinition(
  schema: GraphQLSchema,
  parentType: GraphQLObjectType,
  { name: { value: name } }: FieldNode,
): GraphQLField<unknown, unknown> | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  if (parentType === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return parentType.getFields()[name];
}

function hasVariables({ arguments: given = [] }: FieldNode): boolean {
  return given.some(({ value }) => variablesIn(value).length > 0);
}

function variablesIn(value: ValueNode): string[] {
  if (value.kind === Kind.VARIABLE) return [value.name.value];
  if (value.kind === Kind.LIST) return value.values.flatMap(variablesIn);
  return value.kind === Kind.OBJECT ? value.fields.flatMap((field) => variablesIn(field.value)) : [];
}
