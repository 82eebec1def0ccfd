import {
  defaultTypeResolver,
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type ResponsePath,
} from "graphql";
import { isPromise } from "../primitives/maybe-promise.ts";
import { completeLater, completePromise, executeFields, giveUpPieces, handleFieldError } from "./execute-fields.ts";
import type { CompleteValue, Execution, FieldPlan, PlannedOperation, Variables } from "./execution.ts";
import { appendPending, concatPieces, type JsonText } from "./pending-text.ts";
import { NULL, toJson } from "./serialized-result.ts";

/** Returns the fields that are selected, given the variables of an execution. */
export type FieldsOf = (variables: Variables) => readonly FieldPlan[];

/** The field whose values are completed. */
export interface FieldLocation {
  readonly planned: PlannedOperation;
  /** Returns what the field selects of one of its object types. */
  readonly fieldsOf: (type: GraphQLObjectType) => FieldsOf;
  readonly parentType: GraphQLObjectType;
  readonly name: string;
  readonly nodes: readonly FieldNode[];
}

function nullError({ parentType, name }: FieldLocation): Error {
  return new Error(`Cannot return null for non-nullable field ${parentType.name}.${name}.`);
}

/** Returns a function that completes values of a type to JSON text. */
export function valueCompleter(type: GraphQLOutputType, location: FieldLocation): CompleteValue {
  const isNonNull = isNonNullType(type);
  const complete = nullableCompleter(getNullableType(type), location);
  return (execution, value, path, info) => {
    if (value == null && isNonNull) throw nullError(location);
    if (value == null) return NULL;
    if (value instanceof Error) throw value;
    return complete(execution, value, path, info);
  };
}

function nullableCompleter(type: GraphQLOutputType, location: FieldLocation): CompleteValue {
  if (isLeafType(type)) return leafCompleter(type);
  if (isListType(type)) return listCompleter(type.ofType, location);
  if (isObjectType(type)) return objectCompleter(type, location);
  if (isAbstractType(type)) return abstractCompleter(type, location);
  throw new Error(`Cannot complete value of unexpected output type: "${type}".`);
}

function leafCompleter(type: GraphQLLeafType): CompleteValue {
  return (execution, value) => {
    const serialized = type.serialize(value);
    if (serialized == null) throw new Error(`Expected \`${type.name}.serialize\` to return a non-nullable value.`);
    const text = toJson(serialized);
    execution.size += text.length;
    return text;
  };
}

function listCompleter(itemType: GraphQLOutputType, location: FieldLocation): CompleteValue {
  const { nodes, parentType, name } = location;
  const complete = valueCompleter(itemType, location);
  const isNonNull = isNonNullType(itemType);
  const completeItem = (
    execution: Execution,
    item: unknown,
    path: ResponsePath,
    info: GraphQLResolveInfo,
  ): JsonText => {
    try {
      const completed = isPromise(item)
        ? completePromise(item, complete, execution, path, info)
        : complete(execution, item, path, info);
      return typeof completed === "string" ? completed : completed.of(isNonNull, nodes, path);
    } catch (error) {
      return handleFieldError(error, execution, isNonNull, nodes, path);
    }
  };
  /** Completes the items from `index` on, the first of them whether or not the time slice is used up. */
  const completeRest = (
    execution: Execution,
    items: Iterator<unknown>,
    index: number,
    path: ResponsePath,
    info: GraphQLResolveInfo,
  ): JsonText => {
    let text = index === 0 ? "[" : "";
    /** Flattened text before `text`. */
    let flat = "";
    let pieces: JsonText[] | null = null;
    try {
      let key = index;
      for (let next = items.next(); !next.done; next = items.next()) {
        execution.assertWithinBudget();
        const { value: item } = next;
        const value = completeItem(execution, item, { prev: path, key, typename: undefined }, info);
        if (key > 0) text += ",";
        key += 1;
        if (typeof value === "string") {
          text += value;
          if (text.length >= FLATTEN_STEP) {
            flat += flattened(text);
            text = "";
          }
        } else {
          pieces = appendPending(pieces, flat + text, value);
          text = "";
          flat = "";
        }
        if (execution.slicer.isExhausted()) {
          const rest = completeLater(execution, () => completeRest(execution, items, key, path, info));
          return concatPieces(appendPending(pieces, flattened(flat + text), rest), "");
        }
      }
    } catch (error) {
      giveUpPieces(execution, pieces);
      throw error;
    }
    const end = `${flat}${text}]`;
    return concatPieces(pieces, end.length < LONG_LIST ? end : flattened(end));
  };
  return (execution, items, path, info) => {
    if (typeof items !== "object" || !(Symbol.iterator in (items as object))) {
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${parentType.name}.${name}".`);
    }
    return completeRest(execution, (items as Iterable<unknown>)[Symbol.iterator](), 0, path, info);
  };
}

/** Characters of a list after which its text is flattened, see docs/decisions/0004-json-text.md. */
const FLATTEN_STEP = 65_536;
/** Characters from which on a list is flattened when it ends. */
const LONG_LIST = 8_192;

/** Returns the same text as one piece of memory: V8 flattens a text to count its bytes. */
function flattened(text: string): string {
  Buffer.byteLength(text);
  return text;
}

function objectCompleter(type: GraphQLObjectType, location: FieldLocation): CompleteValue {
  const fieldsOf = location.fieldsOf(type);
  return (execution, value, path) => executeFields(execution, fieldsOf(execution.variables), value, path);
}

function abstractCompleter(type: GraphQLAbstractType, location: FieldLocation): CompleteValue {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const members = new Map(
    location.planned.schema.getPossibleTypes(type).map((member) => [member.name, objectCompleter(member, location)]),
  );
  return (execution, value, path, info) => {
    const completeAs: CompleteValue = (_execution, name) => {
      const complete = members.get(String(name));
      if (!complete) {
        throw new Error(`Abstract type "${type.name}" was resolved to "${String(name)}", which is none of its types.`);
      }
      return complete(execution, value, path, info);
    };
    const name = resolveType(value, execution.context, info, type);
    return isPromise(name)
      ? completePromise(name, completeAs, execution, path, info)
      : completeAs(execution, name, path, info);
  };
}
