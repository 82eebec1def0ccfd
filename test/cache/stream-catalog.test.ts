import { describe, expect, it } from "vitest";
import { createDiscoveredNames } from "../../src/cache/discovered-names.ts";
import { createStreamCatalog } from "../../src/cache/stream-catalog.ts";
import { grants, subscribeToken } from "../support/records.ts";
import { tokenCacheOf } from "../support/token-cache.ts";

describe("stream catalog", () => {
  it("holds the names in tokens and the discovered ones, each once, sorted by code unit", async () => {
    const discoveredNames = createDiscoveredNames();
    const catalog = createStreamCatalog(discoveredNames);
    const tokenCache = tokenCacheOf(["derby", "/cam.*/", "Zebra"], []);
    const tokens = await tokenCache.read();
    tokenCache.put(subscribeToken({ id: 50, streams: grants("final", "derby") }));
    discoveredNames.addStream("cam1");
    discoveredNames.addStream("derby");
    expect(catalog.names(tokens)).toEqual(["Zebra", "cam1", "derby", "final"]);
    expect(["derby", "cam1", "cam.*", "cam2"].map((name) => catalog.has(name, tokens))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("is sorted again only after a token changed or a name was discovered", async () => {
    const discoveredNames = createDiscoveredNames();
    const catalog = createStreamCatalog(discoveredNames);
    const tokenCache = tokenCacheOf(["derby"], []);
    const tokens = await tokenCache.read();
    const first = catalog.names(tokens);
    discoveredNames.addStream("cam1");
    const second = catalog.names(tokens);
    discoveredNames.addStream("cam1");
    expect(catalog.names(tokens)).toBe(second);
    expect([first, second]).toEqual([["derby"], ["cam1", "derby"]]);
    tokenCache.delete("PublishToken", 0);
    expect(catalog.names(tokens)).toEqual(["cam1"]);
    expect(catalog.has("derby", tokens)).toBe(false);
  });
});
