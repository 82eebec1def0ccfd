import type { Plugin } from "graphql-yoga";
import { requestLimits } from "../model/request-limits.ts";

/** An answer lists its first errors and counts the rest: a page whose every field fails need not be told of each. */
export function useErrorLimit(): Plugin {
  const { max } = requestLimits.maxErrors;
  return {
    onExecutionResult({ result, setResult }) {
      if (!result || !("errors" in result) || !result.errors || result.errors.length <= max) return;
      const omittedErrors = result.errors.length - max;
      // The errors stay the same objects: copies would lose what tells yoga the status of the answer.
      setResult({
        ...result,
        errors: result.errors.slice(0, max),
        extensions: { ...result.extensions, omittedErrors },
      });
    },
  };
}
