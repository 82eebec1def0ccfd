import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../src/model/usage/time.ts";
import { COLLECTOR_LEASE } from "../../src/store/leases.ts";
import { createTestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { at } from "../support/time.ts";

const COLLECTION = `{ usageCollection { isRunning
  progress { granularity series incompleteSeries collectedFrom keptFrom collectedUntil lateSeconds }
  missing { kind name granularity from to } problems { code } } }`;

describe("usageCollection", () => {
  it("is empty before the first reading", async () => {
    await using gateway = await createTestGateway();
    expect((await gateway.ask(COLLECTION)).data).toEqual({
      usageCollection: { isRunning: false, progress: [], missing: [], problems: [] },
    });
  });

  it("says what is covered, what is missing and how late it is", async () => {
    await using gateway = await createTestGateway();
    const { store, sandbox } = gateway;
    const lease = await store.leases.take(COLLECTOR_LEASE, "other gateway", 600_000);
    if (!lease) throw new Error("a free lease was refused");
    const from = at("2026-03-11T11:00:00Z");
    const hours = { granularity: "HOUR", from, until: at("2026-03-18T09:00:00Z") } as const;
    const readUntil = at("2026-03-18T09:15:00Z");
    await store.usageArchive.saveSources(
      sandbox.accountId,
      [
        { ...hours, kind: "ACCOUNT", name: "", readUntil },
        { ...hours, kind: "TRACKING_STREAM", name: "northwind-tv", until: from, readUntil: readUntil + HOUR_MS },
      ],
      lease,
    );
    const gap = { granularity: "HOUR", from: from - 2 * HOUR_MS, until: from } as const;
    await store.usageArchive.saveGaps(
      sandbox.accountId,
      [
        { ...gap, kind: "ACCOUNT", name: "" },
        { ...gap, kind: "TRACKING_STREAM", name: "northwind-tv" },
      ],
      lease,
    );
    const missing = { granularity: "HOUR", from: "2026-03-11T09:00:00.000Z", to: "2026-03-11T11:00:00.000Z" };
    expect((await gateway.ask(COLLECTION)).data).toEqual({
      usageCollection: {
        isRunning: true,
        progress: [
          {
            granularity: "HOUR",
            series: 2,
            incompleteSeries: 1,
            collectedFrom: "2026-03-11T11:00:00.000Z",
            keptFrom: "2026-03-11T11:00:00.000Z",
            collectedUntil: "2026-03-18T09:15:00.000Z",
            lateSeconds: 3_600,
          },
        ],
        missing: [
          { ...missing, kind: "ACCOUNT", name: null },
          { ...missing, kind: "TRACKING_STREAM", name: "northwind-tv" },
        ],
        problems: [],
      },
    });
  });

  it("says since when hours are kept if they are kept for a time, and days since the oldest", async () => {
    await using gateway = await createTestGateway({ gateway: { hoursKeptDays: 62 } });
    const { store, sandbox } = gateway;
    const lease = await store.leases.take(COLLECTOR_LEASE, "other gateway", 600_000);
    if (!lease) throw new Error("a free lease was refused");
    const [from, until] = [at("2025-09-01T00:00:00Z"), at("2026-03-18T00:00:00Z")];
    const source = { kind: "ACCOUNT", name: "", from, until, readUntil: until } as const;
    const sources = (["HOUR", "DAY"] as const).map((granularity) => ({ ...source, granularity }));
    await store.usageArchive.saveSources(sandbox.accountId, sources, lease);
    const { data } = await gateway.ask("{ usageCollection { progress { granularity keptFrom } } }");
    expect(data).toEqual({
      usageCollection: {
        progress: [
          { granularity: "HOUR", keptFrom: "2026-01-15T00:00:00.000Z" },
          { granularity: "DAY", keptFrom: "2025-09-01T00:00:00.000Z" },
        ],
      },
    });
  });

  it("is refused to a partner, and nothing of it is in the answer", async () => {
    await using gateway = await createTestGateway();
    const { key } = await onboard(gateway, "acme");
    const { data, errors } = await gateway.as(key).ask(COLLECTION);
    expect(data).toEqual({ usageCollection: null });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN"]);
  });
});
