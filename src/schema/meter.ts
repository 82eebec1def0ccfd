import type { UsageWindow } from "../model/usage/time-window.ts";
import { builder } from "./builder.ts";
import { answeredWindow, Window } from "./window.ts";

/** The window of a meter, in whole UTC days. */
export interface MeterWindow {
  readonly window: UsageWindow;
}

export const Meter = builder.interfaceRef<MeterWindow>("Meter").implement({
  description: "A meter of something that the platform charges for in addition to bandwidth, by UTC days.",
  fields: (t) => ({
    window: t.field({
      type: Window,
      description: "The window that the meter covers: whole UTC days.",
      resolve: ({ window }) => answeredWindow(window, window.retention.freshUntil),
    }),
    freshUntil: t.field({
      type: "DateTime",
      description: "Time up to which usage is complete: the last quarter hour, unless the meter says otherwise.",
      resolve: ({ window }) => window.retention.freshUntil,
    }),
  }),
});
