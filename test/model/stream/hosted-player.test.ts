import { describe, expect, it } from "vitest";
import { type PlayerOptions, playerParameters } from "../../../src/model/stream/hosted-player.ts";
import { refusalOf } from "../../support/refusal.ts";

describe("the hosted player", () => {
  it("is told nothing that was not chosen", () => {
    expect(playerParameters({}, "options")).toBe("");
  });

  it("is told every option by the name that it knows", () => {
    const options = {
      isMuted: true,
      isMultisource: true,
      isGrid: true,
      mainLabel: "Stage & pit",
      showsTimer: true,
      showsMetadata: true,
      strategy: "QUALITY",
      initialBitsPerSecond: 4_000_000,
      minPlayoutDelayMs: 0,
      maxPlayoutDelayMs: 500,
      isDrm: true,
      usesIpv6: true,
      offlineImageUrl: "https://cdn.example/poster.jpg?v=1&w=2",
    } as const;
    expect(playerParameters(options, "options")).toBe(
      "&multisource=true&mute=true&layout=grid&mainLabel=Stage%20%26%20pit&showTimer=true&metadata=true" +
        "&abrStrategy=quality&abrInitialBandwidth=4000000&forcePlayoutDelayMin=0&forcePlayoutDelayMax=500&drm=true&ipv6=true" +
        "&image=https%3A%2F%2Fcdn.example%2Fposter.jpg%3Fv%3D1%26w%3D2",
    );
  });

  it.each<[string, PlayerOptions]>([
    ["isGrid", { isGrid: true }],
    ["mainLabel", { mainLabel: "a" }],
    ["mainLabel", { mainLabel: "", isMultisource: true }],
    ["minPlayoutDelayMs", { maxPlayoutDelayMs: 10 }],
    ["maxPlayoutDelayMs", { minPlayoutDelayMs: 10 }],
    ["maxPlayoutDelayMs", { minPlayoutDelayMs: 10, maxPlayoutDelayMs: 5 }],
    ["minPlayoutDelayMs", { minPlayoutDelayMs: -1, maxPlayoutDelayMs: 5 }],
    ["minPlayoutDelayMs", { minPlayoutDelayMs: -2, maxPlayoutDelayMs: -3 }],
    ["mainLabel", { mainLabel: "half \ud83d", isMultisource: true }],
    ["initialBitsPerSecond", { initialBitsPerSecond: 0 }],
    ["offlineImageUrl", { offlineImageUrl: "http://cdn.example/poster.jpg" }],
    ["offlineImageUrl", { offlineImageUrl: "https://" }],
    ["offlineImageUrl", { offlineImageUrl: "https://cdn.example/half \ud83d" }],
    ["offlineImageUrl", { offlineImageUrl: "https://cdn.example/\ud83d.jpg" }],
    ["offlineImageUrl", { offlineImageUrl: "https://cdn.example/a\n\tb" }],
    ["offlineImageUrl", { offlineImageUrl: "https://cdn.example/a\u0000" }],
    ["offlineImageUrl", { offlineImageUrl: "https://me:secret@cdn.example/poster.jpg" }],
    ["offlineImageUrl", { offlineImageUrl: "javascript:alert(1)" }],
    ["offlineImageUrl", { offlineImageUrl: `https://cdn.example/${"x".repeat(2_048)}` }],
  ])("is refused for %s of %j", (option, options) => {
    expect(refusalOf(() => playerParameters(options, "options"))).toMatchObject({
      code: "INVALID_INPUT",
      argument: `options.${option}`,
    });
  });
});
