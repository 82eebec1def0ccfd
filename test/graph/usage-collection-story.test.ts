import { describe, expect, it } from "vitest";
import { createTestGateway, isBuilt, range } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

const COLLECTION = `{ usageCollection { isRunning progress { granularity lateSeconds incompleteSeries series }
  problems { code kind granularity name since lastAt } missing { kind } } }`;

interface Collection {
  readonly usageCollection: {
    readonly isRunning: boolean;
    readonly progress: readonly {
      readonly granularity: string;
      readonly lateSeconds: number;
      readonly series: number;
    }[];
    readonly problems: readonly { readonly code: string; readonly kind: string | null }[];
  };
}

interface Hours {
  readonly usageCollection: { readonly progress: readonly { readonly lateSeconds: number }[] };
  readonly stream: {
    readonly bandwidth: {
      readonly series: {
        readonly origin: string;
        readonly points: readonly { readonly start: string; readonly bytesOut: string | null }[];
      };
    };
  };
}

describe("a gateway that collects usage", () => {
  // The built program pauses between its calls, by real time.
  it.skipIf(isBuilt)("says that its failures are over", async () => {
    await using gateway = await createTestGateway({ gateway: { collectUsage: true } });
    const { sandbox, ask } = gateway;
    const problems = async () => (await ask<Collection>(COLLECTION)).data.usageCollection.problems;
    sandbox.fault({ path: "/api/analytics/*", status: 503 });
    await gateway.gateway.start();
    await expect.poll(async () => (await problems()).length).toBeGreaterThan(0);
    sandbox.clearFaults();
    await expect
      .poll(async () => {
        sandbox.clock.advance(61_000);
        return problems();
      })
      .toEqual([]);
  });

  it("says how far it is, and which failures hinder it", async () => {
    await using gateway = await createTestGateway({ gateway: { collectUsage: true } });
    const { sandbox, ask } = gateway;
    const collection = async () => (await ask<Collection>(COLLECTION)).data.usageCollection;
    await gateway.gateway.start();
    await expect
      .poll(async () => (await collection()).progress.map(({ granularity, lateSeconds }) => [granularity, lateSeconds]))
      .toEqual([
        ["HOUR", 0],
        ["DAY", 0],
      ]);
    expect(await collection()).toMatchObject({ isRunning: true, problems: [] });

    sandbox.fault({ path: "/api/analytics/*", status: 503 });
    sandbox.clock.advance(15 * 60_000);
    await expect.poll(async () => (await collection()).problems[0]?.code).toBe("UPSTREAM_UNAVAILABLE");
    const [problem] = (await collection()).problems;
    expect(problem).toMatchObject({ since: "2026-03-18T10:35:00.000Z", lastAt: "2026-03-18T10:35:00.000Z" });
    const { key } = await onboard(gateway, "acme");
    const partner = await gateway.as(key).ask(COLLECTION);
    expect(partner.data).toEqual({ usageCollection: null });
    expect(JSON.stringify(partner)).not.toContain("UPSTREAM");
  });

  it("answers by the hour from the archive, with the same figures, what the platform has deleted", async () => {
    await using gateway = await createTestGateway({ gateway: { collectUsage: true } });
    const { sandbox, ask } = gateway;
    const [from, to] = ["2026-03-12T05:00:00Z", "2026-03-13T09:00:00Z"];
    const hours = async () => {
      const { data, errors } = await ask<Hours>(`{
        usageCollection { progress { lateSeconds } }
        stream(by: { name: "derby-final" }) {
          bandwidth(window: ${range(from, to)}) { series(granularity: HOUR) { origin points { start bytesOut } } }
        }
      }`);
      expect(errors).toEqual([]);
      const { origin, points } = data.stream.bandwidth.series;
      return { late: data.usageCollection.progress.map(({ lateSeconds }) => lateSeconds), origin, points };
    };
    await gateway.gateway.start();
    await expect.poll(async () => (await hours()).late).toEqual([0, 0]);
    const live = await hours();
    expect(live.origin).toBe("LIVE");
    expect(live.points.reduce((sum, { bytesOut }) => sum + BigInt(bytesOut ?? -1), 0n)).toBe(
      BigInt(sandbox.truth({ from, to, stream: "derby-final" }).bytesOut),
    );
    sandbox.clock.advance(8 * 86_400_000);
    const { origin, points } = await hours();
    expect([origin, points]).toEqual(["ARCHIVE", live.points]);
  });
});
