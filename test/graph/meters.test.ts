import { describe, expect, it } from "vitest";
import { createTestGateway, FRESH_UNTIL, range, type TestGateway } from "../support/gateway.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const calls = (gateway: TestGateway) =>
  gateway
    .analyticsCalls()
    .map(({ path, query }) => `${path.replace("/api/analytics/", "")}?${query}`)
    .sort();

/** Ten and a half minutes of a live stream, as a clip. */
async function clip(gateway: TestGateway, key: string): Promise<void> {
  const { data } = await gateway.ask<{ createClip: { userErrors: object[] } }>(
    `mutation { createClip(input: { idempotencyKey: "${key}", stream: { name: "harbor-news-24" },
       from: "2026-03-18T10:00:00Z", to: "2026-03-18T10:10:30Z" }) { userErrors { code message } } }`,
  );
  expect(data.createClip.userErrors).toEqual([]);
}

describe("clip minutes", () => {
  const minutes =
    'clipUsage(window: { last: "P7D" }, includeCurrent: true) { window { from to } freshUntil minutesUsed days { date minutesUsed } }';

  it("are those of the clips ordered on each day, from the next quarter hour on", async () => {
    await using gateway = await createTestGateway();
    await clip(gateway, "a");
    await clip(gateway, "b");
    const window = { from: "2026-03-11T00:00:00.000Z", to: FRESH_UNTIL.replace("Z", ".000Z") };
    expect((await gateway.ask(`{ account { ${minutes} } }`)).data).toEqual({
      account: { clipUsage: { window, freshUntil: window.to, minutesUsed: 0, days: [] } },
    });
    gateway.sandbox.clock.advance(15 * MINUTE);
    gateway.sandbox.clearCalls();
    const freshUntil = "2026-03-18T10:30:00.000Z";
    expect((await gateway.ask(`{ account { ${minutes} } }`)).data).toEqual({
      account: {
        clipUsage: {
          window: { ...window, to: freshUntil },
          freshUntil,
          minutesUsed: 22,
          days: [{ date: "2026-03-18T00:00:00.000Z", minutesUsed: 22 }],
        },
      },
    });
    // The total is that of its days: one call for both.
    expect(calls(gateway)).toEqual(["clip/series?startDate=2026-03-11&stopDate=2026-03-18T11%3A00%3A00Z"]);
  });
});

describe("storage", () => {
  it("is what is kept now, by kind, as exact bytes", async () => {
    await using gateway = await createTestGateway();
    await clip(gateway, "a");
    const { data } = await gateway.ask<{ account: { storedMedia: Record<string, string> } }>(
      "{ account { storedMedia { total recordings clips timelines vod } } }",
    );
    const { total, ...kinds } = data.account.storedMedia;
    // Ten and a half minutes at 6 Mbit/s.
    expect(kinds["clips"]).toBe(String((630 * 6_000_000) / 8));
    expect(kinds["vod"]).toBe("0");
    expect(BigInt(total ?? 0)).toBe(Object.values(kinds).reduce((sum, bytes) => sum + BigInt(bytes), 0n));
  });

  it("is metered by gigabytes and hours, each day in decimal ones, and billed in whole binary ones", async () => {
    await using gateway = await createTestGateway();
    await clip(gateway, "a");
    gateway.sandbox.clock.set("2026-03-20T00:20:00Z");
    const { data } = await gateway.ask<{
      account: {
        storageUsage: {
          gigabyteHours: number;
          days: { date: string; gigabyteHours: number }[];
          billed: Record<string, number>;
        };
      };
    }>(
      `{ account { storageUsage(window: ${range("2026-03-18T00:00:00Z", "2026-03-20T00:00:00Z")}) {
           gigabyteHours days { date gigabyteHours } billed { total recordings clips timelines vod } } } }`,
    );
    const { gigabyteHours, days, billed } = data.account.storageUsage;
    expect(days.map(({ date }) => date)).toEqual(["2026-03-18T00:00:00.000Z", "2026-03-19T00:00:00.000Z"]);
    expect(gigabyteHours).toBeCloseTo(
      days.reduce((sum, day) => sum + day.gigabyteHours, 0),
      9,
    );
    const { total, ...kinds } = billed;
    expect(total).toBe(Object.values(kinds).reduce((sum, hours) => sum + hours, 0));
    // 472.5 MB from 10:20 on the 18th to the end of the 19th, in binary gigabytes.
    const clipHours = (472_500_000 * (37 + 40 / 60)) / 1024 ** 3;
    expect(kinds["clips"]).toBe(Math.floor(clipHours));
    // The two units are 7.4 % apart; what is cut off whole is less than one for each kind.
    const inBinary = (gigabyteHours * 1e9) / 1024 ** 3;
    expect(inBinary - (total ?? 0)).toBeGreaterThanOrEqual(0);
    expect(inBinary - (total ?? 0)).toBeLessThan(4);
  });
});

