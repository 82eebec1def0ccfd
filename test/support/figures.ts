import { createFigureCache, type FigureCache, Waiter } from "../../src/cache/usage-cache.ts";
import { createWaves, type Waves } from "../../src/loaders/batch-scheduler.ts";
import { createFigureLoaders, type FigureLoaders } from "../../src/loaders/usage.ts";
import type { Analytics } from "../../src/upstream/analytics.ts";

/** Loaders as one request has them, over a cache that keeps nothing. */
export function figureLoadersOver(
  analytics: Analytics,
  signal?: AbortSignal,
  waves: Waves = createWaves(),
  cache: FigureCache = createFigureCache({ maxBytes: 0, now: () => 0, lagMs: 0 }),
): FigureLoaders {
  return createFigureLoaders({ analytics, cache, scope: "account" }, waves, new Waiter(signal, () => undefined));
}
