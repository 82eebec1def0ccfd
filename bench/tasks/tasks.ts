import { mixedTask, type Task } from "../task.ts";
import { list, list8 } from "./list.ts";
import { SERIES_STREAMS, series, series3, series8 } from "./series.ts";
import { totals, totals8, totalsHours } from "./totals.ts";

const typename: Task = {
  id: "typename",
  title: "`{ __typename }`",
  streams: list.streams,
  path: () => "/typename",
  method: "POST",
  wordings: [{ name: "by POST", document: "{ __typename }", rows: (data: unknown) => data }],
};

const mixed = mixedTask("mixed", "all of list, totals and series", [list, totals, series], SERIES_STREAMS);

/** What is measured, by name. */
export const tasks = { list, list8, totals, totals8, totalsHours, typename, series, series3, series8, mixed };
