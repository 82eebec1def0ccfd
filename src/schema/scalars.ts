import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from "graphql";
import { GraphQLCountryCode, GraphQLDateTime, GraphQLDuration, GraphQLSafeInt, GraphQLTimeZone } from "graphql-scalars";
import { builder } from "./builder.ts";

builder.addScalarType("DateTime", GraphQLDateTime, {
  description: "An instant in UTC, as RFC 3339: `2026-03-01T00:00:00Z`. Offsets are accepted and turned into UTC.",
});

builder.addScalarType("Duration", GraphQLDuration, {
  description:
    "A length of time, as ISO 8601: `PT24H`, `P7D`, `P1M`. Days and months are those of a calendar, so their hours vary.",
});

builder.addScalarType("TimeZone", GraphQLTimeZone, {
  description: "A time zone by its IANA name: `Europe/Berlin`, `UTC`.",
});

builder.addScalarType("SafeInt", GraphQLSafeInt, {
  description:
    "A whole number of up to 2^53 - 1, always a JSON number. Every whole number of the platform is one: `Int` ends at 2^31 - 1, and one larger number would make a whole list null.",
});

/** Serialized as text: sums exceed 2^53, where JSON numbers lose digits in most clients. */
export const Bytes = new GraphQLScalarType<bigint, string>({
  name: "Bytes",
  description:
    'An exact count of bytes, always a decimal string such as `"1500000000"`: sums pass 2^53, where JSON numbers lose digits.',
  serialize: (value) => {
    if (typeof value !== "bigint") throw new TypeError("Bytes are bigints");
    return value.toString();
  },
});
builder.addScalarType("Bytes", Bytes);

/** Serialized as text, like {@link Bytes}. */
export const Decimal = new GraphQLScalarType<string, string>({
  name: "Decimal",
  description: 'An exact decimal number, always a string such as `"12.5"`.',
  serialize: (value) => {
    if (typeof value !== "string") throw new TypeError("Decimals are texts");
    return value;
  },
});
builder.addScalarType("Decimal", Decimal);

/** Accepts ISO codes from clients; serializes the platform's texts as they are. */
export const CountryCode = new GraphQLScalarType<string, string>({
  name: "CountryCode",
  description: "A country by its ISO 3166-1 alpha-2 code: `GB` for the United Kingdom, `DE` for Germany.",
  serialize: String,
  parseValue: (value) => countryCode(value),
  parseLiteral: (node) => countryCode(node.kind === Kind.STRING ? node.value : null, node),
});
builder.addScalarType("CountryCode", CountryCode);

function countryCode(value: unknown, node: ValueNode | null = null): string {
  try {
    const country = GraphQLCountryCode.parseValue(value);
    // The platform accepts capital letters alone.
    if (country === country.toUpperCase()) return country;
  } catch {
    // Reported below.
  }
  const rule = "A country must be an ISO 3166-1 alpha-2 code in capital letters, such as GB for the United Kingdom.";
  throw new GraphQLError(rule, { nodes: node });
}
