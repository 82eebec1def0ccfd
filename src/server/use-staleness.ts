import type { Plugin } from "graphql-yoga";
import type { GraphContext } from "../context.ts";

/**
 * Says in `extensions.stale` what an answer was made of that is past its freshness, because the platform did not give a newer
 * one: `[{ source: "TOKENS", asOf: "2026-03-18T10:15:00.000Z" }]`. An answer of fresh data says nothing.
 */
export function useStaleness(): Plugin<GraphContext> {
  return {
    onExecutionResult({ result, setResult, context }) {
      const { staleness } = context as Partial<GraphContext>;
      if (!staleness || !result || Array.isArray(result) || Symbol.asyncIterator in result) return;
      const parts = staleness.parts();
      if (parts.length === 0) return;
      const stale = parts.map(({ source, asOf }) => ({ source, asOf: new Date(asOf) }));
      setResult({ ...result, extensions: { ...result.extensions, stale } });
    },
  };
}
