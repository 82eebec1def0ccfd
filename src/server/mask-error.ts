import { GraphQLError } from "graphql";
import { ApplicationError, type ErrorCode } from "../model/errors.ts";
import { withoutSecrets } from "../model/secret.ts";

/** Told of faults that the client learns nothing of. */
export type OnFault = (error: unknown) => void;

/**
 * What a client may read of a failure. Failures that are part of the API come with their code and facts; a client's own
 * mistakes in the document come with a code, and without the values that it wrote, which may be secrets; anything else is
 * a fault of ours, told to the log and not to the client.
 */
export function createMaskError(onFault: OnFault) {
  return (error: unknown): GraphQLError => {
    const cause = deepestCause(error);
    if (cause instanceof ApplicationError) {
      return rewritten(error, cause.message, { code: cause.code, ...cause.facts, ...httpOf(error) });
    }
    if (error instanceof GraphQLError && cause instanceof GraphQLError && !isServersOwn(error)) {
      return rewritten(error, clientsMistake(error.message), { ...error.extensions, code: codeOf(error) });
    }
    onFault(cause);
    return rewritten(error, "The gateway failed. The fault has been logged.", { code: "INTERNAL_SERVER_ERROR" });
  };
}

/** How yoga is to answer; it takes this out before the client reads the error, and answers 500 where it is lost. */
function httpOf(error: unknown): Record<string, unknown> {
  const http = error instanceof GraphQLError ? error.extensions["http"] : undefined;
  return http ? { http } : {};
}

/** graphql-js wraps what a resolver throws, and wraps scalars' errors twice. */
function deepestCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

/** An error without another behind it that stands at a field is graphql-js refusing a value that we returned. */
function isServersOwn({ path, message }: GraphQLError): boolean {
  return path !== undefined && /cannot represent|Cannot return null|must be an instance/.test(message);
}

function codeOf({ extensions }: GraphQLError): ErrorCode {
  const code = extensions["code"];
  if (code === "GRAPHQL_PARSE_FAILED" || code === "GRAPHQL_VALIDATION_FAILED") return code;
  return code === "BAD_REQUEST" ? code : "INVALID_INPUT";
}

/** The message of graphql-js without the values that it quotes: a secret may have been pasted into the wrong place. */
function clientsMistake(message: string): string {
  const [, variable] = /^Variable "\$(\w+)" got invalid value /.exec(message) ?? [];
  if (variable === undefined) return withoutSecrets(withoutValue(message));
  const place = / at "([^"]*)"; /.exec(message)?.[1];
  const rule = withoutValue(message.slice(message.lastIndexOf("; ") + 2));
  return withoutSecrets(`Variable "$${variable}" got an invalid value${place ? ` at "${place}"` : ""}: ${rule}`);
}

function withoutValue(message: string): string {
  return message
    .replace(/^(Syntax Error: Unexpected \S+) ".*$/s, "$1.")
    .replace(/^Value ".*" does not exist in/s, "The value does not exist in")
    .replace(/(cannot represent an invalid \S+) .*$/s, "$1.")
    .replace(/(cannot represent[^:]*|is not a valid[^:]*): .*$/s, "$1.")
    .replace(/, (found|but got|received) .*$/s, ".");
}

function rewritten(error: unknown, message: string, extensions: Readonly<Record<string, unknown>>): GraphQLError {
  if (!(error instanceof GraphQLError)) return new GraphQLError(message, { extensions });
  const { nodes = null, source = null, positions = null, path = null } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}
