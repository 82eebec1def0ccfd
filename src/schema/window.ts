import type { GraphContext } from "../context.ts";
import { InvalidInputError } from "../model/errors.ts";
import { durationMs, monthWindow } from "../model/usage/calendar.ts";
import type { Retention } from "../model/usage/retention.ts";
import { ceilTo, DAY_MS, floorTo, type TimeWindow } from "../model/usage/time.ts";
import { resolveWindow, type UsageWindow, type WindowSelection } from "../model/usage/time-window.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import { builder } from "./builder.ts";

const RangeInput = builder.inputType("RangeInput", {
  description: "A half-open range of time: includes `from` and excludes `to`.",
  fields: (t) => ({
    from: t.field({
      type: "DateTime",
      required: true,
      description: "Start of the range, inclusive, on the full UTC hour.",
    }),
    to: t.field({
      type: "DateTime",
      required: true,
      description: "End of the range, exclusive, on the full UTC hour.",
    }),
  }),
});

export const WindowInput = builder.inputType("WindowInput", {
  description:
    "A window of time, by exactly one of these fields. Usage is updated every quarter hour. Hourly data is retained for 7 days, daily data for 365 days, and monthly data of the account indefinitely.",
  isOneOf: true,
  fields: (t) => ({
    range: t.field({ type: RangeInput, description: "A range between two full UTC hours." }),
    last: t.field({
      type: "Duration",
      description:
        "A duration back from the newest usage, such as `P7D` or `PT24H`. The window starts on the full hour, or on the UTC day if it is longer than a week.",
    }),
    month: t.string({
      description:
        "A calendar month, `YYYY-MM`, in the time zone of the field's argument `timeZone`. The current month ends with the newest usage.",
    }),
  }),
});

/** The arguments of every field that returns usage over a window. */
export const windowArgs = builder.args((t) => ({
  window: t.field({ type: WindowInput, required: true, description: "The window that the result covers." }),
  timeZone: t.field({
    type: "TimeZone",
    required: true,
    defaultValue: "UTC",
    description: "Time zone in which days and months begin; UTC by default.",
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

/** Returns the window that the arguments select at present. @throws InvalidInputError naming the argument */
export function usageWindow(
  { window, timeZone }: WindowArguments,
  { retention }: Pick<GraphContext, "retention">,
): UsageWindow {
  const { range, last, month } = window;
  return windowOf(range?.from.getTime(), range?.to.getTime(), last, month, timeZone, retention);
}

/** Memoizes the latest window: the streams of a list are queried for the same one. */
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

/** Returns the window of {@link usageWindow}, extended to the whole UTC days that are metered. @throws InvalidInputError */
export function dailyWindow(args: WindowArguments, context: Pick<GraphContext, "retention">): UsageWindow {
  const window = usageWindow(args, context);
  return { ...window, from: floorTo(window.from, DAY_MS), to: ceilTo(window.to, DAY_MS) };
}

/** Returns the window of records, which need not be on the full hour. @throws InvalidInputError naming the argument */
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
  throw new InvalidInputError(
    "window.range",
    "`window.range.to` must be later than `window.range.from`; got a range that ends before it begins.",
    {},
    "INVALID_WINDOW",
  );
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
    throw new InvalidInputError(
      "window.last",
      "`window.last` must be a duration of days, hours or minutes, such as P7D or PT24H.",
    );
  }
  return { lastMs };
}

export const Window = builder.objectRef<TimeWindow & { readonly timeZone: string }>("Window").implement({
  description: "The half-open window of time that a result covers.",
  fields: (t) => ({
    from: t.expose("from", { type: "DateTime", description: "Start of the window, inclusive." }),
    to: t.expose("to", {
      type: "DateTime",
      description: "End of the window, exclusive. For a window that is not over yet, the end of the newest usage.",
    }),
    timeZone: t.expose("timeZone", {
      type: "TimeZone",
      description: "Time zone in which days and months begin; UTC by default.",
    }),
  }),
});

/** Returns the part of the window that has usage: a window that is not over yet ends where the newest usage ends. */
export function answeredWindow({ from, to, timeZone }: UsageWindow, freshUntil: number) {
  return { from, to: Math.min(to, freshUntil), timeZone };
}
