import { invalidArgument } from "../model/errors.ts";
import type { builder } from "./builder.ts";

/** The field builder that Pothos passes to `fields` of an input type, for fields that several inputs share. */
export type InputFields = Parameters<Parameters<typeof builder.inputType>[1]["fields"]>[0];

/** An input whose optional fields are never null. */
type WithoutNulls<Input> = { readonly [Field in keyof Input]: Exclude<Input[Field], null> };

/** Returns the input without the fields that are null: a client may write null for a field that it leaves out. */
export function omitNulls<Input extends object>(input: Input): WithoutNulls<Input> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null)) as WithoutNulls<Input>;
}

/** Checks that an input changes something. @throws InvalidInputError when every field is left out */
export function assertAnyChange(changes: object): void {
  if (Object.values(changes).some((value) => value !== undefined)) return;
  throw invalidArgument("input", "must name at least one change; got none");
}
