import { type FieldNode, GraphQLError, getLocation, type ResponsePath } from "graphql";
import { FieldFailure } from "../engine/execution.ts";
import { ResponseLimitError } from "../limits/unsent-responses.ts";
import { ApplicationError, type ErrorCode } from "../model/errors.ts";
import { withoutSecrets } from "../model/secret.ts";
import { type HttpErrorInit, httpOfResponseLimit, Refusal } from "./request-error.ts";

/** Told of faults that the client learns nothing of. */
export type OnInternalError = (error: unknown) => void;

/** What a client may read of a failure. */
export interface ShownError {
  readonly code: string;
  /** The error as the answer has it, in JSON. */
  readonly json: string;
  /** How it changes the status and the headers of the answer; null where it does not. */
  readonly http: ShownHttp | null;
}

export interface ShownHttp extends HttpErrorInit {
  /** Whether the status is that of the specification of GraphQL over HTTP, which `application/json` does not follow. */
  readonly spec?: boolean;
}

/**
 * Writes what a client may read of failures. Failures that are part of the API come with their code and facts; a client's own
 * mistakes in the document come with a code, and without the values that it wrote, which may be secrets; anything else is a
 * fault of ours, told to the log and not to the client.
 */
export interface Errors {
  /** The failure as text. */
  show(error: unknown, isForPartner?: boolean): ShownError;
  /** The first so many of them as text. Faults of ours among the others are told to the log as well. */
  showFirst(errors: readonly unknown[], most: number, isForPartner?: boolean): readonly ShownError[];
  /** The failure as yoga takes it. */
  mask(error: unknown): GraphQLError;
}

export function createErrors(onFault: OnInternalError): Errors {
  /** Each error of a failing page stands at one of few fields, */
  const locations = new WeakMap<readonly FieldNode[], string>();
  /** and behind ten of them is one call. */
  let last: {
    readonly cause: ApplicationError;
    readonly isForPartner: boolean;
    readonly message: string;
    readonly extensions: string;
  } | null = null;

  const locationsOf = (nodes: readonly FieldNode[]): string => {
    const known = locations.get(nodes);
    if (known !== undefined) return known;
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
      if (cause instanceof ApplicationError && !(cause instanceof Refusal))
        return showAtField(cause, error, isForPartner);
      return show(error.located(), isForPartner);
    }
    const { message, extensions, http } = told(error, onFault, isForPartner);
    const { locations, path } = placeOf(error);
    const json = JSON.stringify({ message, locations, path, extensions });
    return { code: String(extensions["code"]), json, http };
  };
  return {
    show,
    showFirst: (errors, most, isForPartner) => {
      for (const error of errors.slice(most)) {
        const cause = error instanceof FieldFailure ? error.cause : error;
        if (!(cause instanceof ApplicationError))
          told(error instanceof FieldFailure ? error.located() : error, onFault);
      }
      return errors.slice(0, most).map((error) => show(error, isForPartner));
    },
    mask: (error) => {
      const { message, extensions, http } = told(error, onFault);
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

function told(error: unknown, onFault: OnInternalError, isForPartner = false): ReportedError {
  const cause = deepestCause(error);
  if (cause instanceof ApplicationError) {
    const { message, facts } = isForPartner ? cause.faceForPartners : cause;
    return { message, extensions: { code: cause.code, ...facts }, http: httpOf(error, cause) };
  }
  if (error instanceof GraphQLError && cause instanceof GraphQLError && !isServersOwn(error)) {
    const { http: _, ...extensions } = error.extensions;
    return {
      message: clientsMistake(error.message),
      extensions: { ...extensions, code: codeOf(error) },
      http: httpOf(error, cause),
    };
  }
  onFault(cause);
  return {
    message: "The gateway failed. The fault has been logged.",
    extensions: { code: "INTERNAL_SERVER_ERROR" },
    http: null,
  };
}

/** How yoga is to answer; it takes this out before the client reads the error, and answers 500 where it is lost. */
function httpOf(error: unknown, cause: unknown): ShownHttp | null {
  if (cause instanceof Refusal) return cause.http;
  if (cause instanceof ResponseLimitError) return httpOfResponseLimit(cause);
  const http = error instanceof GraphQLError ? error.extensions["http"] : undefined;
  return (http as ShownHttp | undefined) ?? null;
}

function placeOf(error: unknown): Pick<GraphQLError, "locations" | "path"> {
  if (!(error instanceof GraphQLError)) return { locations: undefined, path: undefined };
  return { locations: error.locations, path: error.path };
}

/** The places of fields in their document, as graphql-js tells them; nothing for fields of no document. */
function locationsText(nodes: readonly FieldNode[]): string {
  const places = nodes.flatMap(({ loc }) => (loc ? [getLocation(loc.source, loc.start)] : []));
  return places.length === 0 ? "" : `,"locations":${JSON.stringify(places)}`;
}

/** The path as a list in JSON. Names of fields need no escapes. */
function pathText(path: ResponsePath): string {
  let text = "]";
  for (let at: ResponsePath | undefined = path; at !== undefined; at = at.prev) {
    const { key, prev } = at;
    text = `${prev === undefined ? "[" : ","}${typeof key === "number" ? key : `"${key}"`}${text}`;
  }
  return text;
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
