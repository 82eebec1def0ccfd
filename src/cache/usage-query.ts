import type { TimeWindow } from "../model/usage/time.ts";
import { windowKey } from "../model/usage/time-window.ts";

/** Request for usage that one call of the platform answers for up to ten names. */
export interface UsageQuery {
  /** Tenant that the usage is read for: nothing read for one is served to another. */
  readonly scope: string;
  /** Name of the loader. */
  readonly operation: string;
  readonly window: TimeWindow;
  /** Resolution of a series; null for a total. */
  readonly resolution: string | null;
  /** How to derive the total from cached hours in an outage; undefined if it cannot be. */
  readonly hours?: HourlySource | undefined;
}

/** Derivation of a total from the hourly series of another loader. */
export interface HourlySource {
  /** Name of the loader of the hourly series. */
  readonly operation: string;
  /** Returns the total of some hours. */
  readonly sum: (hours: Iterable<unknown>) => unknown;
}

/** Returns a text that is equal for equal queries. */
export function usageQueryKey({ scope, operation, window, resolution }: UsageQuery): string {
  return `${scope}|${operation}|${windowKey(window)}|${resolution ?? ""}`;
}
