import { redacted } from "../model/secret.ts";

/**
 * Returns the label of an operation name. Clients choose the names, so only the first ones are labels of their own and all later
 * ones share `other`: memory and charts stay bounded.
 */
export type OperationNames = (name: string | null) => string;

/** Longer names are labelled `other`. */
const MAX_NAME_LENGTH = 64;

/** @param max distinct names, in addition to `anonymous` and `other` */
export function createOperationNames(max: number): OperationNames {
  const labels = new Set<string>();
  return (name) => {
    if (name === null) return "anonymous";
    if (labels.has(name)) return name;
    if (labels.size >= max || name.length > MAX_NAME_LENGTH || redacted(name) !== name) return "other";
    labels.add(name);
    return name;
  };
}
