import { describe, expect, it } from "vitest";
import { createTestGateway, range, type TestGateway } from "../support/gateway.ts";

interface Usage {
  readonly window: { readonly from: string; readonly to: string; readonly rounding: string | null };
  readonly freshUntil: string;
  readonly total: { readonly bytesOut: string };
  readonly coverage: { readonly state: string; readonly missing: readonly object[] };
  readonly series: { readonly points: readonly { readonly start: string; readonly bytesOut: string | null }[] };
}

/** The platform publishes exactly as late as the gateway assumes, so the usage of `freshUntil` is all that there is. */
const gatewayAt = (startAt: string) => createTestGateway({ sandbox: { startAt, lagMs: 5 * 60_000 } });
const FIGURES = (granularity: string) => `window { from to rounding } freshUntil total { bytesOut }
  coverage { state missing { from } } series(granularity: ${granularity}) { points { start bytesOut } }`;

async function usageOf({ ask }: TestGateway, args: string, granularity = "HOUR"): Promise<Usage> {
  const { data, errors } = await ask<{ account: { usage: Usage } }>(
    `{ account { usage(${args}) { ${FIGURES(granularity)} } } }`,
  );
  expect({ args, errors }).toEqual({ args, errors: [] });
  return data.account.usage;
}

/** The usage of a window is that of the sandbox, by its total and by its series. */
function expectTruth(gateway: TestGateway, { window, total, series }: Usage): void {
  const truth = `${gateway.sandbox.truth(window).bytesOut}`;
  const sum = series.points.reduce((bytes, { bytesOut }) => bytes + BigInt(bytesOut ?? 0), 0n);
  expect([total.bytesOut, `${sum}`]).toEqual([truth, truth]);
}

