import graphql from "@graphql-eslint/eslint-plugin";

const { configs, parser } = graphql;
const SCHEMA = "schema/schema.graphql";

/**
 * Applies every rule for schemas and those of Relay to the SDL; each exception states its reason.
 *
 * ESLint checks the graph alone. package.json pins a library of it: see docs/dependencies.md.
 */
export default [
  {
    files: [SCHEMA],
    languageOptions: { parser, parserOptions: { graphQLConfig: { schema: SCHEMA } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...configs["flat/schema-all"].rules,
      ...configs["flat/schema-relay"].rules,

      // More than by default: every part of the graph is described.
      "@graphql-eslint/require-description": [
        "error",
        {
          types: true,
          rootField: true,
          DirectiveDefinition: true,
          EnumValueDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
        },
      ],

      // The SDL is printed in order by codegen, which puts capitals first and `id` among the others.
      "@graphql-eslint/alphabetize": "off",
      // Lists of a few values, such as the tracks of a feed, have no pages; what can grow is a connection.
      // Two connections are of values: findings, and the usage of a partner by stream, which are not fetched one by one.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
      // The platform lists viewer records and media in one direction: these connections have `first` and `after` alone.
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
      // What can be fetched again is a Node and has an `id`; figures, pages and payloads are values.
      "@graphql-eslint/strict-id-in-types": "off",
      // `id` is the graph's, so the platform's own ids are `streamId`, `tokenId` and so on, as its documents name them.
      "@graphql-eslint/no-typename-prefix": "off",
      // Every mutation takes one argument, `input`. Mutations with the same fields share the type of it.
      "@graphql-eslint/input-name": ["error", { checkInputType: false }],
      // There are mutations.
      "@graphql-eslint/no-root-type": "off",
      // Payloads tell what was changed. A way from there to all else would let one change read without end.
      "@graphql-eslint/require-field-of-type-query-in-mutation-result": "off",
      // `me` and `limits` need no call and never fail; `nodes` holds its nulls itself. What needs a call is nullable.
      "@graphql-eslint/require-nullable-result-in-root": "off",
    },
  },
];
