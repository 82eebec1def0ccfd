import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { at } from "../support/time.ts";

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await createTestGateway();
});
afterEach(() => gateway[Symbol.asyncDispose]());

/** Onboards a partner that the sandbox has traffic of. @returns its API key */
async function onboard(timeZone: string, trackingId = "northwind-tv"): Promise<string> {
  const { data } = await gateway.ask<{ onboardPartner: { apiKeySecret: string; userErrors: unknown[] } }>(
    `mutation { onboardPartner(input: { idempotencyKey: "${trackingId}", name: "${trackingId}", trackingIds: ["${trackingId}"],
       timeZone: "${timeZone}" }) { apiKeySecret userErrors { code } } }`,
  );
  expect(data.onboardPartner.userErrors).toEqual([]);
  return data.onboardPartner.apiKeySecret;
}

const partner = (fields: string) => `partner(by: { trackingId: "northwind-tv" }) { ${fields} }`;
const WINDOW = "window { from to timeZone timeZones { timeZone from to } }";

/** Returns the part of an answer at a path. */
function take(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], value);
}

describe("a partner's time zone", () => {
  it("is that of the days of its usage, for the operator and for the partner itself", async () => {
    const key = await onboard("Europe/Berlin");
    const yesterday = {
      from: "2026-03-16T23:00:00.000Z",
      to: "2026-03-17T23:00:00.000Z",
      timeZone: "Europe/Berlin",
      timeZones: [{ timeZone: "Europe/Berlin", from: "2026-03-16T23:00:00.000Z", to: "2026-03-17T23:00:00.000Z" }],
    };
    const fields = `usage(window: { named: YESTERDAY }) { ${WINDOW} total { bytesOut } series { points { bytesOut } } }
      usageByStream(window: { last: "P1D" }, first: 1) { nodes { usage { ${WINDOW} } } }`;
    const { data, errors } = await gateway.ask(`{ ${partner(fields)} }`);
    expect(errors).toEqual([]);
    expect(take(data, "partner", "usage", "window")).toEqual(yesterday);
    expect(take(data, "partner", "usageByStream", "nodes", 0, "usage", "window")).toEqual(yesterday);
    const points = take(data, "partner", "usage", "series", "points") as { bytesOut: string | null }[];
    expect(points).toHaveLength(24);
    // The sandbox meters no third and fourth hour of Tuesdays.
    const sum = points.reduce((all, { bytesOut }) => all + BigInt(bytesOut ?? 0), 0n);
    expect(take(data, "partner", "usage", "total", "bytesOut")).toBe(String(sum));
    expect(sum).toBeGreaterThan(0n);
    const own = await gateway.as(key).ask(`{ me { partner { ${fields} } } }`);
    expect(take(own.data, "me", "partner")).toEqual(take(data, "partner"));
  });

  it("is that of everything that the partner's own caller asks for", async () => {
    const key = await onboard("Europe/Berlin");
    const { data } = await gateway
      .as(key)
      .ask(`{ partners { nodes { usage(window: { named: TODAY }) { window { timeZone from } } } }
              streams(first: 1) { nodes { bandwidth(window: { named: TODAY }) { window { timeZone from } } } } }`);
    const today = { timeZone: "Europe/Berlin", from: "2026-03-17T23:00:00.000Z" };
    expect(take(data, "partners", "nodes")).toEqual([{ usage: { window: today } }]);
    for (const { bandwidth } of take(data, "streams", "nodes") as { bandwidth: unknown }[]) {
      expect(bandwidth).toEqual({ window: today });
    }
  });

  it("gives way to a zone that the query names, and is not that of the account", async () => {
    await onboard("Europe/Berlin");
    const { data } = await gateway.ask(
      `{ ${partner(`usage(window: { named: YESTERDAY }, timeZone: "Asia/Tokyo") { window { timeZone from }
           series(granularity: DAY, timeZone: "UTC") { window { timeZone } points { start } } }`)}
         account { usage(window: { named: YESTERDAY }) { window { timeZone from } } } }`,
    );
    expect(data).toEqual({
      partner: {
        usage: {
          window: { timeZone: "Asia/Tokyo", from: "2026-03-16T15:00:00.000Z" },
          series: {
            window: { timeZone: "UTC" },
            points: [{ start: "2026-03-16T15:00:00.000Z" }, { start: "2026-03-17T00:00:00.000Z" }],
          },
        },
      },
      account: { usage: { window: { timeZone: "UTC", from: "2026-03-17T00:00:00.000Z" } } },
    });
  });

  it("is UTC while nobody has claimed the tracking id", async () => {
    const { data } = await gateway.ask(
      `{ ${partner(`timeZone usageTimeZones { fromMonth timeZone } usage(window: { named: TODAY }) { window { timeZone } }`)} }`,
    );
    expect(data).toEqual({
      partner: {
        timeZone: null,
        usageTimeZones: [{ fromMonth: null, timeZone: "UTC" }],
        usage: { window: { timeZone: "UTC" } },
      },
    });
  });

  it("orders partners by the usage that their own fields show", async () => {
    await onboard("Europe/Berlin");
    await onboard("America/New_York", "harbor-media");
    const { data } = await gateway.ask<{
      partners: { nodes: { usage: { window: { timeZone: string }; total: { bytesOut: string } } }[] };
    }>(
      `{ partners(orderByUsage: { window: { named: YESTERDAY } }, first: 50) {
           nodes { usage(window: { named: YESTERDAY }) { window { timeZone } total { bytesOut } } } } }`,
    );
    const bytes = data.partners.nodes.map(({ usage }) => BigInt(usage.total.bytesOut));
    expect(bytes).toEqual(bytes.toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0)));
    const used = new Set(data.partners.nodes.map(({ usage }) => usage.window.timeZone));
    expect([...used].sort()).toEqual(["America/New_York", "Europe/Berlin", "UTC"]);
  });

  it("holds from the next month when it is changed: the present month keeps its zone, and the next begins at its end", async () => {
    await onboard("Europe/Berlin");
    const update = (timeZone: string) =>
      gateway.ask(
        `mutation { updatePartner(input: { partner: { trackingId: "northwind-tv" }, timeZone: "${timeZone}" }) {
           partner { timeZone usageTimeZones { fromMonth timeZone } } userErrors { code } } }`,
      );
    await update("Asia/Tokyo");
    expect((await update("America/New_York")).data).toEqual({
      updatePartner: {
        partner: {
          timeZone: "America/New_York",
          usageTimeZones: [
            { fromMonth: null, timeZone: "Europe/Berlin" },
            { fromMonth: "2026-04", timeZone: "America/New_York" },
          ],
        },
        userErrors: [],
      },
    });
    const windowOf = async (named: string) => {
      const { data } = await gateway.ask(`{ ${partner(`usage(window: { named: ${named} }) { ${WINDOW} }`)} }`);
      return take(data, "partner", "usage", "window");
    };
    expect(await windowOf("TODAY")).toMatchObject({ timeZone: "Europe/Berlin", from: "2026-03-17T23:00:00.000Z" });
    gateway.sandbox.clock.advance(at("2026-04-01T13:00:00Z") - gateway.sandbox.clock.now());
    expect(await windowOf("THIS_MONTH")).toMatchObject({
      timeZone: "America/New_York",
      from: "2026-03-31T22:00:00.000Z",
      timeZones: [{ timeZone: "America/New_York" }],
    });
    const { data, errors } = await gateway.ask(
      `{ ${partner(`usage(window: { last: "P2D", }, includeCurrent: true) { ${WINDOW}
           total { bytesOut } series(granularity: DAY) { points { start end bytesOut } } }`)} }`,
    );
    expect(errors).toEqual([]);
    const usage = take(data, "partner", "usage") as {
      total: { bytesOut: string };
      window: { timeZones: unknown };
      series: { points: { start: string; end: string; bytesOut: string }[] };
    };
    expect(usage.window.timeZones).toEqual([
      { timeZone: "Europe/Berlin", from: "2026-03-29T22:00:00.000Z", to: "2026-03-31T22:00:00.000Z" },
      { timeZone: "America/New_York", from: "2026-03-31T22:00:00.000Z", to: "2026-04-01T12:45:00.000Z" },
    ]);
    expect(usage.series.points.map(({ start, end }) => [start, end])).toEqual([
      ["2026-03-29T22:00:00.000Z", "2026-03-30T22:00:00.000Z"],
      ["2026-03-30T22:00:00.000Z", "2026-03-31T22:00:00.000Z"],
      ["2026-03-31T22:00:00.000Z", "2026-04-02T04:00:00.000Z"],
    ]);
    const sum = usage.series.points.reduce((all, { bytesOut }) => all + BigInt(bytesOut), 0n);
    expect(usage.total.bytesOut).toBe(String(sum));
  });

  it("without whole-hour offsets is replaced by the account's, which every answer names", async () => {
    await onboard("Asia/Kolkata");
    const named = async (name: string) => {
      const { data, errors } = await gateway.ask(
        `{ ${partner(`timeZone usageTimeZones { fromMonth timeZone }
             usage(window: { named: ${name} }) { total { bytesOut } window { timeZone from } }`)}
           account { billingTimeZone billingTimeZones { fromMonth timeZone } } }`,
      );
      expect(errors).toEqual([]);
      return data;
    };
    expect(await named("YESTERDAY")).toMatchObject({
      partner: {
        timeZone: "Asia/Kolkata",
        usageTimeZones: [{ fromMonth: null, timeZone: "UTC" }],
        usage: { window: { timeZone: "UTC", from: "2026-03-17T00:00:00.000Z" } },
      },
      account: { billingTimeZone: "UTC", billingTimeZones: [{ fromMonth: null, timeZone: "UTC" }] },
    });
    const { data } = await gateway.ask(
      `mutation { setBillingTimeZone(input: { timeZone: "Asia/Dubai" }) {
         account { billingTimeZone } userErrors { code } } }`,
    );
    expect(data).toEqual({ setBillingTimeZone: { account: { billingTimeZone: "Asia/Dubai" }, userErrors: [] } });
    const zones = [
      { fromMonth: null, timeZone: "UTC" },
      { fromMonth: "2026-04", timeZone: "Asia/Dubai" },
    ];
    expect(await named("YESTERDAY")).toMatchObject({
      partner: { usageTimeZones: zones, usage: { window: { timeZone: "UTC" } } },
      account: { billingTimeZones: zones },
    });
    gateway.sandbox.clock.advance(at("2026-04-03T13:00:00Z") - gateway.sandbox.clock.now());
    expect(await named("YESTERDAY")).toMatchObject({
      partner: { usage: { window: { timeZone: "Asia/Dubai", from: "2026-04-01T20:00:00.000Z" } } },
    });
  });

  it.each([
    ["Europe/Atlantis", /^`input.timeZone` must be an IANA time zone/],
    ["Asia/Kolkata", /^`input.timeZone` must be a time zone with whole-hour offsets.*; got Asia\/Kolkata\.$/],
  ])("of billing is refused if it is %s", async (timeZone, message) => {
    const { data } = await gateway.ask(
      `mutation { setBillingTimeZone(input: { timeZone: "${timeZone}" }) { account { id } userErrors { code path message } } }`,
    );
    expect(data).toEqual({
      setBillingTimeZone: {
        account: null,
        userErrors: [{ code: "INVALID_INPUT", path: ["input", "timeZone"], message: expect.stringMatching(message) }],
      },
    });
  });

  it("of billing is not read by partners", async () => {
    const key = await onboard("Europe/Berlin");
    const { data, errors } = await gateway.as(key).ask(`{ account { billingTimeZone } }`);
    expect(data).not.toMatchObject({ account: { billingTimeZone: expect.anything() } });
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  });
});
