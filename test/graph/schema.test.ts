import { readFile } from "node:fs/promises";
import * as graphql from "graphql";
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
} from "graphql";
import * as graphql15 from "graphql-15";
import * as graphql166 from "graphql-16-6";
import { describe, expect, it } from "vitest";
import { createSchema } from "../../src/schema/schema.ts";

const schema = createSchema();
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith("__"));

describe("the schema", () => {
  it("describes every type, field, argument and enum value", () => {
    const bare = types.flatMap((type) => {
      const members: [string, string | null | undefined][] = [[type.name, type.description]];
      if (isObjectType(type) || isInterfaceType(type)) {
        for (const field of Object.values(type.getFields())) {
          members.push([`${type.name}.${field.name}`, field.description]);
          for (const arg of field.args) members.push([`${type.name}.${field.name}(${arg.name}:)`, arg.description]);
        }
      }
      if (isInputObjectType(type)) {
        for (const field of Object.values(type.getFields()))
          members.push([`${type.name}.${field.name}`, field.description]);
      }
      if (isEnumType(type))
        for (const value of type.getValues()) members.push([`${type.name}.${value.name}`, value.description]);
      return members.flatMap(([name, description]) => (description?.trim() ? [] : [name]));
    });
    expect(bare).toEqual([]);
  });

  it("is the one that is committed, after a definition of `@oneOf`", async () => {
    const committed = await readFile("schema/schema.graphql", "utf8");
    const [definition = "", ...types] = committed.split(/(?<=\ndirective @oneOf on INPUT_OBJECT\n\n)/);
    expect(definition).toContain("directive @oneOf on INPUT_OBJECT");
    expect(types.join("")).toBe(`${printSchema(lexicographicSortSchema(schema))}\n`);
  });

  it.each([
    ["15", graphql15],
    ["16.6", graphql166],
    ["of this gateway", graphql],
  ])(
    "is built from its SDL by graphql-js %s, with all types and valid",
    async (_version, { buildSchema, validateSchema }) => {
      const built = buildSchema(await readFile("schema/schema.graphql", "utf8"));
      expect(validateSchema(built as never)).toEqual([]);
      expect(Object.keys(built.getTypeMap())).toEqual(expect.arrayContaining(types.map(({ name }) => name)));
      expect(built.getDirectives().filter(({ name }) => name === "oneOf")).toHaveLength(1);
    },
  );

  it("gives every mutation a payload with userErrors, and none takes the page down", () => {
    for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      expect(field.type.toString(), field.name).toMatch(/Payload$/);
      const payload = schema.getType(field.type.toString());
      expect(isObjectType(payload) && payload.getInterfaces().map(({ name }) => name), field.name).toEqual([
        "MutationPayload",
      ]);
    }
  });

  it("gives every mutation one argument, `input`, which is required", () => {
    const fields = Object.values(schema.getMutationType()?.getFields() ?? {});
    expect(fields.length).toBeGreaterThan(40);
    for (const { name, args } of fields) {
      expect
        .soft(
          args.map((arg) => arg.name),
          name,
        )
        .toEqual(["input"]);
      expect.soft(args[0]?.type.toString(), name).toMatch(/^\w+Input!$/);
    }
  });

  it("lets a field that needs the platform fail alone: every root field but what is our own is nullable", () => {
    const nonNull = Object.values(schema.getQueryType()?.getFields() ?? {})
      .filter(({ type }) => type.toString().endsWith("!"))
      .map(({ name }) => name);
    // The list of nodes is whole; its items are nullable.
    expect(nonNull.toSorted()).toEqual(["limits", "me", "nodes", "protocolInfo"]);
  });

  it("has no type or field with a name of the REST APIs' shapes", () => {
    const names = types.flatMap((type) => [
      type.name,
      ...(isObjectType(type) ? Object.keys(type.getFields()) : []),
      ...(isInputObjectType(type) ? Object.keys(type.getFields()) : []),
    ]);
    expect(
      names.filter((name) =>
        /subscribeRequiresAuth|itemsOnPage|effectiveSettings|addedOn|expiresOn|Model\d?$/.test(name),
      ),
    ).toEqual([]);
  });
});
