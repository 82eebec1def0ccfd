import type { TokenRecord } from "../../model/token/token.ts";
import type { OutputFields, Payload } from "../payload.ts";

/** Returns the payload field with the secret of a token that was created or rotated. */
export const secretField = <Token extends TokenRecord>(
  t: OutputFields<Payload & { readonly token?: Token }>,
  description: string,
) => ({
  secret: t.string({
    nullable: true,
    description,
    resolve: ({ token }) => token?.secret.reveal() ?? null,
  }),
});
