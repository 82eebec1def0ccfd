import { isEnumType, isInputObjectType, isInterfaceType, isObjectType } from "graphql";
import { describe, expect, it } from "vitest";
import { createSchema } from "../../src/schema/schema.ts";

interface Described {
  readonly coordinate: string;
  readonly description: string;
  readonly isEnumValue: boolean;
}

const MIN_LENGTH = 20;

/** Returns everything in the schema that clients see a description of. */
function described(): Described[] {
  const schema = createSchema();
  const found: Described[] = [];
  const add = (coordinate: string, description: string | null | undefined, isEnumValue = false) =>
    found.push({ coordinate, description: description ?? "", isEnumValue });
  for (const type of Object.values(schema.getTypeMap())) {
    const isBuiltIn = type.name.startsWith("__") || ["String", "Int", "Float", "Boolean", "ID"].includes(type.name);
    if (isBuiltIn) continue;
    add(type.name, type.description);
    if (isEnumType(type)) {
      for (const value of type.getValues()) add(`${type.name}.${value.name}`, value.description, true);
    }
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) add(`${type.name}.${field.name}`, field.description);
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        add(`${type.name}.${field.name}`, field.description);
        for (const argument of field.args) {
          add(`${type.name}.${field.name}(${argument.name}:)`, argument.description);
        }
      }
    }
  }
  return found;
}

const words = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .trim();

/** Returns the rules that the description breaks. */
function brokenRules({ coordinate, description, isEnumValue }: Described): string[] {
  const name = words(coordinate.split(".").at(-1) ?? "");
  return [
    ...(/^(It|Its|That|Those|What|Of|The same)\b/.test(description) ? ["opens with a pronoun"] : []),
    ...(description.length < MIN_LENGTH ? [`is shorter than ${MIN_LENGTH} characters`] : []),
    ...(isEnumValue && words(description).replace(/^(an?|the) /, "") === name ? ["repeats the name of the value"] : []),
  ];
}

describe("the descriptions of the schema", () => {
  it("name their subject, say enough to stand alone, and tell more than a name", () => {
    const broken = described().filter((each) => brokenRules(each).length > 0);
    expect(described().length).toBeGreaterThan(1_500);
    expect(broken.map((each) => `${each.coordinate} ${brokenRules(each).join(", ")}: ${each.description}`)).toEqual([]);
  });

  it("promise no field, argument or value that does not exist", () => {
    const schema = createSchema();
    const names = new Set(
      Object.values(schema.getTypeMap()).flatMap((type) => [
        type.name,
        ...(isEnumType(type) ? type.getValues().map(({ name }) => name) : []),
        ...(isInputObjectType(type) ? Object.keys(type.getFields()) : []),
        ...(isObjectType(type) || isInterfaceType(type)
          ? Object.values(type.getFields()).flatMap(({ name, args }) => [name, ...args.map((arg) => arg.name)])
          : []),
      ]),
    );
    // Names of the SDKs, of JWTs and of the response beside the data.
    const foreign = new Set(["multiplexedAudioTracks", "subscriberToken", "mediaKeyId", "omittedErrors", "isForStaff"]);
    const promised = described().flatMap(({ coordinate, description }) =>
      [...description.matchAll(/`([^`]+)`/g)].flatMap(([, code = ""]) =>
        [...code.matchAll(/\b[a-z]+[A-Z]\w*/g)].map(([name]) => ({ coordinate, name })),
      ),
    );
    expect(promised.length).toBeGreaterThan(100);
    expect(promised.filter(({ name }) => !names.has(name) && !foreign.has(name))).toEqual([]);
  });

  it("are checked by rules that reject a pronoun, a fragment and a repeated name", () => {
    const value = { coordinate: "Color.DARK_RED", isEnumValue: true };
    expect(brokenRules({ ...value, description: "Its color is a dark red." })).toEqual(["opens with a pronoun"]);
    expect(brokenRules({ ...value, description: "Dark red." })).toHaveLength(2);
    expect(brokenRules({ ...value, description: "A red with little light in it." })).toEqual([]);
  });
});
