import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isAbstractType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from "graphql";
import { fragmentAt, fragmentsOf, narrowedType } from "../engine/selections.ts";
import { calendarDuration } from "../model/usage/calendar.ts";
import { MAX_JOINED_BUCKETS } from "../model/usage/joined-series.ts";
import { ceilTo, DAY_MS, floorTo, HOUR_MS } from "../model/usage/time.ts";
import { DEFAULT_PAGE_SIZE } from "../schema/connection.ts";
import { type FieldCost, fieldCosts, MUTATION_COST } from "../schema/costs.ts";

/** Variables of a request, as its client sent them. */
export type RawVariables = Readonly<Record<string, unknown>>;

/**
 * Points of a selection. The number of hours, days or months follows from a window further out, and the number of buckets from a
 * granularity in between; until then they are counted separately. So a selection is counted once, wherever it is spread.
 */
interface Cost {
  readonly fixed: number;
  /** Leaf values of the object itself. */
  readonly values: number;
  readonly perBucket: number;
  readonly perHour: number;
  readonly perDay: number;
  readonly perMonth: number;
}

const FREE: Cost = { fixed: 0, values: 0, perBucket: 0, perHour: 0, perDay: 0, perMonth: 0 };
const VALUE: Cost = { ...FREE, values: 1 };
/** Points of every request, for HTTP, parsing and validation. */
const REQUEST_POINTS = 10;
/** Points of each introspection field: its response is large. */
const SCHEMA_POINTS = 1_000;
/** Points of each introspection field below an alias, which may repeat the description of 2,000 fields. */
const SCHEMA_ALIAS_POINTS = 500;
/** Entries of a list whose arguments do not bound its length. */
const DEFAULT_ENTRIES = 10;
/** Points of one leaf value: of each in a list, and of each beyond the free ones of an object. */
const VALUE_POINTS = 0.1;
/** Leaf values of an object that are included in the object's price. */
const FREE_VALUES = 5;
/**
 * Entries, hours, days and months that are counted at most.
 *
 * The largest page, list or window that is accepted.
 */
const MAX = { entries: 1_000, hours: MAX_JOINED_BUCKETS, days: MAX_JOINED_BUCKETS, months: 120 };

/**
 * Returns the price of an operation before execution, in points as {@link fieldCosts} lists them: an upper bound of the rows that it
 * reads, and of the leaf values in them beyond {@link FREE_VALUES} each, for all fragments, variables and conditions. Takes time
 * linear in the text of the document.
 *
 * The complexity plugin of Pothos adds up the branches of an interface, counts skipped fields, and bounds a list by the list's own
 * arguments only, whereas a list of buckets is bounded by a window two levels further out.
 *
 * @param variables as the client sent them; values of a wrong type cost nothing, and are rejected later
 */
export function queryCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: RawVariables,
): number {
  const operation = getOperationAST(document, operationName);
  const root = operation && schema.getRootType(operation.operation);
  if (!root) return REQUEST_POINTS;
  const estimate = createEstimate(schema, document, withDefaults(operation, variables));
  const { fixed } = objectCost(estimate(operation.selectionSet, root));
  return Math.min(Math.ceil(REQUEST_POINTS + fixed), Number.MAX_SAFE_INTEGER);
}

