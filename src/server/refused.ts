import { GraphQLError } from "graphql";
import { ApplicationError, type ErrorCode, type ErrorFacts } from "../model/errors.ts";

/** How a refusal looks in HTTP. */
export interface RefusalHttp {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A request that is not served: with a status of its own, whatever media type the client accepts. Throw it where yoga turns
 * what is thrown into an answer: while a request is read, parsed or executed.
 *
 * @param facts what the client may know to do better, such as the limit; plain JSON, never a secret
 */
export function refused(code: ErrorCode, message: string, http: RefusalHttp, facts: ErrorFacts = {}): GraphQLError {
  return new GraphQLError(message, {
    originalError: new ApplicationError(code, message, facts),
    extensions: { http },
  });
}
