import type { GraphContext } from "../../context.ts";
import { openedBy, type StreamRecord, streamRecord } from "../../model/stream/stream.ts";
import type { StreamGrant } from "../../model/token/token.ts";
import { type MaybePromise, mapMaybe } from "../../primitives/maybe-promise.ts";
import { byCodeUnit, isInSorted, type Page, type PageArguments, pageOf } from "../connection.ts";

/**
 * Returns a page of the streams, by name, that grants open, among those known by name.
 *
 * @throws UpstreamError
 */
export function grantedStreamPage(
  grants: readonly StreamGrant[],
  page: PageArguments,
  { loaders, patternReadings }: GraphContext,
): MaybePromise<Page<StreamRecord>> {
  return mapMaybe(loaders.streamNames(), (names) => {
    const opened = grants.some(({ isRegex }) => isRegex)
      ? names.filter(openedBy(grants, patternReadings.read))
      : [...new Set(grants.map(({ pattern }) => pattern))].filter((name) => isInSorted(names, name)).sort(byCodeUnit);
    return pageOf(opened, (name) => name, page, streamRecord);
  });
}