function createEstimate(schema: GraphQLSchema, document: DocumentNode, variables: RawVariables) {
  const costsOfSets = new Map<SelectionSetNode, Map<string, Cost>>();
  const allFields = new Map<SelectionSetNode, number>();
  const aliasedFields = new Map<SelectionSetNode, number>();
  const fragments = fragmentsOf(document);
  return selectionCost;

  /** @param pageSize objects of the page, if the type is a connection whose arguments bound it */
  function selectionCost(set: SelectionSetNode, type: GraphQLObjectType, pageSize?: number): Cost {
    const key = `${type.name} ${pageSize}`;
    const costs = costsOfSets.get(set) ?? new Map<string, Cost>();
    const found = costs.get(key);
    if (found) return found;
    const cost = { ...FREE };
    for (const selection of set.selections) {
      if (isSkipped(selection, variables)) continue;
      if (selection.kind === Kind.FIELD) {
        add(cost, fieldCost(selection, type, pageSize));
        continue;
      }
      const fragment = fragmentAt(selection, fragments);
      if (fragment && narrowedType(schema, type, fragment.typeCondition?.name.value)) {
        add(cost, selectionCost(fragment.selectionSet, type, pageSize));
      }
    }
    costsOfSets.set(set, costs.set(key, cost));
    return cost;
  }

  function fieldCost(node: FieldNode, parent: GraphQLObjectType, pageSize?: number): Cost {
    const name = node.name.value;
    const field = parent.getFields()[name];
    if (name === "__typename") return VALUE;
    if (!field) {
      return {
        ...FREE,
        fixed: SCHEMA_POINTS + SCHEMA_ALIAS_POINTS * (node.selectionSet ? repeatsIn(node.selectionSet) : 0),
      };
    }
    const byDefault = parent === schema.getMutationType() ? MUTATION_COST : undefined;
    const rule: FieldCost = fieldCosts[`${parent.name}.${name}`] ?? byDefault ?? {};
    const argument = (argumentName: string) => argumentValue(field, node, argumentName, variables);

    const below = node.selectionSet
      ? objectCost(highestCost(node.selectionSet, field.type, entriesOf(argument)))
      : FREE;
    const isList = isListType(getNullableType(field.type));
    const isLeaf = isLeafType(getNamedType(field.type));
    let cost = isList
      ? inList(plus(below, isLeaf ? VALUE_POINTS : 1), rule.entries, entriesOf(argument) ?? pageSize, argument)
      : isLeaf
        ? VALUE
        : plus(below, rule.points !== undefined ? 0 : 1);
    cost = plus(cost, rule.points ?? 0);
    if (rule.perEntry) cost = plus(cost, rule.perEntry.points * lengthAt(rule.perEntry.of, argument));
    if (rule.ifGiven && argument(rule.ifGiven.argument) !== undefined) cost = plus(cost, rule.ifGiven.points);
    if (rule.pointsPerDay) cost = { ...cost, perDay: cost.perDay + rule.pointsPerDay };
    if (rule.readsBuckets) cost = inBuckets(plusBucket(cost), argument("granularity"));
    return field.args.some((arg) => arg.name === "window") ? inWindow(cost, argument) : cost;
  }

  /** Returns how many fields of a selection have an alias, or an ancestor with one. */
  function repeatsIn(set: SelectionSetNode, isBelow = false): number {
    const counts = isBelow ? allFields : aliasedFields;
    const found = counts.get(set);
    if (found !== undefined) return found;
    let count = 0;
    for (const selection of set.selections) {
      if (isSkipped(selection, variables)) continue;
      const isField = selection.kind === Kind.FIELD;
      const isRepeat = isBelow || (isField && selection.alias !== undefined);
      if (isField && isRepeat) count += 1;
      const part = selection.kind === Kind.FIELD ? selection : fragmentAt(selection, fragments);
      if (part?.selectionSet) count += repeatsIn(part.selectionSet, isRepeat);
    }
    counts.set(set, count);
    return count;
  }

  /** Returns the price of the most expensive object type. */
  function highestCost(set: SelectionSetNode, type: GraphQLOutputType, pageSize?: number): Cost {
    const named = getNamedType(type);
    if (isObjectType(named)) return selectionCost(set, named, pageSize);
    if (!isAbstractType(named)) return FREE;
    return schema
      .getPossibleTypes(named)
      .map((each) => selectionCost(set, each, pageSize))
      .reduce(maximum, FREE);
  }
}

type Argument = (name: string) => unknown;

function inList(entry: Cost, entries: FieldCost["entries"], pageSize: number | undefined, argument: Argument): Cost {
  if (entries === "BUCKETS") return { ...FREE, perBucket: entry.fixed };
  if (entries === "DAYS") return { ...FREE, perDay: entry.fixed };
  const length =
    typeof entries === "object" ? lengthAt(entries.of, argument) : (entries ?? pageSize ?? DEFAULT_ENTRIES);
  return times(entry, Math.min(length, MAX.entries));
}

/** Returns the length of a page or list by its arguments; undefined if they do not bound it. */
function entriesOf(argument: Argument): number | undefined {
  const size = argument("first") ?? argument("last");
  if (size === undefined) return undefined;
  return typeof size === "number" && size >= 0 ? Math.min(size, MAX.entries) : DEFAULT_PAGE_SIZE;
}

function inBuckets({ perBucket, ...cost }: Cost, granularity: unknown): Cost {
  const rest = { ...cost, perBucket: 0 };
  if (granularity === "MONTH") return { ...rest, perMonth: cost.perMonth + perBucket };
  if (granularity === "DAY") return { ...rest, perDay: cost.perDay + perBucket };
  return { ...rest, perHour: cost.perHour + perBucket };
}

function inWindow({ fixed, values, perHour, perDay, perMonth }: Cost, argument: Argument): Cost {
  const { hours, days, months } = windowLength(argument);
  const inside =
    perHour * Math.min(hours, MAX.hours) + perDay * Math.min(days, MAX.days) + perMonth * Math.min(months, MAX.months);
  return { ...FREE, values, fixed: fixed + inside };
}

/** Hours, days and months that a window has at most. */
interface WindowLength {
  readonly hours: number;
  readonly days: number;
  readonly months: number;
}

