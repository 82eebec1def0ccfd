import { builder } from "./builder.ts";
import { UserError, type UserErrorShape, userErrors } from "./errors.ts";

/** What every mutation answers with: what was changed, or why it was not. */
export interface Payload {
  readonly userErrors: readonly UserErrorShape[];
}

/** The interface of all payloads. */
export const MutationPayload = builder.interfaceRef<Payload>("MutationPayload").implement({
  description: "What every mutation answers with, beside what it changed.",
  fields: (t) => ({
    userErrors: t.field({
      type: [UserError],
      description: "What the caller can act on; empty when all went well.",
      resolve: ({ userErrors }) => [...userErrors],
    }),
  }),
});

/**
 * Runs a mutation: failures that a client may read become `userErrors` in its payload, and the other mutations of the
 * request go on. Faults of ours are thrown on.
 */
export async function payload<Result extends object>(run: () => Promise<Result>): Promise<Partial<Result> & Payload> {
  try {
    return { ...(await run()), userErrors: [] };
  } catch (error) {
    return { ...({} as Partial<Result>), userErrors: userErrors(error) };
  }
}
