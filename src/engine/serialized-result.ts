/** Result of an operation. */
export interface SerializedResult {
  /** JSON text; absent if nothing was executed. */
  readonly data?: string;
  /** A FieldFailure for each field that failed, or an error of the whole operation. */
  readonly errors?: readonly unknown[];
  /** Whether all of its fields are cacheable, see `cacheability.ts`. */
  readonly isCacheable?: boolean;
}

/** JSON text of null. */
export const NULL = "null";

/**
 * Returns the JSON text of a serialized leaf value.
 *
 * A Date with a property `json` is written as that text.
 */
export function toJson(value: unknown): string {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : NULL;
  if (value instanceof Date) return (value as { readonly json?: string }).json ?? `"${value.toISOString()}"`;
  return JSON.stringify(value);
}
