import { describe, expect, it } from "vitest";
import { createMeters } from "../../src/upstream/meters.ts";
import { createScriptedPlatform, upstreamFailure } from "../support/platform.ts";

function createPlatform() {
  const platform = createScriptedPlatform();
  return Object.assign(platform, { meters: createMeters(platform.http) });
}

const window = { from: Date.parse("2026-03-01T00:00:00Z"), to: Date.parse("2026-03-18T11:00:00Z") };
const day = (date: string) => Date.parse(`2026-03-${date}T00:00:00Z`);
const none = { issued: 0, failed: 0, denied: 0 };

describe("meters", () => {
  it("are asked for by days and instants, and put in order", async () => {
    await using platform = createPlatform();
    platform.succeed({ series: { "2026-03-03": 47, "2026-03-01": 12 } }, { series: { "2026-03-01": 0.25 } }, {});
    expect(await platform.meters.clipDays(window)).toEqual([
      { day: day("01"), amount: 12 },
      { day: day("03"), amount: 47 },
    ]);
    expect(await platform.meters.storageDays(window)).toEqual([{ day: day("01"), amount: 0.25 }]);
    expect(await platform.meters.storageDays(window)).toEqual([]);
    expect(platform.calls[0]?.query.toString()).toBe("startDate=2026-03-01&stopDate=2026-03-18T11%3A00%3A00Z");
  });

  it("keep every byte past 2^53", async () => {
    await using platform = createPlatform();
    platform.answer({
      headers: { "content-type": "application/json" },
      body: '{"status":"success","data":{"totalBytes":9007199254740993,"recordings":9007199254740993}}',
    });
    expect(await platform.meters.storedBytes()).toEqual({
      total: 9_007_199_254_740_993n,
      recordings: 9_007_199_254_740_993n,
      clips: 0n,
      timelines: 0n,
      vod: 0n,
    });
  });

  it.each([
    ["in the envelope", (data: object) => ({ status: "success", data })],
    ["bare", (data: object) => data],
  ])("of DRM are taken %s, as the document and its example differ", async (_what, written) => {
    await using platform = createPlatform();
    const license = {
      totals: { ok: 7, fail: 1, denied: 2 },
      details: {
        "2026-03-02T00:00:00Z": { widevine: { ok: 5, denied: 2 }, fairPlay: null },
        "2026-03-01T00:00:00Z": { fairPlay: { ok: 2, fail: 1, denied: 0 } },
      },
    };
    platform.answer({ body: written({ license }) });
    expect(await platform.meters.drmDays(window)).toEqual([
      {
        day: day("01"),
        systems: { FAIRPLAY: { issued: 2, failed: 1, denied: 0 }, PLAYREADY: none, WIDEVINE: none },
      },
      {
        day: day("02"),
        systems: { FAIRPLAY: none, PLAYREADY: none, WIDEVINE: { issued: 5, failed: 0, denied: 2 } },
      },
    ]);
  });

  it("that are bare where they are not documented so are not believed", async () => {
    await using platform = createPlatform();
    platform.answer({ body: { series: {} } }, { body: { status: "fail", license: {} } });
    expect((await upstreamFailure(platform.meters.clipDays(window))).code).toBe("UPSTREAM_BAD_RESPONSE");
    expect((await upstreamFailure(platform.meters.drmDays(window))).code).toBe("UPSTREAM_BAD_RESPONSE");
  });
});
