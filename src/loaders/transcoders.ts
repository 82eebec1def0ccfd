import DataLoader from "dataloader";
import type { TranscoderRecord } from "../model/transcoder.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import { windowKey } from "../model/usage/time-window.ts";
import type { Analytics, TranscoderDay } from "../upstream/analytics.ts";
import { endlessList, MAX_ITEMS_ON_PAGE } from "../upstream/list-page.ts";
import type { Transcoders } from "../upstream/transcoders.ts";

/** Loader of the account's transcoders and of their active minutes. */
export interface TranscoderLoader {
  /** Loads all of them, oldest first: one call per hundred transcoders. @throws UpstreamError */
  all(options: { readonly withDeleted: boolean }): Promise<readonly TranscoderRecord[]>;
  /** Loads one by id, also a deleted one; null for an unknown id. @throws UpstreamError */
  byId(id: string): Promise<TranscoderRecord | null>;
  /** Loads the minutes of each transcoder on each day of a window, in one call. @throws UpstreamError */
  days(window: TimeWindow): Promise<readonly TranscoderDay[]>;
}

/** Most pages that are read, enough for 10,000 transcoders: a longer list is an error. */
const MAX_PAGES = 100;

export function createTranscoderLoader(
  transcoders: Transcoders,
  analytics: Analytics,
  signal?: AbortSignal,
): TranscoderLoader {
  const lists = new DataLoader<boolean, readonly TranscoderRecord[]>(
    (keys) => Promise.all(keys.map((withDeleted) => readAll(transcoders, withDeleted, signal))),
    { batch: false },
  );
  const single = new DataLoader<string, TranscoderRecord | null>(async (ids) => {
    const [id] = ids;
    if (id !== undefined && ids.length === 1) return [await transcoders.read(id, signal)];
    const all = await lists.load(true);
    return ids.map((each) => all.find((transcoder) => transcoder.id === each) ?? null);
  });
  const days = new DataLoader<TimeWindow, readonly TranscoderDay[], string>(
    (windows) => Promise.all(windows.map((window) => analytics.transcoderDays(window, signal))),
    { cacheKeyFn: windowKey },
  );
  return {
    all: ({ withDeleted }) => lists.load(withDeleted),
    byId: (id) => single.load(id),
    days: (window) => days.load(window),
  };
}

async function readAll(
  transcoders: Transcoders,
  withDeleted: boolean,
  signal: AbortSignal | undefined,
): Promise<readonly TranscoderRecord[]> {
  const all: TranscoderRecord[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const rows = await transcoders.list({ page, withDeleted }, signal);
    all.push(...rows);
    if (rows.length < MAX_ITEMS_ON_PAGE) return all;
  }
  throw endlessList("Transcoder_ListTranscoders", MAX_PAGES);
}
