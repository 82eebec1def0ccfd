import { describe, expect, it } from "vitest";
import { createTestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

const LIST = `{ streams(first: 50) { nodes { name bandwidth(window: { last: "PT24H" }, includeCurrent: true) { freshUntil total { bytesOut } series { points { bytesOut } } } } } }`;

describe("figures", () => {
  it("cost no call until the quarter hour has passed, and are new after it", async () => {
    await using gateway = await createTestGateway();
    const first = await gateway.ask(LIST);
    expect(gateway.analyticsCalls().length).toBeGreaterThan(0);
    expect(await gateway.ask(LIST)).toMatchObject({ data: first.data, errors: [] });
    expect(gateway.analyticsCalls()).toEqual([]);
    gateway.sandbox.clock.advance(15 * 60_000);
    const later = await gateway.ask(LIST);
    expect(gateway.analyticsCalls().length).toBeGreaterThan(0);
    expect(later.data).not.toEqual(first.data);
  });

  it("are read once for all who ask at the same time", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ streams { totalCount } }");
    gateway.sandbox.clearCalls();
    const alone = await createTestGateway();
    await alone.ask(LIST);
    const needed = alone.analyticsCalls().length;
    await alone[Symbol.asyncDispose]();
    await Promise.all(Array.from({ length: 20 }, () => gateway.ask(LIST)));
    expect(gateway.analyticsCalls()).toHaveLength(needed);
  });

  it("past their quarter hour are better than none: they are served, and said to be stale", async () => {
    await using gateway = await createTestGateway();
    const query = `{ stream(by: { name: "derby-final" }) { bandwidth(window: { range: { from: "2026-03-17T00:00:00Z", to: "2026-03-18T00:00:00Z" } }) { total { bytesOut } } } }`;
    const first = await gateway.ask(query);
    gateway.sandbox.clock.advance(20 * 60_000);
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    const stale = await gateway.ask(query);
    expect(stale).toMatchObject({ data: first.data, errors: [] });
    expect(stale.extensions["stale"]).toEqual([{ source: "USAGE", asOf: "2026-03-18T10:20:00.000Z" }]);
    gateway.sandbox.clock.advance(60_000);
    gateway.sandbox.clearFaults();
    const fresh = await gateway.ask(query);
    expect(fresh).toMatchObject({ data: first.data, errors: [] });
    expect(fresh.extensions["stale"]).toBeUndefined();
  });

  it("that were read for the operator are read anew for a partner", async () => {
    await using gateway = await createTestGateway();
    const northwind = await onboard(gateway, "northwind-tv");
    const query = `{ partner(by: { trackingId: "northwind-tv" }) { usage(window: { last: "P1D" }) { total { bytesOut } } } }`;
    const { data } = await gateway.ask(query);
    gateway.analyticsCalls();
    expect(await gateway.as(northwind.key).ask(query)).toMatchObject({ data, errors: [] });
    expect(gateway.analyticsCalls()).toHaveLength(1);
  });
});
