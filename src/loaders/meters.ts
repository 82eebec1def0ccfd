import DataLoader from "dataloader";
import type { ByMediaKind, DrmDay, MeteredDay } from "../model/usage/meters.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import { windowKey } from "../model/usage/time-window.ts";
import { once } from "../primitives/memoize.ts";
import type { Meters } from "../upstream/meters.ts";

/**
 * Loader of the meters that the account is charged for beside bandwidth.
 *
 * Every method throws UpstreamError.
 */
export interface MeterLoader {
  clipDays(window: TimeWindow): Promise<readonly MeteredDay[]>;
  storageDays(window: TimeWindow): Promise<readonly MeteredDay[]>;
  billedStorage(window: TimeWindow): Promise<ByMediaKind<number>>;
  storedBytes(): Promise<ByMediaKind<bigint>>;
  drmDays(window: TimeWindow): Promise<readonly DrmDay[]>;
}

/** @param signal aborted when the client disconnects */
export function createMeterLoader(meters: Meters, signal?: AbortSignal): MeterLoader {
  const byWindow = <Value>(read: (window: TimeWindow, signal?: AbortSignal) => Promise<Value>) => {
    const loader = new DataLoader<TimeWindow, Value, string>(
      (windows) => Promise.all(windows.map((window) => read(window, signal).catch((error: Error) => error))),
      { cacheKeyFn: windowKey },
    );
    return (window: TimeWindow) => loader.load(window);
  };
  return {
    clipDays: byWindow(meters.clipDays),
    storageDays: byWindow(meters.storageDays),
    billedStorage: byWindow(meters.billedStorage),
    storedBytes: once(() => meters.storedBytes(signal)),
    drmDays: byWindow(meters.drmDays),
  };
}
