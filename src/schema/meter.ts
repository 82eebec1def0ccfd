import { meteredWindow, type UsageWindow } from "../model/usage/time-window.ts";
import { builder } from "./builder.ts";
import { Window } from "./window.ts";

/** What a meter is asked about: whole UTC days. */
export interface MeterWindow {
  readonly window: UsageWindow;
}

export const Meter = builder.interfaceRef<MeterWindow>("Meter").implement({
  description: "Something that the account is charged for beside bandwidth. It is metered by UTC days.",
  fields: (t) => ({
    window: t.field({
      type: Window,
      description: "The window as it is answered: whole UTC days.",
      resolve: ({ window }) => ({ ...meteredWindow(window), timeZone: window.timeZone }),
    }),
    freshUntil: t.field({
      type: "DateTime",
      description: "Up to when figures are in: the last quarter hour, unless the meter says otherwise.",
      resolve: ({ window }) => window.retention.freshUntil,
    }),
  }),
});
