import type { GraphContext } from "../context.ts";
import { InvalidInputError } from "../model/errors.ts";
import { durationMs, monthWindow } from "../model/usage/calendar.ts";
import { ceilTo, DAY_MS, floorTo, type TimeWindow } from "../model/usage/time.ts";
import { type Retention, resolveWindow, type UsageWindow, type WindowSelection } from "../model/usage/time-window.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import { builder } from "./builder.ts";

const RangeInput = builder.inputType("RangeInput", {
  description: "A half-open range of time: it holds `from` and everything up to, but not at, `to`.",
  fields: (t) => ({
    from: t.field({ type: "DateTime", required: true, description: "The first instant, on the full UTC hour." }),
    to: t.field({
      type: "DateTime",
      required: true,
      description: "The instant behind the last, on the full UTC hour.",
    }),
  }),
});

export const WindowInput = builder.inputType("WindowInput", {
  description:
    "The time that figures are of: exactly one of its fields. Figures move on the quarter hour; hours are kept for 7 days, days for 365, and older than that only months of the account.",
  isOneOf: true,
  fields: (t) => ({
    range: t.field({ type: RangeInput, description: "From one instant to another." }),
    last: t.field({
      type: "Duration",
      description:
        "So long up to the newest figures. It begins on the hour, or on the UTC day where it reaches back further than a week.",
    }),
    month: t.string({ description: "A calendar month, `YYYY-MM`, in the time zone of the field." }),
  }),
});

/** The arguments of every field that gives figures of a window. */
export const windowArgs = builder.args((t) => ({
  window: t.field({ type: WindowInput, required: true, description: "The time that the figures are of." }),
  timeZone: t.field({
    type: "TimeZone",
    required: true,
    defaultValue: "UTC",
    description: "Where its months and days begin.",
  }),
}));

export interface WindowArguments {
  readonly window: {
    readonly range?: { readonly from: Date; readonly to: Date } | null | undefined;
    readonly last?: string | null | undefined;
    readonly month?: string | null | undefined;
  };
  readonly timeZone: string;
}

/** The window that the arguments mean now. @throws InvalidInputError naming the argument */
export function usageWindow(
  { window, timeZone }: WindowArguments,
  { retention }: Pick<GraphContext, "retention">,
): UsageWindow {
  const { range, last, month } = window;
  return windowOf(range?.from.getTime(), range?.to.getTime(), last, month, timeZone, retention);
}

/** The streams of a list are asked for the same window. */
const windowOf = memoizeLast(
  (
    from: number | undefined,
    to: number | undefined,
    last: string | null | undefined,
    month: string | null | undefined,
    timeZone: string,
    retention: Retention,
  ) => {
    const range = from === undefined || to === undefined ? null : { from, to };
    return resolveWindow(selectionOf(range, last, month), timeZone, retention);
  },
);

/** The window that the arguments mean, in the whole UTC days that are metered. @throws InvalidInputError */
export function dailyWindow(args: WindowArguments, context: Pick<GraphContext, "retention">): UsageWindow {
  const window = usageWindow(args, context);
  return { ...window, from: floorTo(window.from, DAY_MS), to: ceilTo(window.to, DAY_MS) };
}

/** The window of records, which are not bound to the hour. @throws InvalidInputError naming the argument */
export function recordWindow({ window, timeZone }: WindowArguments, { now }: Pick<GraphContext, "now">): TimeWindow {
  const { range, last, month } = window;
  const selection = selectionOf(range && { from: range.from.getTime(), to: range.to.getTime() }, last, month);
  if ("lastMs" in selection) return { from: now - selection.lastMs, to: now };
  if ("month" in selection) {
    const whole = monthWindow(selection.month, timeZone);
    if (whole.from < now) return whole;
    const rule = "`window.month` must have begun in its time zone";
    const facts = { begins: new Date(whole.from).toISOString(), timeZone };
    throw new InvalidInputError("window.month", `${rule}; got ${selection.month}.`, facts, "INVALID_WINDOW");
  }
  if (selection.range.from < selection.range.to) return selection.range;
  throw new InvalidInputError("window.range", "The window ends before it begins.", {}, "INVALID_WINDOW");
}

function selectionOf(
  range: TimeWindow | null | undefined,
  last: string | null | undefined,
  month: string | null | undefined,
): WindowSelection {
  if (range) return { range };
  if (month != null) return { month };
  const lastMs = last == null ? null : durationMs(last);
  if (lastMs === null) {
    throw new InvalidInputError("window.last", "It is a duration of days, hours or minutes, such as P7D or PT24H.");
  }
  return { lastMs };
}

export const Window = builder.objectRef<TimeWindow & { readonly timeZone: string }>("Window").implement({
  description: "A half-open window of time, as it was answered.",
  fields: (t) => ({
    from: t.expose("from", { type: "DateTime", description: "Its first instant." }),
    to: t.expose("to", {
      type: "DateTime",
      description: "The instant behind its last. For a window that is not over yet, where the newest figures end.",
    }),
    timeZone: t.expose("timeZone", { type: "TimeZone", description: "Where its months and days begin." }),
  }),
});

/** Returns the part of the window that has usage: a window that is not over yet ends where the newest usage ends. */
export function answeredWindow({ from, to, timeZone }: UsageWindow, freshUntil: number) {
  return { from, to: Math.min(to, freshUntil), timeZone };
}
