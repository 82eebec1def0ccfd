import { describe, expect, it } from "vitest";
import type { Caller } from "../../src/auth/caller.ts";
import { createCostBudget } from "../../src/limits/cost-budget.ts";
import { openRateLimitPool } from "../../src/limits/rate-limit-pool.ts";
import { requestLimits } from "../../src/model/request-limits.ts";
import { createTestDatabase, databaseKinds } from "../support/databases.ts";
import { createTestGateway } from "../support/gateway.ts";

const caller = (principalId: string, role: Caller["role"] = "OPERATOR"): Caller => ({
  principalId,
  name: principalId,
  role,
  scopes: new Set(),
  partner: null,
  expiresAt: null,
});
const budgets = { perMinute: 100, partnerPerMinute: 10 };
const now = () => 0;

describe("cost budget", () => {
  it("is of each key, and a partner's is smaller", async () => {
    const budget = createCostBudget(budgets, now, null);
    const left = async (who: Caller, points: number) => (await budget.charge(who, points)).status.remaining;
    expect(await left(caller("a"), 60)).toBe(40);
    expect(await left(caller("b"), 60)).toBe(40);
    expect(await left(caller("p", "PARTNER"), 6)).toBe(4);
    expect((await budget.charge(caller("p", "PARTNER"), 6)).isGranted).toBe(false);
    expect((await budget.charge(caller("a"), 40)).isGranted).toBe(true);
  });

  it("is whole for whoever has not spent any of it", async () => {
    const budget = createCostBudget(budgets, now, null);
    expect(await budget.read(caller("a"), 7)).toEqual({ requested: 7, limit: 100, remaining: 100, resetAt: 0 });
  });

  it("is spent exactly, however many requests come at once", async () => {
    const budget = createCostBudget(budgets, now, null);
    const answers = await Promise.all(Array.from({ length: 50 }, () => budget.charge(caller("a"), 7)));
    expect(answers.filter(({ isGranted }) => isGranted)).toHaveLength(14);
  });

  const postgres = databaseKinds.find(({ kind }) => kind === "postgres");
  it.runIf(postgres?.isReachable)("is one for all gateways over one database, from the first request", async () => {
    await using database = await createTestDatabase("postgres");
    const { location } = database;
    if (location.kind !== "postgres") throw new Error("not a PostgreSQL");
    await database.open();
    const pools = [openRateLimitPool(location.url, 60_000), openRateLimitPool(location.url, 60_000)];
    const gateways = pools.map((pool) => createCostBudget(budgets, now, pool));
    const charges = gateways.flatMap((gateway) => Array.from({ length: 5 }, () => gateway.charge(caller("a"), 30)));
    expect((await Promise.all(charges)).filter(({ isGranted }) => isGranted)).toHaveLength(3);
    expect((await gateways[1]?.read(caller("a"), 0))?.remaining).toBe(
      (await gateways[0]?.read(caller("a"), 0))?.remaining,
    );
    await Promise.all(pools.map((pool) => pool.end()));
  });

  it("is counted in memory while the database can't be reached", async () => {
    const pool = openRateLimitPool("postgres://nobody@127.0.0.1:1/none");
    const budget = createCostBudget(budgets, now, pool);
    expect((await budget.charge(caller("a"), 60)).status.remaining).toBe(40);
    expect((await budget.charge(caller("a"), 60)).isGranted).toBe(false);
    await pool.end();
  });
});

describe("the query `limits`", () => {
  it("returns the limits of a request, as docs/limits.md lists them, and what is left of the caller's budget", async () => {
    await using gateway = await createTestGateway();
    const names = Object.keys(requestLimits);
    const { data } = await gateway.ask<{ limits: Record<string, unknown> }>(
      `{ limits { ${names.join(" ")} cost { requested limit remaining resetAt } } }`,
    );
    const { cost, ...limits } = data.limits;
    expect(limits).toEqual(Object.fromEntries(Object.entries(requestLimits).map(([name, { max }]) => [name, max])));
    expect(cost).toEqual({
      requested: 13,
      limit: 10_000_000,
      remaining: 9_999_987,
      resetAt: expect.stringMatching(/^2026-03-18T10:2/),
    });
  });
});
