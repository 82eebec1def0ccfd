import type { GraphContext } from "../../context.ts";
import { cacheable } from "../../engine/cacheability.ts";
import { openedBy, streamRecord } from "../../model/stream/stream.ts";
import { type MaybePromise, mapMaybe } from "../../primitives/maybe-promise.ts";
import { pageByUsage, UsageOrderInput } from "../bandwidth/usage-order.ts";
import { holdBatchesFor } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { pageOf } from "../connection.ts";
import { findEach } from "../find-each.ts";
import { findPartner, PartnerRef, type PartnerReference } from "../partner/find-partner.ts";
import { Stream, StreamConnection } from "../refs.ts";
import { findStream, StreamRef } from "./find-stream.ts";
import { prefetchTotals } from "./prefetch-totals.ts";

const StreamFilter = builder.inputType("StreamFilter", {
  description: "Selects the streams that satisfy every field that is set.",
  fields: (t) => ({
    isLive: t.boolean({ description: "True for streams that are live now, false for the others. Both if left out." }),
    nameContains: t.string({
      description: "Text that the stream's name contains, ignoring case. Defaults to any name.",
    }),
    partner: t.field({
      type: PartnerRef,
      description: "The partner whose subscribe tokens open the stream. Defaults to any partner.",
    }),
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
    description: "One stream; null with NOT_FOUND if no token names it, it is not live and it has no traffic.",
    args: { by: t.arg({ type: StreamRef, required: true, description: "The stream to read, by id or name." }) },
    resolve: (_root, { by }, context, info) => holdBatchesFor(context, info, findStream(by, "by", context)),
  }),
  streamsByName: t.field({
    type: [Stream],
    nullable: { list: true, items: true },
    authScopes: { scope: "stream:read" },
    extensions: cacheable(),
    description:
      "Several streams by name, in the order of `names`: null for a name under which the caller finds no stream, and null with an error for one that cannot be read. The whole list is null, with an error, if the caller may not read streams.",
    args: {
      names: t.arg.stringList({ required: true, description: "Names of the streams with their case, at most 100." }),
    },
    resolve: (_root, { names }, context, info) => {
      const found = findEach(names, "names", (name, argument) => findStream({ name }, argument, context));
      return mapMaybe(holdBatchesFor(context, info, found), (streams) => {
        const known = streams.flatMap((stream) => (stream === null || stream instanceof Error ? [] : stream));
        return mapMaybe(prefetchTotals(known, "STREAM", info, context), () => streams);
      });
    },
  }),
  streams: t.connection(
    {
      type: Stream,
      nullable: true,
      authScopes: { scope: "stream:read" },
      extensions: cacheable(({ filter, orderByUsage }) => filter == null && orderByUsage == null),
      description:
        "Every stream that is known by name, sorted by name unless `orderByUsage` is given: named by a token, live or ended within the last hour, or seen in traffic. A partner sees only those that its tokens open. Null, with an error, if the platform cannot be read.",
      args: {
        filter: t.arg({ type: StreamFilter, description: "Conditions on the streams. Defaults to all streams." }),
        orderByUsage: t.arg({
          type: UsageOrderInput,
          description:
            "Order by traffic. Defaults to the order by name. Costs the usage of every stream in the list, not of the page alone.",
        }),
      },
      resolve: (_root, { filter, orderByUsage, ...page }, context, info) => {
        const found = mapMaybe(streamNames(filter ?? {}, context), (names) =>
          orderByUsage
            ? pageByUsage(
                names.map(streamRecord),
                ({ name }) => name,
                ({ name }) => context.loaders.streamBandwidth(name),
                orderByUsage,
                page,
                context,
              )
            : pageOf(names, (name) => name, page, streamRecord),
        );
        return mapMaybe(holdBatchesFor(context, info, found), (streams) => {
          const nodes = streams.edges.map(({ node }) => node);
          return mapMaybe(prefetchTotals(nodes, "CONNECTION", info, context), () => streams);
        });
      },
    },
    StreamConnection,
  ),
}));

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
