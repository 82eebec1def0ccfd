import type { GraphContext } from "../../context.ts";
import { readTotal } from "../../loaders/bandwidth.ts";
import type { BandwidthSource } from "../../loaders/bandwidth-source.ts";
import { NotMeteredError } from "../../model/errors.ts";
import type { UsageWindow } from "../../model/usage/time-window.ts";
import type { Zones } from "../../model/usage/zones.ts";
import { builder } from "../builder.ts";
import { byCodeUnit, type Page, type PageArguments, pageOfMoving } from "../connection.ts";
import { usageWindow, WindowInput, WindowRoundingEnum, ZONE_ARGUMENT } from "../window.ts";

export const UsageOrderInput = builder.inputType("UsageOrderInput", {
  description:
    "Order of a list by traffic: most bytes sent in a window first, and by name among equals. Usage grows between two pages: each page is ordered by the usage at its time and repeats no object of an earlier page. Cursors grow by 8 characters for each object.",
  fields: (t) => ({
    window: t.field({ type: WindowInput, required: true, description: "The window whose traffic decides the order." }),
    timeZone: t.field({ type: "TimeZone", description: ZONE_ARGUMENT }),
    includeCurrent: t.boolean({
      required: true,
      defaultValue: false,
      description: "True adds the hour, day or month that is still growing to `window.last`. Defaults to false.",
    }),
    rounding: t.field({
      type: WindowRoundingEnum,
      description: "How to round a window that cuts through UTC hours. Defaults to an error with code INVALID_WINDOW.",
    }),
  }),
});

/**
 * Returns a page of a list, most bytes sent first.
 *
 * @param zonesOf time zones of the window of an item, unless the order names one
 * @throws InvalidInputError, UpstreamError
 */
export async function pageByUsage<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  sourceOf: (item: Item) => BandwidthSource,
  order: Parameters<typeof usageWindow>[0],
  page: PageArguments,
  context: GraphContext,
  zonesOf?: (item: Item) => Zones,
): Promise<Page<Item>> {
  const measured = await Promise.all(
    items.map(async (item) => {
      const window = usageWindow(order, context, zonesOf?.(item));
      return { item, name: nameOf(item), bytesOut: await bytesOutOf(sourceOf(item), window) };
    }),
  );
  measured.sort((a, b) => (a.bytesOut === b.bytesOut ? byCodeUnit(a.name, b.name) : a.bytesOut > b.bytesOut ? -1 : 1));
  return pageOfMoving(
    measured.map(({ item }) => item),
    nameOf,
    page,
  );
}

/** Returns 0 for a name that the platform does not meter. */
async function bytesOutOf(source: BandwidthSource, window: UsageWindow): Promise<bigint> {
  try {
    return (await readTotal(source, window)).value.bytesOut;
  } catch (error) {
    if (error instanceof NotMeteredError) return 0n;
    throw error;
  }
}
