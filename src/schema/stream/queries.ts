import type { GraphContext } from "../../context.ts";
import { cacheable } from "../../engine/cacheability.ts";
import { openedBy, streamRecord } from "../../model/stream/stream.ts";
import { type MaybePromise, mapMaybe } from "../../primitives/maybe-promise.ts";
import { holdBatchesFor } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { type PageArguments, pageOf } from "../connection.ts";
import { findPartner, PartnerRef, type PartnerReference } from "../partner/find-partner.ts";
import { Stream, StreamConnection } from "../refs.ts";
import { findStream, StreamRef } from "./find-stream.ts";
import { prefetchTotals } from "./prefetch-totals.ts";

const StreamFilter = builder.inputType("StreamFilter", {
  description: "Which streams: those that satisfy every field that is set.",
  fields: (t) => ({
    isLive: t.boolean({ description: "Live ones, or those that are not." }),
    nameContains: t.string({ description: "Those with this text in their name, whatever its case." }),
    partner: t.field({ type: PartnerRef, description: "Those that this partner's subscribe tokens open." }),
  }),
});

interface Filter {
  readonly isLive?: boolean | null | undefined;
  readonly nameContains?: string | null | undefined;
  readonly partner?: PartnerReference | null | undefined;
}

builder.queryFields((t) => ({
  stream: t.field({
    type: Stream,
    nullable: true,
    authScopes: { scope: "stream:read" },
    extensions: cacheable(),
    description: "One stream. It exists through tokens that name it, through being live, or through traffic.",
    args: { by: t.arg({ type: StreamRef, required: true, description: "Which stream." }) },
    resolve: (_root, { by }, context, info) => holdBatchesFor(context, info, findStream(by, "by", context)),
  }),
  streams: t.connection(
    {
      type: Stream,
      nullable: true,
      authScopes: { scope: "stream:read" },
      extensions: cacheable(({ filter }) => filter == null),
      description:
        "Every stream that is known by name, sorted: those that tokens spell out, those that are live or ended within the last hour, and those that were seen in traffic. A partner sees those that its tokens open.",
      args: { filter: t.arg({ type: StreamFilter, description: "Which streams; all when it is left out." }) },
      resolve: (_root, { filter, ...page }, context, info) =>
        mapMaybe(holdBatchesFor(context, info, streamPage(filter ?? {}, page, context)), (found) =>
          prefetchTotals(found, info, context),
        ),
    },
    StreamConnection,
  ),
}));

function streamPage(filter: Filter, page: PageArguments, context: GraphContext) {
  return mapMaybe(streamNames(filter, context), (names) => pageOf(names, (name) => name, page, streamRecord));
}

function streamNames(filter: Filter, context: GraphContext): MaybePromise<readonly string[]> {
  const isFiltered = Object.values(filter).some((part) => part != null);
  return isFiltered ? filteredNames(filter, context) : context.loaders.streamNames();
}

async function filteredNames({ isLive, nameContains, partner }: Filter, context: GraphContext): Promise<string[]> {
  const { loaders } = context;
  const live = isLive == null ? null : await loaders.liveStreams.all();
  const granted = partner ? await grantedTo(partner, context) : null;
  const part = nameContains?.toLowerCase();
  const names = await loaders.streamNames();
  return names.filter(
    (name) =>
      (part === undefined || name.toLowerCase().includes(part)) &&
      (isLive == null || (live?.get(name)?.isLive ?? false) === isLive) &&
      (granted === null || granted(name)),
  );
}

async function grantedTo(partner: PartnerReference, context: GraphContext): Promise<(name: string) => boolean> {
  const { trackingIds } = await findPartner(partner, "filter.partner", context);
  const tokens = await context.loaders.tokens();
  const grants = trackingIds.flatMap((id) => tokens.withTrackingId(id)).flatMap(({ streams }) => streams);
  return openedBy(grants, context.patternReadings.read);
}
