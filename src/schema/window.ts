import type { GraphContext } from "../context.ts";
import { InvalidInputError } from "../model/errors.ts";
import { before, calendarDuration, monthWindow, timeZoneAt, zoneSpans } from "../model/usage/calendar.ts";
import type { Retention } from "../model/usage/retention.ts";
import { ceilTo, DAY_MS, floorTo, type TimeWindow } from "../model/usage/time.ts";
import {
  assertPositive,
  meteredWindow,
  type NamedWindow,
  namedWindow,
  namedWindows,
  resolveWindow,
  type UsageWindow,
  type WindowRounding,
  type WindowSelection,
  windowRoundings,
} from "../model/usage/time-window.ts";
import type { Zones } from "../model/usage/zones.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import { builder } from "./builder.ts";
import { enumValues } from "./enum-values.ts";

const RangeInput = builder.inputType("RangeInput", {
  description: "A half-open range of time: includes `from` and excludes `to`.",
  fields: (t) => ({
    from: t.field({
      type: "DateTime",
      required: true,
      description: "Start of the range, inclusive; for usage on the full UTC hour, unless it is rounded.",
    }),
    to: t.field({
      type: "DateTime",
      required: true,
      description: "End of the range, exclusive; for usage on the full UTC hour, unless it is rounded.",
    }),
  }),
});

const NamedWindowEnum = builder.enumType("NamedWindow", {
  description: "A day or month of the argument `timeZone`.",
  values: enumValues(namedWindows),
});

export const WindowRoundingEnum = builder.enumType("WindowRounding", {
  description: "How a window that cuts through UTC hours is rounded to full ones, as the platform meters hours.",
  values: enumValues(windowRoundings),
});

export const WindowInput = builder.inputType("WindowInput", {
  description:
    "A window of time, by exactly one of these fields. Usage is updated every quarter hour. The platform retains hours for 7 days, days for 365 days, and months of the account indefinitely; older usage is read from the archive.",
  isOneOf: true,
  fields: (t) => ({
    range: t.field({ type: RangeInput, description: "A range between two instants." }),
    last: t.field({
      type: "Duration",
      description:
        "Number of hours (`PT3H`), days (`P7D`) or months (`P1M`). Usage: the last ones that are over at `freshUntil`; days and months are those of `timeZone`, and a full week of hours or year of UTC days lacks its oldest, which is no longer retained. Viewer records and recordings: exactly this time back from now.",
    }),
    month: t.string({
      description: "A calendar month, `YYYY-MM`, in `timeZone`. The current month ends with the newest usage.",
    }),
    named: t.field({ type: NamedWindowEnum, description: "A day or month by its name, in `timeZone`." }),
  }),
});

export const ZONE_ARGUMENT =
  "Time zone in which days and months begin. Defaults to that of the partner whose usage is read or who asks, by month as `usageTimeZones` lists them, otherwise to UTC.";

/** The arguments of every field that lists records over a window. */
export const recordWindowArgs = builder.args((t) => ({
  window: t.field({ type: WindowInput, required: true, description: "The window that the result covers." }),
  timeZone: t.field({ type: "TimeZone", description: ZONE_ARGUMENT }),
}));

/** The arguments of every field that returns usage over a window. */
export const windowArgs = builder.args((t) => ({
  ...recordWindowArgs,
  includeCurrent: t.boolean({
    required: true,
    defaultValue: false,
    description:
      "True adds the hour, day or month that is still growing to `window.last`. Defaults to false. Other windows contain it anyway if they reach up to now.",
  }),
  rounding: t.field({
    type: WindowRoundingEnum,
    description:
      "How to round a window that cuts through UTC hours. Defaults to an error with code INVALID_WINDOW, which offers both ways.",
  }),
}));

export interface RecordWindowArguments {
  readonly window: {
    readonly range?: { readonly from: Date; readonly to: Date } | null | undefined;
    readonly last?: string | null | undefined;
    readonly month?: string | null | undefined;
    readonly named?: NamedWindow | null | undefined;
  };
  readonly timeZone?: string | null | undefined;
}

export interface WindowArguments extends RecordWindowArguments {
  readonly includeCurrent: boolean;
  readonly rounding?: WindowRounding | null | undefined;
}

/** Returns the zones of the days and months of a window of records. */
export function recordZones(
  args: Pick<RecordWindowArguments, "timeZone">,
  context: Pick<GraphContext, "caller">,
  partnerZones?: Zones,
): Zones {
  return zonesOf(args, partnerZones, context);
}

/** Returns the zones of a window's days and months: the selected one, those of its partner, or those of the caller. */
export function zonesOf(
  { timeZone }: Pick<RecordWindowArguments, "timeZone">,
  partnerZones: Zones | undefined,
  { caller }: Pick<GraphContext, "caller">,
): Zones {
  return timeZone ?? partnerZones ?? caller.partner?.zones ?? "UTC";
}

/**
 * Returns the window that the arguments select at present.
 *
 * @param partnerZones zones of the partner whose usage is read
 * @throws InvalidInputError naming the argument
 */
