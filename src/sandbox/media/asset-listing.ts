import { QueryReader } from "../http/query.ts";
import { type MediaAsset, statusOf } from "./asset.ts";

const STATUSES = ["processing", "complete", "error", "deleting", "deleted"] as const;
const TYPES = ["recording", "clip", "storageValidation", "timeline", "vod"] as const;
const SORTS = ["startTime", "stopTime", "streamName", "tokenId", "created"] as const;

/**
 * Returns one page of assets. Deleted ones are never listed, not even on request.
 *
 * @see GET /api/v3/media/assets
 */
export function assetPage(assets: readonly MediaAsset[], query: URLSearchParams, now: number): readonly MediaAsset[] {
  const reader = new QueryReader(query);
  const sort = reader.choice("sort", SORTS, "startTime");
  const statuses = reader.choices("status", STATUSES, ["processing", "complete"]);
  const types: readonly string[] = reader.choices("type", TYPES, ["recording", "clip"]);
  const tokenId = reader.optionalInteger("tokenId");
  const priority = reader.optionalInteger("priority");
  const page = reader.integer("page", { min: 1, max: 2_147_483_647, fallback: 1 });
  const limit = reader.integer("limit", { min: 1, max: 100, fallback: 25 });
  const isDescending = reader.boolean("desc") ?? false;
  const [name, streamName, sourceId] = [
    reader.optional("name"),
    reader.optional("streamName"),
    reader.optional("sourceId"),
  ];
  // A bare `simulcastId` selects the empty id.
  const simulcastId = query.get("simulcastId") ?? undefined;
  reader.done();

  const found = assets.filter((asset) => {
    const status = statusOf(asset, now);
    const is = <T>(expected: T | undefined, actual: T | null | undefined) =>
      expected === undefined || expected === actual;
    return (
      status !== "deleted" &&
      statuses.includes(status) &&
      types.includes(asset.type) &&
      is(name, asset.name) &&
      is(streamName, asset.feed?.streamName) &&
      is(tokenId, asset.feed?.tokenId) &&
      is(sourceId, asset.feed?.sourceId) &&
      is(simulcastId, asset.feed?.simulcastId) &&
      is(priority, asset.feed?.priority)
    );
  });
  found.sort((a, b) => compare(KEYS[sort](a), KEYS[sort](b)) || compare(a.id, b.id));
  if (isDescending) found.reverse();
  return found.slice((page - 1) * limit, page * limit);
}

const KEYS: Readonly<Record<(typeof SORTS)[number], (asset: MediaAsset) => string | number>> = {
  startTime: ({ startedAt }) => startedAt,
  stopTime: ({ stoppedAt }) => stoppedAt ?? Number.POSITIVE_INFINITY,
  streamName: ({ feed }) => feed?.streamName ?? "",
  tokenId: ({ feed }) => feed?.tokenId ?? 0,
  created: ({ createdAt }) => createdAt,
};

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