describe("DRM licences", () => {
  it("are counted by day, by system and by outcome, and add up", async () => {
    await using gateway = await createTestGateway();
    const counts = "issued failed denied";
    gateway.sandbox.clearCalls();
    const { data } = await gateway.ask<{
      account: {
        drmUsage: {
          licences: { issued: number };
          bySystem: { system: string; licences: { issued: number } }[];
          days: { date: string; licences: { issued: number } }[];
        };
      };
    }>(
      `{ account { drmUsage(window: { last: "P28D" }) { licences { ${counts} } bySystem { system licences { ${counts} } }
           days { date licences { ${counts} } bySystem { system licences { ${counts} } } } } } }`,
    );
    const { licences, bySystem, days } = data.account.drmUsage;
    expect(licences.issued).toBeGreaterThan(0);
    expect(bySystem.map(({ system }) => system)).toEqual(["FAIRPLAY", "PLAYREADY", "WIDEVINE"]);
    const sum = (all: readonly { licences: { issued: number } }[]) =>
      all.reduce((total, each) => total + each.licences.issued, 0);
    expect(sum(bySystem)).toBe(licences.issued);
    expect(sum(days)).toBe(licences.issued);
    const dates = days.map(({ date }) => date);
    expect(dates).toEqual(dates.toSorted());
    expect(calls(gateway)).toHaveLength(1);
  });
});

describe("meters of a window", () => {
  const all = (window: string) =>
    `{ account { clipUsage(window: ${window}) { minutesUsed } storageUsage(window: ${window}) { gigabyteHours billed { total } }
         drmUsage(window: ${window}) { licences { issued } } transcoderUsage(window: ${window}) { minutesUsed } } }`;

  it("are of whole UTC days, and cost a call each", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.clearCalls();
    const { errors } = await gateway.ask(all(range("2026-03-16T05:00:00Z", "2026-03-17T05:00:00Z")));
    expect(errors).toEqual([]);
    const days = "startDate=2026-03-16&stopDate=2026-03-18";
    expect(calls(gateway)).toEqual([
      `clip/series?${days}`,
      `drm/series?${days}`,
      `media/storage/usage/billing?${days}`,
      `storage/series?${days}`,
      `transcoder/series?${days}`,
    ]);
  });

  it("that is not kept any more are null, with the window that works", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      `{ account { accountId clipUsage(window: ${range("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z")}) { minutesUsed } } }`,
    );
    expect(data).toEqual({ account: { accountId: "SYN4DX", clipUsage: { minutesUsed: null } } });
    expect(errors).toMatchObject([{ extensions: { code: "WINDOW_NOT_RETAINED", valid: expect.any(Object) } }]);
  });

  it("fail alone: one that is down leaves the others", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "/api/analytics/drm/series", status: 503 });
    const { data, errors } = await gateway.ask<{ account: Record<string, Record<string, unknown>> }>(
      all('{ last: "P1D" }'),
    );
    expect(data.account["drmUsage"]).toEqual({ licences: null });
    expect(data.account["storageUsage"]?.["gigabyteHours"]).toBeGreaterThan(0);
    expect(errors).toMatchObject([
      { path: ["account", "drmUsage", "licences"], extensions: { code: "UPSTREAM_UNAVAILABLE" } },
    ]);
  });

  it("are for the broadcaster's own people", async () => {
    await using gateway = await createTestGateway({ scopes: ["stream:read"] });
    const { errors } = await gateway.ask("{ account { storedMedia { total } } }");
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  });
});

describe("the clock", () => {
  it("moves figures on the quarter hour", async () => {
    await using gateway = await createTestGateway();
    const stored = async () =>
      (
        await gateway.ask<{ account: { storageUsage: { gigabyteHours: number } } }>(
          "{ account { storageUsage(window: { named: TODAY }) { gigabyteHours } } }",
        )
      ).data.account.storageUsage.gigabyteHours;
    const before = await stored();
    gateway.sandbox.clock.advance(4 * MINUTE);
    expect(await stored()).toBe(before);
    gateway.sandbox.clock.advance(HOUR);
    expect(await stored()).toBeGreaterThan(before);
  });
});
