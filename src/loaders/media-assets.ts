import type { MediaAssetRecord } from "../model/media/media.ts";
import { MAX_ASSETS_PER_CALL, type MediaAssets, type MediaAssetsQuery } from "../upstream/media-assets.ts";

/** Position of an asset in a list, which is sorted by start and then by id. */
export interface AssetPosition {
  readonly startedAt: number;
  readonly id: string;
  /** Page of the platform on which the asset was last found, where a search starts. */
  readonly page: number;
}

/** Asset with its position in the list. */
export interface PositionedAsset {
  readonly asset: MediaAssetRecord;
  readonly position: AssetPosition;
}

/**
 * Part of a list: assets that started in `[from, to)`, in milliseconds since the epoch, after a
 * position.
 */
export interface AssetRange {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly after: AssetPosition | null;
}

/** Loader of media assets. Every method throws UpstreamError if the platform gives no usable response. */
export interface MediaAssetLoader {
  /** Loads an asset with its download addresses; null for an unknown id. */
  byId(id: string): Promise<MediaAssetRecord | null>;
  /** Loads the first assets of a part of a list, in its order. */
  first(query: MediaAssetsQuery, range: AssetRange, count: number): Promise<PositionedAsset[]>;
  /** Clears assets that a write has changed, so that they are read again. */
  forget(ids: readonly string[]): void;
}

/** @param signal aborted when the client disconnects */
export function createMediaAssetLoader(assets: MediaAssets, signal?: AbortSignal): MediaAssetLoader {
  const loads = new Map<string, Promise<MediaAssetRecord | null>>();
  return {
    byId: (id) => {
      const load = loads.get(id) ?? assets.read(id, signal);
      loads.set(id, load);
      return load;
    },
    first: (query, range, count) => firstAssets((page) => assets.list(query, page, signal), query, range, count),
    forget: (ids) => {
      for (const id of ids) loads.delete(id);
    },
  };
}

type ReadPage = (page: number) => Promise<readonly MediaAssetRecord[]>;

/**
 * Returns the first assets after a position.
 *
 * The platform has numbered pages and no cursors. The page on which the position was last found is read first; if assets
 * were added or removed since, a binary search follows. Assets of one start have no documented order, so all of them are
 * read and sorted by id before the list is cut.
 */
async function firstAssets(
  readPage: ReadPage,
  { newestFirst }: Pick<MediaAssetsQuery, "newestFirst">,
  { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, after }: AssetRange,
  count: number,
): Promise<PositionedAsset[]> {
  const pages = new Map<number, Promise<readonly MediaAssetRecord[]>>();
  const read: ReadPage = (page) => {
    const reading = pages.get(page) ?? readPage(page);
    pages.set(page, reading);
    return reading;
  };
  /** Returns a positive number if the first instant comes later in the list. */
  const byTime = (a: number, b: number) => (newestFirst ? b - a : a - b);
  const compare = (a: Omit<AssetPosition, "page">, b: Omit<AssetPosition, "page">) =>
    byTime(a.startedAt, b.startedAt) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  const begin = [newestFirst ? to : from, ...(after ? [after.startedAt] : [])].reduce((a, b) =>
    byTime(a, b) > 0 ? a : b,
  );
  const isBefore = ({ startedAt }: MediaAssetRecord) => byTime(startedAt, begin) < 0;

  const found = new Map<string, PositionedAsset>();
  let lastStartedAt = begin;
  let isOver = false;
  for (let page = await firstPage(read, isBefore, after?.page ?? 1); !isOver; page += 1) {
    const assets = await read(page);
    for (const asset of assets) {
      const { startedAt, id } = asset;
      const isPastEnd = newestFirst ? startedAt < from : startedAt >= to;
      const isPastCount = found.size > count && byTime(startedAt, lastStartedAt) > 0;
      isOver ||= isPastEnd || isPastCount;
      if (isOver) break;
      const isInRange = startedAt >= from && startedAt < to && (!after || compare(asset, after) > 0);
      if (!isInRange) continue;
      found.set(id, { asset, position: { startedAt, id, page } });
      lastStartedAt = startedAt;
    }
    isOver ||= assets.length < MAX_ASSETS_PER_CALL;
  }
  return [...found.values()].sort((a, b) => compare(a.position, b.position)).slice(0, count);
}

/**
 * Returns the first page with an asset that is not before the range: doubling steps from a guess, then
 * a binary search.
 */
async function firstPage(
  read: ReadPage,
  isBefore: (asset: MediaAssetRecord) => boolean,
  guess: number,
): Promise<number> {
  let low = 1;
  let high = guess;
  for (let step = 1; ; step *= 2) {
    const assets = await read(high);
    const last = assets.at(-1);
    if (!last || assets.length < MAX_ASSETS_PER_CALL || !isBefore(last)) break;
    low = high + 1;
    high += step;
  }
  while (low < high) {
    const [first] = await read(high);
    if (first && isBefore(first)) return high;
    const middle = Math.floor((low + high) / 2);
    const last = (await read(middle)).at(-1);
    if (last && isBefore(last)) low = middle + 1;
    else high = middle;
  }
  return low;
}
