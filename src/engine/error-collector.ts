import { type FieldNode, type GraphQLError, locatedError, type ResponsePath, responsePathAsArray } from "graphql";

/**
 * Failure of a field, with its location.
 *
 * No Error, although it is thrown: an error page has one for each field, and none of them needs a stack.
 */
export class FieldFailure {
  readonly cause: unknown;
  readonly nodes: readonly FieldNode[];
  readonly path: ResponsePath;

  constructor(cause: unknown, nodes: readonly FieldNode[], path: ResponsePath) {
    this.cause = cause;
    this.nodes = nodes;
    this.path = path;
  }

  /** Returns the error that graphql-js reports for this failure. */
  located(): GraphQLError {
    return locatedError(this.cause, this.nodes, responsePathAsArray(this.path));
  }
}

/** Collects the errors of a response, except those below a value that another error made null. */
export class ErrorCollector {
  #nulled: Set<ResponsePath | undefined> | null = null;
  readonly #errors: unknown[] = [];

  /** @param path of the value that becomes null; undefined for the whole response */
  add(error: unknown, path: ResponsePath | undefined): void {
    this.#nulled ??= new Set();
    for (let at = path; at !== undefined; at = at.prev) if (this.#nulled.has(at)) return;
    if (this.#nulled.has(undefined)) return;
    this.#nulled.add(path);
    this.#errors.push(error);
  }

  get count(): number {
    return this.#errors.length;
  }

  /** Returns undefined if there are none. */
  get all(): readonly unknown[] | undefined {
    return this.#errors.length === 0 ? undefined : this.#errors;
  }
}
