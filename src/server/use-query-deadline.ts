import { type DocumentNode, getOperationAST } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { GraphContext } from "../context.ts";
import { setDeadline } from "../upstream/deadline.ts";

/**
 * Bounds what the reads of one query may take together: what is not read by then is null, with UPSTREAM_TIMEOUT. A mutation
 * has no such bound, since half of its steps would be worse than all of them late.
 */
export function useQueryDeadline(inMs: number): Plugin<GraphContext> {
  return {
    onExecute({ args: { document, operationName, contextValue } }) {
      const { signal } = contextValue as GraphContext;
      const operation = getOperationAST(document as DocumentNode, operationName);
      if (signal && operation?.operation === "query") setDeadline(signal, inMs);
    },
  };
}
