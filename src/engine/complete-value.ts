import {
  defaultTypeResolver,
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLFieldResolver,
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
import { executeFields } from "./execute-fields.ts";
import {
  assertFieldAccess,
  type CompleteValue,
  completePromise,
  type Execution,
  type FieldPlan,
  handleFieldError,
  type JsonText,
  nullOnError,
  type PlannedOperation,
  type Variables,
} from "./execution.ts";
import { createSerializedObjectCache } from "./serialized-object-cache.ts";
import { appendAsync, type Chunks, concatChunks, NULL, rejectAfterPending, toJson } from "./serialized-result.ts";

/** The fields that are selected, with the variables of a run. */
export type FieldsOf = (variables: Variables) => readonly FieldPlan[];

/** The field whose values are written. */
export interface FieldLocation {
  readonly planned: PlannedOperation;
  /** What it selects of its objects, planned for one type of them. */
  readonly fieldsOf: (type: GraphQLObjectType) => FieldsOf;
  readonly parentType: GraphQLObjectType;
  readonly name: string;
  readonly nodes: readonly FieldNode[];
}

/** Writes a scalar or the value of an enum; null for a type that is none. */
export function leafCompleter(declared: GraphQLOutputType, place: FieldLocation): ((value: unknown) => string) | null {
  const type = getNullableType(declared);
  if (!isLeafType(type)) return null;
  const isNonNull = isNonNullType(declared);
  return (value) => {
    if (value == null && isNonNull) throw nullError(place);
    if (value == null) return NULL;
    if (value instanceof Error) throw value;
    const serialized = type.serialize(value);
    if (serialized == null) throw new Error(`${type.name} can't write its value`);
    return toJson(serialized);
  };
}

function nullError({ parentType, name }: FieldLocation): Error {
  return new Error(`Cannot return null for non-nullable field ${parentType.name}.${name}.`);
}

/** Writes the values of a type, whatever it is. */
export function valueCompleter(type: GraphQLOutputType, place: FieldLocation): CompleteValue {
  const plain = leafCompleter(type, place);
  if (plain) {
    return (run, value) => {
      const text = plain(value);
      run.size += text.length;
      return text;
    };
  }
  if (isNonNullType(type)) {
    const write = completeNullable(type.ofType, place);
    return (run, value, path, info) => {
      if (value == null) throw nullError(place);
      if (value instanceof Error) throw value;
      return write(run, value, path, info);
    };
  }
  const write = completeNullable(type, place);
  return (run, value, path, info) => {
    if (value == null) return NULL;
    if (value instanceof Error) throw value;
    return write(run, value, path, info);
  };
}

function completeNullable(type: GraphQLOutputType, place: FieldLocation): CompleteValue {
  if (isListType(type)) return completeList(type.ofType, place);
  if (isObjectType(type)) return completeObject(type, place);
  if (isAbstractType(type)) return completeAbstract(type, place);
  throw new Error(`${type} is no type of an answer`);
}

function completeList(itemType: GraphQLOutputType, place: FieldLocation): CompleteValue {
  const { nodes, parentType, name } = place;
  const write = valueCompleter(itemType, place);
  const isNonNull = isNonNullType(itemType);
  const writeItem = (run: Execution, item: unknown, path: ResponsePath, info: GraphQLResolveInfo): JsonText => {
    try {
      const written = isPromise(item) ? completePromise(item, write, run, path, info) : write(run, item, path, info);
      return typeof written === "string" ? written : nullOnError(written, run, isNonNull, nodes, path);
    } catch (error) {
      return handleFieldError(error, run, isNonNull, nodes, path);
    }
  };
  /** Writes the items that are left, of which the first is written in this turn, whatever it has had already. */
  const writeRest = (
    run: Execution,
    items: Iterator<unknown>,
    index: number,
    path: ResponsePath,
    info: GraphQLResolveInfo,
  ): JsonText => {
    let text = index === 0 ? "[" : "";
    /** What stands before it, in pieces that are one text each. */
    let done = "";
    let pieces: Chunks | null = null;
    try {
      let key = index;
      for (let next = items.next(); !next.done; next = items.next()) {
        run.assertWithinBudget();
        const { value: item } = next;
        const value = writeItem(run, item, { prev: path, key, typename: undefined }, info);
        if (key > 0) text += ",";
        key += 1;
        if (typeof value === "string") {
          text += value;
          if (text.length >= PIECE_CHARACTERS) {
            done += asOneText(text);
            text = "";
          }
        } else {
          pieces = appendAsync(pieces, done + text, value);
          text = "";
          done = "";
        }
        if (run.slices.isExhausted()) {
          const rest = run.slices.defer(() => writeRest(run, items, key, path, info));
          return concatChunks(appendAsync(pieces, asOneText(done + text), rest), "");
        }
      }
    } catch (error) {
      return rejectAfterPending(pieces, error);
    }
    const end = `${done}${text}]`;
    return concatChunks(pieces, end.length < LONG_LIST_CHARACTERS ? end : asOneText(end));
  };
  const writeList: CompleteValue = (run, items, path, info) => {
    if (typeof items !== "object" || !(Symbol.iterator in (items as object))) {
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${parentType.name}.${name}".`);
    }
    return writeRest(run, (items as Iterable<unknown>)[Symbol.iterator](), 0, path, info);
  };
  const objectType = getNullableType(itemType);
  return isObjectType(objectType) ? cachedList(writeList, place.fieldsOf(objectType)) : writeList;
}

/** A long list is made one text after so many characters: linked out of thousands of small ones it takes ten times as much. */
const PIECE_CHARACTERS = 65_536;
/** A list from this length on is made one text when it ends: hundreds of them may wait for the last one of their answer. */
const LONG_LIST_CHARACTERS = 8_192;

/** The same text, which V8 has copied into one piece to count its bytes. */
function asOneText(text: string): string {
  Buffer.byteLength(text);
  return text;
}

/** A frozen list of frozen objects is written once, where no check has to look at each of them. */
function cachedList(writeList: CompleteValue, fields: FieldsOf): CompleteValue {
  const texts = createSerializedObjectCache();
  return (run, items, path, info) => {
    const plans = Array.isArray(items) && Object.isFrozen(items) ? fields(run.variables) : null;
    const isRepeatable = plans?.every((plan) => isOfObjectAlone(plan) && !plan.hasChecksOfObject);
    if (!plans || !isRepeatable || !hasAccess(run, plans, undefined)) return writeList(run, items, path, info);
    const list = items as readonly unknown[];
    const known = texts.get(list);
    if (known !== undefined) {
      run.size += known.length;
      run.assertWithinBudget();
      return known;
    }
    const failures = run.errors.count;
    run.isWithinKept = true;
    try {
      const text = writeList(run, items, path, info);
      const isWhole = typeof text === "string" && run.errors.count === failures;
      if (isWhole && list.every(Object.isFrozen)) texts.store(list, text);
      return text;
    } finally {
      run.isWithinKept = false;
    }
  };
}

function completeObject(type: GraphQLObjectType, place: FieldLocation): CompleteValue {
  const fields = place.fieldsOf(type);
  const texts = createSerializedObjectCache();
  return (run, value, path) => {
    const plans = fields(run.variables);
    if (typeof value !== "object" || !Object.isFrozen(value) || !plans.every(isOfObjectAlone))
      return executeFields(run, plans, value, path);
    const known = texts.get(value as object);
    if (known !== undefined && hasAccess(run, plans, value)) {
      run.size += known.length;
      run.assertWithinBudget();
      return known;
    }
    const failures = run.errors.count;
    const text = executeFields(run, plans, value, path);
    const isWhole = typeof text === "string" && run.errors.count === failures;
    if (isWhole && known === undefined && !run.isWithinKept) texts.store(value as object, text);
    return text;
  };
}

/** Whether a field follows from its object alone. A frozen object's is always the same, for everybody who may have it. */
function isOfObjectAlone({ plain, property, resolve }: FieldPlan): boolean {
  return plain !== null && isOfObject(property, resolve);
}

/** Whether a field is a property of its object, or resolved of nothing else. */
export function isOfObject(property: string | null, resolve: GraphQLFieldResolver<unknown, unknown>): boolean {
  return property !== null || resolve.length === 1;
}

function hasAccess(run: Execution, plans: readonly FieldPlan[], source: unknown): boolean {
  try {
    for (const plan of plans) if (plan.checks.length > 0) assertFieldAccess(run, plan, source, undefined);
    return true;
  } catch {
    // The field tells why.
    return false;
  }
}

function completeAbstract(type: GraphQLAbstractType, place: FieldLocation): CompleteValue {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const members = new Map(
    place.planned.schema.getPossibleTypes(type).map((member) => [member.name, completeObject(member, place)]),
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
