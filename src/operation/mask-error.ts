import { type FieldNode, GraphQLError, getLocation, type ResponsePath } from "graphql";
import { FieldFailure } from "../engine/error-collector.ts";
import { ResponseLimitError } from "../limits/unsent-responses.ts";
import { ApplicationError, type ErrorCode } from "../model/errors.ts";
import { withoutSecrets } from "../model/secret.ts";
import { type HttpErrorInit, httpOfResponseLimit, INTERNAL_ERROR_MESSAGE, RequestError } from "./request-error.ts";

/** Called with an error that the client must not read. */
export type OnInternalError = (error: unknown) => void;

/** An error as the client may read it. */
export interface ShownError {
  readonly code: string;
  /** The error in JSON, as the response has it. */
  readonly json: string;
  /** Status and headers that the error gives the response; null if it changes neither. */
  readonly http: ShownHttp | null;
}

export interface ShownHttp extends HttpErrorInit {
  /** Whether the status is from the specification of GraphQL over HTTP, which `application/json` does not follow. */
  readonly spec?: boolean;
}

/**
 * Masks errors. An error of the API keeps its code and facts. An error in the client's document or variables has a code, and none of
 * the values that the client wrote, which may be secrets. Any other error is internal: it is logged, and the client reads a fixed
 * message.
 */
export interface Errors {
  /** Returns the error as the client may read it. */
  show(error: unknown, isForPartner?: boolean): ShownError;
  /**
   * Returns the first `max` errors as the client may read them.
   *
   * Internal errors among the rest are logged as well.
   */
  showFirst(errors: readonly unknown[], max: number, isForPartner?: boolean): readonly ShownError[];
  /** Returns the error as yoga takes it. */
  mask(error: unknown): GraphQLError;
}

/** Returns the JSON text of errors, comma-separated. */
export function serializeErrors(errors: readonly ShownError[]): string {
  return errors.map(({ json }) => json).join(",");
}

export function createErrors(onInternalError: OnInternalError): Errors {
  /** An error page has many errors at few fields. */
  const locations = new WeakMap<readonly FieldNode[], string>();
  /** Consecutive errors often have one cause: a call that served several fields. */
  let last: {
    readonly cause: ApplicationError;
    readonly isForPartner: boolean;
    readonly message: string;
    readonly extensions: string;
  } | null = null;

  const locationsOf = (nodes: readonly FieldNode[]): string => {
    const cached = locations.get(nodes);
    if (cached !== undefined) return cached;
    const text = locationsText(nodes);
    locations.set(nodes, text);
    return text;
  };
  const showAtField = (cause: ApplicationError, { nodes, path }: FieldFailure, isForPartner: boolean): ShownError => {
    if (last?.cause !== cause || last.isForPartner !== isForPartner) {
      const face = isForPartner ? cause.faceForPartners : cause;
      const extensions = JSON.stringify({ code: cause.code, ...face.facts });
      last = { cause, isForPartner, message: JSON.stringify(face.message), extensions };
    }
    const { message, extensions } = last;
    const json = `{"message":${message}${locationsOf(nodes)},"path":${pathText(path)},"extensions":${extensions}}`;
    return { code: cause.code, json, http: null };
  };
  const show = (error: unknown, isForPartner = false): ShownError => {
    if (error instanceof FieldFailure) {
      const { cause } = error;
      if (cause instanceof ApplicationError && !(cause instanceof RequestError))
        return showAtField(cause, error, isForPartner);
      return show(error.located(), isForPartner);
    }
    const { message, extensions, http } = report(error, onInternalError, isForPartner);
    const { locations, path } = locationOf(error);
    const json = JSON.stringify({ message, locations, path, extensions });
    return { code: String(extensions["code"]), json, http };
  };
  return {
    show,
    showFirst: (errors, max, isForPartner) => {
      for (const error of errors.slice(max)) {
        const cause = error instanceof FieldFailure ? error.cause : error;
        if (!(cause instanceof ApplicationError))
          report(error instanceof FieldFailure ? error.located() : error, onInternalError);
      }
      return errors.slice(0, max).map((error) => show(error, isForPartner));
    },
    mask: (error) => {
      const { message, extensions, http } = report(error, onInternalError);
      const { nodes = null, source = null, positions = null, path = null } = error instanceof GraphQLError ? error : {};
      return new GraphQLError(message, {
        nodes,
        source,
        positions,
        path,
        extensions: { ...extensions, ...(http && { http }) },
      });
    },
  };
}

interface ReportedError {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly http: ShownHttp | null;
}

/** Returns what the client may read of an error, and logs an internal one. */
function report(error: unknown, onInternalError: OnInternalError, isForPartner = false): ReportedError {
  const cause = deepestCause(error);
  if (cause instanceof ApplicationError) {
    const { message, facts } = isForPartner ? cause.faceForPartners : cause;
    return { message, extensions: { code: cause.code, ...facts }, http: httpOf(error, cause) };
  }
  if (error instanceof GraphQLError && cause instanceof GraphQLError && !isInternal(error)) {
    const { http: _, ...extensions } = error.extensions;
    return {
      message: redactedMessage(error.message),
      extensions: { ...extensions, code: codeOf(error) },
      http: httpOf(error, cause),
    };
  }
  onInternalError(cause);
  return {
    message: INTERNAL_ERROR_MESSAGE,
    extensions: { code: "INTERNAL_SERVER_ERROR" },
    http: null,
  };
}

/** Returns the status and headers for yoga, which removes them from the error, and answers 500 without them. */
function httpOf(error: unknown, cause: unknown): ShownHttp | null {
  if (cause instanceof RequestError) return cause.http;
  if (cause instanceof ResponseLimitError) return httpOfResponseLimit(cause);
  const http = error instanceof GraphQLError ? error.extensions["http"] : undefined;
  return (http as ShownHttp | undefined) ?? null;
}

function locationOf(error: unknown): Pick<GraphQLError, "locations" | "path"> {
  if (!(error instanceof GraphQLError)) return { locations: undefined, path: undefined };
  return { locations: error.locations, path: error.path };
}

/** Returns the locations of fields as graphql-js writes them; empty for fields of no document. */
function locationsText(nodes: readonly FieldNode[]): string {
  const found = nodes.flatMap(({ loc }) => (loc ? [getLocation(loc.source, loc.start)] : []));
  return found.length === 0 ? "" : `,"locations":${JSON.stringify(found)}`;
}

/** Returns the path as a list in JSON. Names of fields need no escapes. */
function pathText(path: ResponsePath): string {
  let text = "]";
  for (let at: ResponsePath | undefined = path; at !== undefined; at = at.prev) {
    const { key, prev } = at;
    text = `${prev === undefined ? "[" : ","}${typeof key === "number" ? key : `"${key}"`}${text}`;
  }
  return text;
}

/**
 * Returns the error that was thrown.
 *
 * graphql-js wraps errors of resolvers, and errors of scalars twice.
 */
function deepestCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

/**
 * Returns whether graphql-js rejected a value that a resolver returned.
 *
 * Such an error has a path and no original error.
 */
function isInternal({ path, message }: GraphQLError): boolean {
  return path !== undefined && /cannot represent|Cannot return null|must be an instance/.test(message);
}

function codeOf({ extensions }: GraphQLError): ErrorCode {
  const code = extensions["code"];
  if (code === "GRAPHQL_PARSE_FAILED" || code === "GRAPHQL_VALIDATION_FAILED") return code;
  return code === "BAD_REQUEST" ? code : "INVALID_INPUT";
}

/** Returns the message of graphql-js without the values that it quotes, since a client may have pasted a secret. */
function redactedMessage(message: string): string {
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
