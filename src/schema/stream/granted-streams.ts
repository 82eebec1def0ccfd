import type { GraphContext } from "../../context.ts";
import { openedBy, type StreamRecord, streamRecord } from "../../model/stream/stream.ts";
import type { StreamGrant } from "../../model/token/token.ts";
import { type MaybePromise, mapMaybe } from "../../primitives/maybe-promise.ts";
import { type Page, type PageArguments, pageOf } from "../connection.ts";

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
  return mapMaybe(loaders.streamNames(), (names) =>
    pageOf(names.filter(openedBy(grants, patternReadings.read)), (name) => name, page, streamRecord),
  );
}
