import type { TokenDirectory, Tokens } from "../directory/token-directory.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { createFigureLoaders, type FigureLoaders } from "./figures.ts";
import { createLiveStreamLoader, type LiveStreamLoader } from "./live-streams.ts";
import { createWaves, type Waves } from "./waves.ts";

/** Everything that reads for one request, batched and remembered until it is answered. */
export interface Loaders {
  readonly figures: FigureLoaders;
  readonly liveStreams: LiveStreamLoader;
  readonly waves: Waves;
  /** The account's tokens, from the directory that all requests share. @throws UpstreamError */
  tokens(): Promise<Tokens>;
}

/** Made anew for each request, so nothing that was read for one caller is ever served to another. */
export function createLoaders(
  upstream: Pick<Upstream, "analytics" | "monitoring">,
  directory: TokenDirectory,
  signal?: AbortSignal,
): Loaders {
  const waves = createWaves();
  let tokens: Promise<Tokens> | null = null;
  return {
    tokens: () => {
      tokens ??= waves.track(directory.read());
      return tokens;
    },
    figures: createFigureLoaders(upstream.analytics, waves, signal),
    liveStreams: createLiveStreamLoader(upstream.monitoring, waves, signal),
    waves,
  };
}
