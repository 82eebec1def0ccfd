import * as z from "zod";
import { mix } from "../random.ts";

const effects = ["latencyMs", "status", "drop", "hang", "truncate", "dripMs", "padBytes", "replace"] as const;

/** Effect of an injected fault, and the calls that it hits. */
export const faultInput = z
  .strictObject({
    /** Hits only calls of this method; any method if left out. */
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).optional(),
    /** Hits only paths that match; `*` stands for any text, so `/api/analytics/*` is all of analytics. */
    path: z.string().min(1).default("*"),
    /** Matching calls that pass before the first one that is hit; none if left out. */
    skip: z.int().min(0).optional(),
    /** Calls that are hit before the fault ends; all if left out. */
    times: z.int().min(1).optional(),
    /** Share of the matching calls that are hit, by chance that is the same in every run; all if left out. */
    chance: z.number().gt(0).max(1).optional(),
    /** Delays the response, in milliseconds. */
    latencyMs: z.int().min(0).max(600_000).optional(),
    /** Answers with this status in the platform's envelope, without acting. */
    status: z.int().min(400).max(599).optional(),
    /** Headers of that status, such as `retry-after`. */
    headers: z.record(z.string(), z.string()).optional(),
    /** Drops the connection `before` acting, or `after` acting and before the response. */
    drop: z.enum(["before", "after"]).optional(),
    /** Never answers and leaves the connection open, `before` or `after` acting. */
    hang: z.enum(["before", "after"]).optional(),
    /** Sends the first half of the response, then drops the connection. */
    truncate: z.boolean().optional(),
    /** Sends the response byte by byte, with this many milliseconds between two bytes. */
    dripMs: z.int().min(1).max(600_000).optional(),
    /** Appends this many blanks to the response. */
    padBytes: z.int().min(1).max(100_000_000).optional(),
    /** Acts, and answers with status 200 and this text in place of the response. */
    replace: z
      .strictObject({ contentType: z.string().min(1).default("application/json"), body: z.string() })
      .optional(),
  })
  .refine((fault) => effects.some((effect) => fault[effect] !== undefined), {
    error: `A fault needs one of ${effects.join(", ")}.`,
  });

/** A fault as requested. */
export type FaultInput = z.input<typeof faultInput>;
/** A fault with its defaults filled in. */
export type Fault = z.output<typeof faultInput>;

/** The faults in force. */
export interface Faults {
  add(fault: Fault): void;
  /** Returns the oldest fault that matches a call and counts the call; undefined if none does. */
  take(method: string, path: string): Fault | undefined;
  /** Returns the faults in force with the calls that each will still hit; null for no limit. */
  list(): readonly (Fault & { remaining: number | null })[];
  clear(): void;
}

const CHANCE_SEED = 15;

/** Creates an empty list of faults. */
export function createFaults(): Faults {
  let faults: { fault: Fault; remaining: number; toSkip: number }[] = [];
  let drawn = 0;
  const isLucky = ({ chance = 1 }: Fault) => {
    if (chance === 1) return true;
    drawn += 1;
    return mix(drawn, CHANCE_SEED) < chance * 2 ** 32;
  };
  return {
    add: (fault) =>
      void faults.push({ fault, remaining: fault.times ?? Number.POSITIVE_INFINITY, toSkip: fault.skip ?? 0 }),
    take(method, path) {
      const hit = faults.find(({ fault }) => matches(fault, method, path) && isLucky(fault));
      if (!hit) return undefined;
      if (hit.toSkip > 0) {
        hit.toSkip--;
        return undefined;
      }
      hit.remaining--;
      faults = faults.filter(({ remaining }) => remaining > 0);
      return hit.fault;
    },
    list: () =>
      faults.map(({ fault, remaining }) => ({ ...fault, remaining: Number.isFinite(remaining) ? remaining : null })),
    clear: () => {
      faults = [];
    },
  };
}

function matches(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method !== method) return false;
  const [start = "", ...rest] = fault.path.split("*");
  if (rest.length === 0) return path === start;
  if (!path.startsWith(start)) return false;
  let at = start.length;
  for (const piece of rest.slice(0, -1)) {
    const found = path.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  const end = rest.at(-1) ?? "";
  return path.length - end.length >= at && path.endsWith(end);
}
