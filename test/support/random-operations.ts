import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from "graphql";

/** Values of random arguments: the caller's own, those of others, and unknown ones. */
export interface Pools {
  readonly ids: readonly string[];
  readonly tokenIds: readonly number[];
  readonly streamNames: readonly string[];
  readonly trackingIds: readonly string[];
  /** Texts for any other argument: viewer tokens, labels, patterns, nonsense. */
  readonly texts: readonly string[];
  /** Durations of windows. */
  readonly lasts: readonly string[];
}

/** A source of numbers that gives the same ones for the same seed: mulberry32. From 0 to 1, without 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Makes documents that fit the schema, of one operation each: queries mostly, mutations now and then. */
export function createRandomOperations(schema: GraphQLSchema, pools: Pools, random: () => number): () => string {
  const any = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const chance = (share: number) => random() < share;

  const text = (name: string): string => {
    if (/streamName|^name$|nameContains/i.test(name)) return any(pools.streamNames);
    if (/trackingId/i.test(name)) return any(pools.trackingIds);
    return any(chance(0.5) ? pools.texts : [...pools.streamNames, ...pools.trackingIds]);
  };

  const scalar = (type: GraphQLNamedType, name: string): string => {
    if (isEnumType(type)) return any(type.getValues()).name;
    switch (type.name) {
      case "ID":
        return JSON.stringify(any(chance(0.8) ? pools.ids : pools.texts));
      case "Int":
      case "SafeInt":
        return String(/tokenId/i.test(name) ? any(pools.tokenIds) : any([1, 2, 5, 20]));
      case "Float":
        return any(["50", "95"]);
      case "Boolean":
        return any(["true", "false"]);
      case "CountryCode":
        return JSON.stringify(any(["GB", "DE", "US"]));
      case "Duration":
        return JSON.stringify(any(pools.lasts));
      case "TimeZone":
        return JSON.stringify(any(["UTC", "Europe/Berlin"]));
      case "DateTime":
        return JSON.stringify(any(["2026-03-18T08:00:00Z", "2026-03-18T10:00:00Z", "2026-03-20T00:00:00Z"]));
      default:
        return JSON.stringify(text(name));
    }
  };

  const input = (declared: GraphQLInputType, name: string): string => {
    const type = getNullableType(declared);
    if (isListType(type)) {
      return `[${Array.from({ length: any([1, 1, 2]) }, () => input(type.ofType, name)).join(", ")}]`;
    }
    if (!isInputObjectType(type)) return scalar(getNamedType(type), name);
    const fields = Object.values(type.getFields());
    const chosen = type.isOneOf
      ? [any(fields)]
      : fields.filter((field: GraphQLInputField) => isRequiredInputField(field) || chance(0.3));
    return `{ ${chosen.map((field) => `${field.name}: ${input(field.type, field.name)}`).join(", ")} }`;
  };

  const args = (declared: readonly GraphQLArgument[]): string => {
    const chosen = declared.filter((argument) => isRequiredArgument(argument) || chance(0.25));
    if (chosen.length === 0) return "";
    return `(${chosen.map(({ name, type }) => `${name}: ${input(type, name)}`).join(", ")})`;
  };

  let aliases = 0;
  const selection = (type: GraphQLNamedType, depth: number): string => {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const leaves = fields.filter((field) => !isComposite(field));
    const branches = depth > 0 ? fields.filter(isComposite) : [];
    const chosen = [
      ...leaves.filter(() => chance(0.6)),
      ...(branches.length > 0 ? Array.from({ length: any([1, 1, 2]) }, () => any(branches)) : []),
    ];
    const parts = chosen.map((field) => selected(field, depth - 1));
    if (isAbstractType(type)) {
      const member = any(schema.getPossibleTypes(type)) as GraphQLObjectType;
      parts.push(`... on ${member.name} ${selection(member, depth - 1)}`);
    }
    return `{ __typename ${parts.join(" ")} }`;
  };

  /** Under an alias of its own, so that no two selections stand in each other's way. */
  const selected = (field: GraphQLField<unknown, unknown>, depth: number): string => {
    aliases += 1;
    const call = `f${aliases}: ${field.name}${args(field.args)}`;
    return isComposite(field) ? `${call} ${selection(getNamedType(field.type), depth)}` : call;
  };

  const queries = Object.values(schema.getQueryType()?.getFields() ?? {});
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
  return () => {
    const isMutation = chance(0.15);
    const depth = any([2, 3, 4]);
    const roots = Array.from({ length: any([1, 1, 2]) }, () => any(isMutation ? mutations : queries));
    aliases = 0;
    const fields = roots.map((field) => selected(field, depth));
    return `${isMutation ? "mutation" : "query"} { ${fields.join(" ")} }`;
  };
}

function isComposite(field: GraphQLField<unknown, unknown>): boolean {
  const type = getNamedType(field.type);
  return isObjectType(type) || isAbstractType(type);
}
