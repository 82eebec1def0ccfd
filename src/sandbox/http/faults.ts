import * as z from "zod";
import { mix } from "../random.ts";

const effects = ["latencyMs", "status", "drop", "hang", "truncate", "dripMs", "padBytes", "replace"] as const;

/** What an injected fault does to a call, and to which calls. */
export const faultInput = z
  .strictObject({
    /** Only calls of this method; any without it. */
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).optional(),
    /** Only calls of paths that match; `*` stands for any text, so `/api/analytics/*` is all of analytics. */
    path: z.string().min(1).default("*"),
    /** How many matching calls it lets pass before the first that it hits; none without it. */
    skip: z.int().min(0).optional(),
    /** How many calls it hits before it is spent; every one without it. */
    times: z.int().min(1).optional(),
    /** What part of the matching calls it hits, each by chance, which is the same in every run; all of them without it. */
    chance: z.number().gt(0).max(1).optional(),
    /** Answers this much later. */
    latencyMs: z.int().min(0).max(600_000).optional(),
    /** Answers with this status, and the platform's envelope for it, without doing anything. */
    status: z.int().min(400).max(599).optional(),
    /** Headers beside that status, such as `retry-after`. */
    headers: z.record(z.string(), z.string()).optional(),
    /** Drops the connection: `before` anything was done, or `after` it was done but not answered. */
    drop: z.enum(["before", "after"]).optional(),
    /** Never answers, and leaves the connection open: `before` anything was done, or `after` it was done. */
    hang: z.enum(["before", "after"]).optional(),
    /** Sends only the first half of the answer, then drops the connection. */
    truncate: z.boolean().optional(),
    /** Sends the answer byte by byte, with so long between two of them. */
    dripMs: z.int().min(1).max(600_000).optional(),
    /** Sends so many blanks behind the answer. */
    padBytes: z.int().min(1).max(100_000_000).optional(),
    /** Does what was asked, and answers with status 200 and this text in place of the answer. */
    replace: z
      .strictObject({ contentType: z.string().min(1).default("application/json"), body: z.string() })
      .optional(),
  })
  .refine((fault) => effects.some((effect) => fault[effect] !== undefined), {
    error: `A fault needs one of ${effects.join(", ")}.`,
  });

/** A fault as it is asked for. */
export type FaultInput = z.input<typeof faultInput>;
/** A fault with its defaults filled in. */
export type Fault = z.output<typeof faultInput>;

/** The faults in force. */
export interface Faults {
  add(fault: Fault): void;
  /** The oldest fault that matches a call, used up by one; undefined when none does. */
  take(method: string, path: string): Fault | undefined;
  /** Faults in force with the calls each will still hit; null for no limit. */
  list(): readonly (Fault & { remaining: number | null })[];
  clear(): void;
}

const CHANCE_SEED = 15;

/** No faults. */
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
