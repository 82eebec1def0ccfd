import type { RecordedCall } from "../../src/sandbox/sandbox.ts";

/** What calls of analytics have in common when the platform could have answered them in one, but for its limit of names. */
export interface CallGroup {
  readonly calls: number;
  /** Names or tracking ids, those that were asked for twice as well. */
  readonly names: readonly string[];
}

/** Calls by operation, window and resolution. */
export function groupCalls(calls: readonly RecordedCall[]): ReadonlyMap<string, CallGroup> {
  const groups = new Map<string, CallGroup>();
  for (const { path, query } of calls) {
    const params = new URLSearchParams(query);
    const key = [path, params.get("startDate"), params.get("stopDate"), params.get("resolution") ?? ""].join(" ");
    const names = [...params.getAll("streamNames"), ...params.getAll("trackingIds")];
    const group = groups.get(key) ?? { calls: 0, names: [] };
    groups.set(key, { calls: group.calls + 1, names: [...group.names, ...names] });
  }
  return groups;
}

/** The fewest calls that could have asked for the same: ten names each. */
export function lowerBound({ names }: CallGroup): number {
  return Math.max(1, Math.ceil(new Set(names).size / 10));
}
