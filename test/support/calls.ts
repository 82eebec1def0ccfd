import type { RecordedCall } from "../../src/sandbox/sandbox.ts";

/** Calls of analytics that would have been one call without the platform's limit of names. */
export interface CallGroup {
  readonly calls: number;
  /** Names or tracking ids, with repetitions. */
  readonly names: readonly string[];
}

/** Groups calls by operation, window and resolution. */
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

/** Returns the least number of calls for the names of a group, at ten names a call. */
export function lowerBound({ names }: CallGroup): number {
  return Math.max(1, Math.ceil(new Set(names).size / 10));
}
