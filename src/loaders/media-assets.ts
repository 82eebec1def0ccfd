import type { MediaAssetRecord } from "../model/media/media.ts";
import { MAX_ASSETS_PER_CALL, type MediaAssets, type MediaAssetsQuery } from "../upstream/media-assets.ts";

/** Where an asset stands in a list: by its beginning, then by its id. */
export interface AssetPosition {
  readonly startedAt: number;
  readonly id: string;
  /** The platform's page on which it was seen: where to look for it first. */
  readonly page: number;
}

/** An asset with its place in the list. */
export interface PositionedAsset {
  readonly asset: MediaAssetRecord;
  readonly position: AssetPosition;
}

/** Which part of a list, in milliseconds since the epoch: assets that began in `[from, to)`, behind a position. */
export interface AssetRange {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly after: AssetPosition | null;
}

/** Media assets, each read once for one request. Every method throws UpstreamError when there is no usable answer. */
export interface MediaAssetLoader {
  /** With its download addresses; null where there is none. */
  byId(id: string): Promise<MediaAssetRecord | null>;
  /** The first assets of a part of a list, in its order. */
  first(query: MediaAssetsQuery, range: AssetRange, count: number): Promise<PositionedAsset[]>;
  /** Lets assets be read again that a write has changed. */
  forget(ids: readonly string[]): void;
}

/** @param signal aborted when the client leaves */
export function createMediaAssetLoader(assets: MediaAssets, signal?: AbortSignal): MediaAssetLoader {
  const known = new Map<string, Promise<MediaAssetRecord | null>>();
  return {
    byId: (id) => {
      const reading = known.get(id) ?? assets.read(id, signal);
      known.set(id, reading);
      return reading;
    },
    first: (query, range, count) => firstAssets((page) => assets.list(query, page, signal), query, range, count),
    forget: (ids) => {
      for (const id of ids) known.delete(id);
    },
  };
}

type ReadPage = (page: number) => Promise<readonly MediaAssetRecord[]>;

/**
 * The first assets behind a position. The platform has pages by number and no cursors, so the page on which the position
 * was last seen is looked at first; where assets have come or gone since, it is searched for by halves. What began at one
 * and the same instant stands in no documented order, and is read whole and sorted by id before it is cut.
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
  /** Positive where the first instant comes later in the list. */
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

/** The first page that is not wholly before what is looked for: from a guess on, by steps that double, then by halves. */
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