describe("window.last", () => {
  it.each([
    // At 12:29 the usage of 12:15 is published.
    ["PT1H", "HOUR", "2026-03-18T12:29:00Z", "2026-03-18T11:00:00.000Z", "2026-03-18T12:00:00.000Z"],
    ["PT3H", "HOUR", "2026-03-18T12:29:00Z", "2026-03-18T09:00:00.000Z", "2026-03-18T12:00:00.000Z"],
    ["PT3H", "HOUR", "2026-03-18T12:04:59Z", "2026-03-18T08:00:00.000Z", "2026-03-18T11:00:00.000Z"],
    ["PT3H", "HOUR", "2026-03-18T12:05:00Z", "2026-03-18T09:00:00.000Z", "2026-03-18T12:00:00.000Z"],
    ["PT168H", "HOUR", "2026-03-18T12:29:00Z", "2026-03-11T13:00:00.000Z", "2026-03-18T12:00:00.000Z"],
    ["P1D", "HOUR", "2026-03-18T12:29:00Z", "2026-03-17T00:00:00.000Z", "2026-03-18T00:00:00.000Z"],
    ["P1D", "HOUR", "2026-03-18T00:04:59Z", "2026-03-16T00:00:00.000Z", "2026-03-17T00:00:00.000Z"],
    ["P7D", "DAY", "2026-03-18T12:29:00Z", "2026-03-11T00:00:00.000Z", "2026-03-18T00:00:00.000Z"],
    ["P8D", "DAY", "2026-03-18T12:29:00Z", "2026-03-10T00:00:00.000Z", "2026-03-18T00:00:00.000Z"],
    ["P365D", "DAY", "2026-03-18T12:29:00Z", "2025-03-19T00:00:00.000Z", "2026-03-18T00:00:00.000Z"],
    ["P1M", "MONTH", "2026-03-31T23:59:00Z", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"],
    ["P1M", "MONTH", "2026-04-01T00:05:00Z", "2026-03-01T00:00:00.000Z", "2026-04-01T00:00:00.000Z"],
    ["P24M", "MONTH", "2026-03-18T12:29:00Z", "2024-03-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"],
  ])("%s by %s at %s is over at `freshUntil`", async (last, granularity, now, from, to) => {
    await using gateway = await gatewayAt(now);
    const usage = await usageOf(gateway, `window: { last: "${last}" }`, granularity);
    expect(usage.window).toEqual({ from, to, rounding: null });
    expect(Date.parse(usage.freshUntil)).toBeGreaterThanOrEqual(Date.parse(to));
    expectTruth(gateway, usage);
    const growing = await usageOf(gateway, `window: { last: "${last}" }, includeCurrent: true`, granularity);
    expect(growing.window).toEqual({ from, to: growing.freshUntil, rounding: null });
    expectTruth(gateway, growing);
  });

  it.each([
    ["P1D", "2026-03-30T10:20:00Z", 23],
    ["P1D", "2026-10-26T10:20:00Z", 25],
    ["P6D", "2026-03-30T10:20:00Z", 143],
    ["P6D", "2026-10-26T10:20:00Z", 145],
  ])("%s in Europe/Berlin at %s has %i hours", async (last, now, hours) => {
    await using gateway = await gatewayAt(now);
    const args = `window: { last: "${last}" }, timeZone: "Europe/Berlin"`;
    const byHour = await usageOf(gateway, args);
    expect(byHour.series.points).toHaveLength(hours);
    expectTruth(gateway, byHour);
    const byDay = await usageOf(gateway, args, "DAY");
    expect(byDay.series.points).toHaveLength(Number(last.slice(1, -1)));
    expectTruth(gateway, byDay);
  });

  it.each([
    ["viewerRecords", "viewerRecords(first: 1, window: { last: $last }) { nodes { bytes } }"],
    ["mediaAssets", "mediaAssets(first: 1, window: { last: $last }) { nodes { name } }"],
    ["usage", "account { usage(window: { last: $last }) { total { bytesOut } } }"],
    ["clipUsage", "account { clipUsage(window: { last: $last }) { minutesUsed } }"],
  ])("that is not positive is refused by %s, without a call", async (_name, field) => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ account { accountId } }");
    gateway.sandbox.clearCalls();
    for (const last of ["-P7D", "-PT5H", "-P1M", "PT0S", "P0D", "P0M"]) {
      const { errors } = await gateway.ask(`query ($last: Duration!) { ${field} }`, { last });
      expect({ last, errors }).toMatchObject({
        last,
        errors: [{ message: expect.stringContaining("positive"), extensions: { code: "INVALID_WINDOW" } }],
      });
    }
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("of records is exactly so long, up to now", async () => {
    await using gateway = await gatewayAt("2026-03-30T10:20:30Z");
    for (const [last, from] of [
      ["PT90M", "2026-03-30T08:50:30Z"],
      ["PT24H", "2026-03-29T10:20:30Z"],
      // By the clock of Berlin, where the 29th had 23 hours.
      ["P2D", "2026-03-28T11:20:30Z"],
      ["P1M", "2026-02-28T11:20:30Z"],
    ]) {
      const records = (window: string) =>
        `viewerRecords(first: 1000, window: ${window}, timeZone: "Europe/Berlin") { nodes { id } }`;
      const { data, errors } = await gateway.ask<{ last: object; range: object }>(
        `{ last: ${records(`{ last: "${last}" }`)} range: ${records(range(from ?? "", "2026-03-30T10:20:30Z"))} }`,
      );
      expect(errors).toEqual([]);
      expect(data.last).toEqual(data.range);
      expect(JSON.stringify(data.last)).toContain("id");
    }
  });
});

describe("window.named and window.month", () => {
  it.each([
    ["TODAY", "UTC", "2026-03-18T12:29:00Z", "2026-03-18T00:00:00.000Z", "2026-03-18T12:15:00.000Z"],
    ["YESTERDAY", "UTC", "2026-03-18T12:29:00Z", "2026-03-17T00:00:00.000Z", "2026-03-18T00:00:00.000Z"],
    ["YESTERDAY", "UTC", "2026-03-18T00:04:00Z", "2026-03-17T00:00:00.000Z", "2026-03-17T23:45:00.000Z"],
    ["THIS_MONTH", "UTC", "2026-03-18T12:29:00Z", "2026-03-01T00:00:00.000Z", "2026-03-18T12:15:00.000Z"],
    ["LAST_MONTH", "UTC", "2026-03-18T12:29:00Z", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"],
    ["TODAY", "Europe/Berlin", "2026-03-18T23:29:00Z", "2026-03-18T23:00:00.000Z", "2026-03-18T23:15:00.000Z"],
    ["YESTERDAY", "Europe/Berlin", "2026-10-26T09:00:00Z", "2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"],
  ])("%s in %s at %s is told up to the newest usage", async (named, timeZone, now, from, to) => {
    await using gateway = await gatewayAt(now);
    const usage = await usageOf(gateway, `window: { named: ${named} }, timeZone: "${timeZone}"`, "DAY");
    expect(usage.window).toEqual({ from, to, rounding: null });
    expectTruth(gateway, usage);
  });

  it.each(["2026-04-01T00:00:00Z", "2026-04-01T00:04:59Z", "2026-04-01T00:14:59Z"])(
    "of a month that began at %s at the latest is empty until its first usage, and never an error",
    async (now) => {
      await using gateway = await gatewayAt(now);
      await gateway.ask("{ account { accountId } }");
      for (const window of ['{ month: "2026-04" }', "{ named: THIS_MONTH }", "{ named: TODAY }"]) {
        gateway.analyticsCalls();
        for (const granularity of ["HOUR", "DAY", "MONTH"]) {
          const usage = await usageOf(gateway, `window: ${window}`, granularity);
          const start = "2026-04-01T00:00:00.000Z";
          expect(usage).toMatchObject({
            window: { from: start, to: start },
            total: { bytesOut: "0" },
            coverage: { state: "PARTIAL", missing: [] },
            series: { points: [] },
          });
        }
        expect(gateway.analyticsCalls()).toEqual([]);
        const { errors } = await gateway.ask(
          `{ stream(by: { name: "derby-final" }) { bandwidth(window: ${window}) { total { bytesOut } byCountry { country } percentile { samples } }
               bandwidthByTrackingId(window: ${window}) { trackingId } geoCascadeTraffic(window: ${window}, clusters: ["fra-1"]) { meteredBytesOut } }
             partner(by: { trackingId: "northwind-tv" }) { usage(window: ${window}) { total { bytesOut } } usageByStream(window: ${window}) { totalCount } }
             account { reconciliation(window: ${window}) { residualBytesOut } untrackedUsage(window: ${window}) { total { bytesOut } }
               clipUsage(window: ${window}) { minutesUsed } storageUsage(window: ${window}) { gigabyteHours billed { total } }
               drmUsage(window: ${window}) { licences { issued } } transcoderUsage(window: ${window}) { minutesUsed } }
             viewerRecords(first: 1, window: ${window}) { nodes { bytes } } mediaAssets(first: 1, window: ${window}) { nodes { name } } }`,
        );
        expect(errors).toEqual([]);
      }
    },
  );

  it("has usage as soon as the first quarter hour is published", async () => {
    await using gateway = await gatewayAt("2026-04-01T00:20:00Z");
    const usage = await usageOf(gateway, 'window: { month: "2026-04" }');
    expect(usage.window.to).toBe("2026-04-01T00:15:00.000Z");
    expect(BigInt(usage.total.bytesOut)).toBeGreaterThan(0n);
    expectTruth(gateway, usage);
  });

  it("of a month that has not begun is refused, a millisecond before it begins as well", async () => {
    await using gateway = await gatewayAt("2026-03-31T23:59:59.999Z");
    const { errors } = await gateway.ask(
      `{ account { usage(window: { month: "2026-04" }) { freshUntil } } viewerRecords(window: { month: "2026-04" }) { nodes { bytes } }
         mediaAssets(window: { month: "2026-04" }) { nodes { name } } }`,
    );
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(Array(3).fill("INVALID_WINDOW"));
  });
});

describe("a window that cuts through hours", () => {
  const CUT = `window: ${range("2026-03-17T05:30:00Z", "2026-03-17T08:20:00Z")}`;

  it("is refused with the two windows of full hours, which `rounding` selects and the answer names", async () => {
    await using gateway = await createTestGateway();
    const { errors } = await gateway.ask(`{ account { usage(${CUT}) { total { bytesOut } } } }`);
    const OUT = { from: "2026-03-17T05:00:00Z", to: "2026-03-17T09:00:00Z" };
    const IN = { from: "2026-03-17T06:00:00Z", to: "2026-03-17T08:00:00Z" };
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining("Set `rounding` to OUT for 2026-03-17T05:00:00Z"),
        extensions: { code: "INVALID_WINDOW", rounded: { OUT, IN }, valid: OUT },
      },
    ]);
    for (const [rounding, { from, to }] of Object.entries({ OUT, IN })) {
      const usage = await usageOf(gateway, `${CUT}, rounding: ${rounding}`);
      expect(usage.window).toEqual({ from: from.replace("Z", ".000Z"), to: to.replace("Z", ".000Z"), rounding });
      expectTruth(gateway, usage);
    }
  });

  it.each(["{ named: TODAY }", "{ named: YESTERDAY }", '{ last: "P2D" }'])(
    "since the zone begins its days at the half hour, is refused unless it is rounded: %s",
    async (window) => {
      await using gateway = await createTestGateway();
      const args = `window: ${window}, timeZone: "Asia/Kolkata"`;
      const { errors } = await gateway.ask(`{ account { usage(${args}) { total { bytesOut } } } }`);
      expect(errors).toMatchObject([
        { extensions: { code: "INVALID_WINDOW", reason: "OFFSET_NOT_WHOLE_HOURS", rounded: { OUT: {}, IN: {} } } },
      ]);
      for (const rounding of ["OUT", "IN"]) {
        const usage = await usageOf(gateway, `${args}, rounding: ${rounding}`);
        expect(usage.window.rounding).toBe(rounding);
        expectTruth(gateway, usage);
      }
    },
  );

  it("shorter than an hour can be rounded outwards only", async () => {
    await using gateway = await createTestGateway();
    const args = `window: ${range("2026-03-17T05:10:00Z", "2026-03-17T05:50:00Z")}`;
    const { errors } = await gateway.ask(`{ account { usage(${args}, rounding: IN) { total { bytesOut } } } }`);
    expect(errors).toMatchObject([{ extensions: { code: "INVALID_WINDOW", rounded: { IN: null } } }]);
    expect((await usageOf(gateway, `${args}, rounding: OUT`)).series.points).toHaveLength(1);
  });

  it("does not concern records, which have no hours", async () => {
    await using gateway = await createTestGateway();
    const { errors } = await gateway.ask(
      `{ viewerRecords(first: 1, ${CUT}) { nodes { bytes } } mediaAssets(first: 1, ${CUT}) { nodes { name } } }`,
    );
    expect(errors).toEqual([]);
  });
});

describe("the calls of a window", () => {
  it("are the same for each way to name it", async () => {
    await using gateway = await createTestGateway();
    gateway.analyticsCalls();
    const windows = ["{ named: YESTERDAY }", '{ last: "P1D" }', range("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z")];
    const { errors } = await gateway.ask(
      `{ streams(first: 5) { nodes { ${windows.map((window, index) => `w${index}: bandwidth(window: ${window}) { total { bytesOut } }`).join(" ")} } } }`,
    );
    expect(errors).toEqual([]);
    expect(gateway.analyticsCalls()).toHaveLength(1);
  });
});