/** Returns the length of a window as the client wrote it; 0 if it is invalid. */
function windowLength(argument: Argument): WindowLength {
  const window = argument("window");
  if (typeof window !== "object" || window === null) return lengthOf(0);
  const { last, month, named, range } = window as {
    last?: unknown;
    month?: unknown;
    named?: unknown;
    range?: { from?: unknown; to?: unknown };
  };
  // A day of another zone may have 25 hours.
  const [dayMs, monthDays] = [argument("timeZone") === "UTC" ? DAY_MS : DAY_MS + HOUR_MS, 31];
  if (typeof last === "string") {
    const { unit, count } = calendarDuration(last) ?? { unit: "HOUR", count: 0 };
    const units = count > 0 ? Math.ceil(count) + (argument("includeCurrent") === true ? 1 : 0) : 0;
    if (unit === "HOUR") return lengthOf(units * HOUR_MS);
    return unit === "DAY" ? lengthOf(units * DAY_MS, units * dayMs) : lengthOf(units * monthDays * DAY_MS);
  }
  if (named === "TODAY" || named === "YESTERDAY") return lengthOf(DAY_MS, dayMs);
  if (typeof month === "string" || typeof named === "string") return lengthOf(monthDays * DAY_MS);
  const [from, to] = [Date.parse(String(range?.from)), Date.parse(String(range?.to))];
  // A rounded range has every hour that it touches.
  return from < to ? lengthOf(to - from, ceilTo(to, HOUR_MS) - floorTo(from, HOUR_MS)) : lengthOf(0);
}

function lengthOf(lengthMs: number, hoursMs = lengthMs): WindowLength {
  const count = (unitMs: number, ofMs = lengthMs) => Math.ceil(ofMs / unitMs);
  return { hours: count(HOUR_MS, hoursMs), days: count(DAY_MS), months: count(28 * DAY_MS) };
}

/**
 * Returns the length of the list at a path such as `input.viewers`.
 *
 * 1 for a single value, which GraphQL accepts as a list.
 */
function lengthAt(path: string, argument: Argument): number {
  const [name = "", ...keys] = path.split(".");
  const value = keys.reduce<unknown>(
    (at, key) => (at as Record<string, unknown> | null | undefined)?.[key],
    argument(name),
  );
  return Array.isArray(value) ? value.length : 1;
}

/**
 * Returns an argument as the client wrote it, or its default.
 *
 * Undefined if there is neither, or if it is null.
 */
function argumentValue(
  field: GraphQLField<unknown, unknown>,
  { arguments: given }: FieldNode,
  name: string,
  variables: RawVariables,
): unknown {
  const definition = field.args.find((each) => each.name === name);
  if (!definition) return undefined;
  const node = given?.find((each) => each.name.value === name);
  const value = node && valueFromASTUntyped(node.value, variables);
  return value ?? definition.defaultValue ?? undefined;
}

function isSkipped({ directives }: SelectionNode, variables: RawVariables): boolean {
  if (!directives?.length) return false;
  return directives.some(({ name, arguments: given }) => {
    if (name.value !== "skip" && name.value !== "include") return false;
    const condition = given?.find((each) => each.name.value === "if");
    return condition !== undefined && valueFromASTUntyped(condition.value, variables) === (name.value === "skip");
  });
}

function withDefaults({ variableDefinitions = [] }: OperationDefinitionNode, variables: RawVariables): RawVariables {
  const defaults = variableDefinitions
    .filter(({ defaultValue }) => defaultValue)
    .map(({ variable, defaultValue }) => [variable.name.value, defaultValue && valueFromASTUntyped(defaultValue)]);
  return defaults.length === 0 ? variables : { ...Object.fromEntries(defaults), ...variables };
}

/** Adds a cost to a sum. */
function add(sum: { -readonly [Part in keyof Cost]: number }, cost: Cost): void {
  sum.fixed += cost.fixed;
  sum.values += cost.values;
  sum.perBucket += cost.perBucket;
  sum.perHour += cost.perHour;
  sum.perDay += cost.perDay;
  sum.perMonth += cost.perMonth;
}

function maximum(a: Cost, b: Cost): Cost {
  return combined(a, b, Math.max);
}

function times(cost: Cost, factor: number): Cost {
  return combined(cost, FREE, (each) => each * factor);
}

/** Returns the cost with the points of an object's leaf values in place of their number. */
function objectCost(cost: Cost): Cost {
  const { fixed, values } = cost;
  if (values === 0) return cost;
  return { ...cost, fixed: fixed + VALUE_POINTS * Math.max(values - FREE_VALUES, 0), values: 0 };
}

function plus(cost: Cost, points: number): Cost {
  return points === 0 ? cost : { ...cost, fixed: cost.fixed + points };
}

function plusBucket(cost: Cost): Cost {
  return { ...cost, perBucket: cost.perBucket + 1 };
}

function combined(a: Cost, b: Cost, by: (a: number, b: number) => number): Cost {
  return {
    fixed: by(a.fixed, b.fixed),
    values: by(a.values, b.values),
    perBucket: by(a.perBucket, b.perBucket),
    perHour: by(a.perHour, b.perHour),
    perDay: by(a.perDay, b.perDay),
    perMonth: by(a.perMonth, b.perMonth),
  };
}
