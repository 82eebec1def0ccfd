import { redacted } from "../model/secret.ts";

/**
 * The names of operations by which requests are counted apart. Clients choose them, so only the first ones have a figure of
 * their own and all others share one: whoever makes up new names takes neither memory nor a place in the charts.
 */
export type OperationNames = (name: string | null) => string;

/** Longer ones are no names that anybody reads. */
const MAX_NAME_LENGTH = 64;

/** @param max how many names are told apart, beside `anonymous` and `other` */
export function createOperationNames(max: number): OperationNames {
  const known = new Set<string>();
  return (name) => {
    if (name === null) return "anonymous";
    if (known.has(name)) return name;
    if (known.size >= max || name.length > MAX_NAME_LENGTH || redacted(name) !== name) return "other";
    known.add(name);
    return name;
  };
}
