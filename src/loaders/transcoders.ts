import DataLoader from "dataloader";
import type { TranscoderRecord } from "../model/transcoder.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import { windowKey } from "../model/usage/time-window.ts";
import type { Analytics, TranscoderDay } from "../upstream/analytics.ts";
import { MAX_ITEMS_ON_PAGE } from "../upstream/token-client.ts";
import type { Transcoders } from "../upstream/transcoders.ts";

/** The account's transcoders, and for how long they were active. */
export interface TranscoderLoader {
  /** All of them, oldest first: a call for each hundred, once for a request. @throws UpstreamError */
  all(options: { readonly withDeleted: boolean }): Promise<readonly TranscoderRecord[]>;
  /** One, also one that has been deleted; null for an id that there is not. @throws UpstreamError */
  byId(id: string): Promise<TranscoderRecord | null>;
  /** Minutes of each transcoder on each day of a window, in one call for all. @throws UpstreamError */
  days(window: TimeWindow): Promise<readonly TranscoderDay[]>;
}

/** A list that goes on for longer than this is not believed. */
const MAX_PAGES = 100;

export function createTranscoderLoader(
  transcoders: Transcoders,
  analytics: Analytics,
  signal?: AbortSignal,
): TranscoderLoader {
  const lists = new DataLoader<boolean, readonly TranscoderRecord[]>(
    (questions) => Promise.all(questions.map((withDeleted) => readAll(transcoders, withDeleted, signal))),
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
    if (rows.length < MAX_ITEMS_ON_PAGE) break;
  }
  return all;
}