export function usageWindow(
  args: WindowArguments,
  context: Pick<GraphContext, "retention" | "caller">,
  partnerZones?: Zones,
): UsageWindow {
  return windowOfArguments(args, zonesOf(args, partnerZones, context), context.retention);
}

/** Memoizes the latest arguments: a field has the same ones for all streams of a list. */
const windowOfArguments = memoizeLast(
  ({ window, includeCurrent, rounding }: WindowArguments, zones: Zones, retention: Retention) => {
    const { range, last, month, named } = window;
    const [from, to] = [range?.from.getTime(), range?.to.getTime()];
    return windowOf(from, to, last, month, named, zones, includeCurrent, rounding, retention);
  },
);

/** Memoizes the latest window: several fields may select the same one. */
const windowOf = memoizeLast(
  (
    from: number | undefined,
    to: number | undefined,
    last: string | null | undefined,
    month: string | null | undefined,
    named: NamedWindow | null | undefined,
    zones: Zones,
    includesCurrent: boolean,
    rounding: WindowRounding | null | undefined,
    retention: Retention,
  ) => {
    const range = from === undefined || to === undefined ? null : { from, to };
    const selection = selectionOf(range, last, month, named);
    return resolveWindow(
      "last" in selection ? { ...selection, includesCurrent } : selection,
      zones,
      retention,
      rounding ?? null,
    );
  },
);

/** Returns the window of {@link usageWindow}, extended to the whole UTC days that are metered. @throws InvalidInputError */
export function dailyWindow(args: WindowArguments, context: Pick<GraphContext, "retention" | "caller">): UsageWindow {
  const window = usageWindow(args, context);
  return { ...window, from: floorTo(window.from, DAY_MS), to: ceilTo(window.to, DAY_MS) };
}

/**
 * Returns the window of records, which need not be on the full hour.
 *
 * @param partnerZones zones of the partner whose records are read
 * @throws InvalidInputError naming the argument
 */
export function recordWindow(
  { window, ...args }: RecordWindowArguments,
  context: Pick<GraphContext, "now" | "caller">,
  partnerZones?: Zones,
): TimeWindow {
  const { now } = context;
  const zones = zonesOf(args, partnerZones, context);
  const { range, last, month, named } = window;
  const selection = selectionOf(range && { from: range.from.getTime(), to: range.to.getTime() }, last, month, named);
  if ("last" in selection) {
    assertPositive(selection.last);
    return { from: before(now, selection.last, zones), to: now };
  }
  if ("named" in selection) return namedWindow(selection.named, zones, now);
  if ("month" in selection) {
    const whole = monthWindow(selection.month, zones);
    if (whole.from <= now) return whole;
    const rule = "`window.month` must have begun in its time zone";
    const facts = { begins: new Date(whole.from).toISOString(), timeZone: timeZoneAt(whole.from, zones) };
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
  named: NamedWindow | null | undefined,
): WindowSelection {
  if (range) return { range };
  if (month != null) return { month };
  if (named != null) return { named };
  const duration = last == null ? null : calendarDuration(last);
  if (duration === null) {
    throw new InvalidInputError(
      "window.last",
      "`window.last` must be a duration of months, or of days and hours, such as P1M, P7D or PT24H.",
    );
  }
  return { last: duration };
}

export interface WindowValue extends TimeWindow {
  readonly zones: Zones;
  readonly rounding: WindowRounding | null;
}

const WindowTimeZone = builder.objectRef<TimeWindow & { readonly timeZone: string }>("WindowTimeZone").implement({
  description: "A part of a window and the time zone in which its days and months begin.",
  fields: (t) => ({
    timeZone: t.expose("timeZone", { type: "TimeZone", description: "Time zone of the part." }),
    from: t.expose("from", { type: "DateTime", description: "Start of the part, inclusive." }),
    to: t.expose("to", { type: "DateTime", description: "End of the part, exclusive." }),
  }),
});

export const Window = builder.objectRef<WindowValue>("Window").implement({
  description: "The half-open window of time that a result covers.",
  fields: (t) => ({
    from: t.expose("from", { type: "DateTime", description: "Start of the window, inclusive." }),
    to: t.expose("to", {
      type: "DateTime",
      description: "End of the window, exclusive. For a window that is not over yet, the end of the newest usage.",
    }),
    timeZone: t.field({
      type: "TimeZone",
      description:
        "Time zone in which days and months begin, at the start of the window. A partner's zone without whole-hour offsets is replaced by the account's `billingTimeZone`.",
      resolve: ({ from, zones }) => timeZoneAt(from, zones),
    }),
    timeZones: t.field({
      type: [WindowTimeZone],
      description:
        "Parts of the window with one time zone each, in order: several only if a partner's zone changes within the window.",
      resolve: (window) => zoneSpans(window, window.zones),
    }),
    rounding: t.expose("rounding", {
      type: WindowRoundingEnum,
      nullable: true,
      description: "How the requested window was rounded to full UTC hours; null if it began and ended on full hours.",
    }),
  }),
});

/** Returns the part of the window that has usage: a window that is not over yet ends where the newest usage ends. */
export function answeredWindow(window: UsageWindow, freshUntil: number): WindowValue {
  return { ...meteredWindow(window, freshUntil), zones: window.zones, rounding: window.rounding };
}
