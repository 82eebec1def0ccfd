import { builder } from "./builder.ts";
import { UserError, type UserErrorShape, userErrors } from "./errors.ts";

/** The part that all payloads share: why something was not changed. */
export interface Payload {
  readonly userErrors: readonly UserErrorShape[];
}

type ObjectOptions<Shape> = Parameters<ReturnType<typeof builder.objectRef<Shape>>["implement"]>[0];

/** The field builder that Pothos passes to `fields` of an object type, for fields that several payloads share. */
export type OutputFields<Shape> = Parameters<NonNullable<ObjectOptions<Shape>["fields"]>>[0];

/** The interface of all payloads. */
export const MutationPayload = builder.interfaceRef<Payload>("MutationPayload").implement({
  description: "The result of a mutation: the changed objects, and why something was not changed.",
  fields: (t) => ({
    userErrors: t.field({
      type: [UserError],
      description: "Failures that the caller can act on; empty after a complete success.",
      resolve: ({ userErrors }) => [...userErrors],
    }),
  }),
});

/**
 * Runs a mutation and returns its payload. A failure that a client may read becomes `userErrors`, and the other mutations
 * of the request go on; any other failure is thrown again.
 *
 * @param run may return `userErrors` itself, for parts that failed while others succeeded
 */
export async function payload<Result extends object>(run: () => Promise<Result>): Promise<Partial<Result> & Payload> {
  try {
    return { userErrors: [], ...(await run()) };
  } catch (error) {
    return { ...({} as Partial<Result>), userErrors: userErrors(error) };
  }
}
