import { describe, expect, it } from "vitest";
import { addKey } from "../support/api-keys.ts";
import { archive, bytesOf } from "../support/archive.ts";
import { failureOf, hours, lines, pick, READ_AT, request, WINDOW } from "../support/exports.ts";
import { createTestGateway } from "../support/gateway.ts";
import { takeLease } from "../support/leases.ts";
import { onboard } from "../support/partners.ts";
import { at } from "../support/time.ts";

describe("an export is authorized like the graph", () => {
  it("gives a partner its own usage and viewers, and answers for all others as for what does not exist", async () => {
    await using gateway = await createTestGateway();
    const { store } = gateway;
    const lease = await takeLease(store);
    const own = await onboard(gateway, "own-partner", ["derby-final"]);
    const foreign = await onboard(gateway, "foreign-partner", ["arena-main"]);
    for (const [owner, bytes] of [
      ["own-partner", 11n],
      ["foreign-partner", 777_777n],
    ] as const) {
      await archive(store, lease, hours(owner), READ_AT, { "2026-03-18T07:00:00Z": [bytesOf(bytes, "derby-final")] });
    }
    await archive(
      store,
      lease,
      { owner: gateway.sandbox.accountId, kind: "STREAM", subject: "derby-final", granularity: "HOUR" },
      READ_AT,
      { "2026-03-18T07:00:00Z": [bytesOf(888_888n)] },
    );
    const hour = "from=2026-03-18T07:00:00Z&to=2026-03-18T08:00:00Z";
    const own1 = [["own-partner", "derby-final", "11"]];
    const columns = ["trackingId", "stream", "bytesOut"] as const;
    expect(pick(await lines(gateway, `usage.jsonl?partner=own-partner&${hour}`, own.key), ...columns)).toEqual(own1);
    expect(pick(await lines(gateway, `usage.jsonl?partnerId=${own.id}&${hour}`, own.key), ...columns)).toEqual(own1);
    expect(pick(await lines(gateway, `usage.jsonl?stream=derby-final&${hour}`, own.key), ...columns)).toEqual(own1);
    for (const file of ["usage.csv", "usage.jsonl", "viewer-records.csv", "viewer-records.jsonl"]) {
      const answers = async (...subjects: readonly string[]) =>
        Promise.all(
          subjects.map(async (subject) => {
            const response = await request(gateway, `${file}?${subject}&${hour}`, own.key);
            return [response.status, [...response.headers.keys()], await response.text()];
          }),
        );
      const [other, missing] = await answers("partner=foreign-partner", "partner=nobody");
      expect(other).toEqual(missing);
      expect(other?.[0]).toBe(404);
      const [otherId, missingId] = await answers(`partnerId=${foreign.id}`, "partnerId=UGFydG5lcjpub2JvZHk");
      expect(otherId).toEqual(missingId);
      const [otherStream, missingStream] = await answers("stream=arena-main", "stream=nothing");
      expect(otherStream).toEqual(missingStream);
      expect(otherStream?.[0]).toBe(404);
      const account = await failureOf(await request(gateway, `${file}?account&${hour}`, own.key));
      expect(account).toMatchObject({ status: 403, code: "FORBIDDEN", isForStaff: true });
    }
  });

  it("gives a partner the usage of a tracking id since the last other partner lost it", async () => {
    await using gateway = await createTestGateway();
    const { store } = gateway;
    const lease = await takeLease(store);
    const { key } = await onboard(gateway, "own-partner", ["derby-final"]);
    const own = await store.partners.byTrackingId("own-partner");
    const details = { name: "former", contact: null, timeZone: "UTC", currency: "EUR", notes: null };
    const other = await store.partners.create({ ...details, trackingIds: ["first", "moved"] }, 0);
    await store.partners.removeTrackingId(other.id, "moved", 0, at("2026-03-17T07:30:00Z"));
    await store.partners.addTrackingId(own?.id ?? "", "moved", 0);
    gateway.sandbox.clock.advance(60_000);
    const usage = { "2026-03-17T07:00:00Z": [bytesOf(777n, "foreign")], "2026-03-17T08:00:00Z": [bytesOf(8n, "own")] };
    await archive(store, lease, hours("moved"), READ_AT, usage);
    const days = { "2026-03-17T00:00:00Z": [bytesOf(785n)] };
    await archive(store, lease, { ...hours("moved"), granularity: "DAY" }, READ_AT, days);
    const moved = async (query: string, bearer?: string) =>
      pick(
        await lines(gateway, `usage.jsonl?partner=moved&${query}`, bearer),
        "trackingId",
        "start",
        "state",
        "bytesOut",
      )
        .filter(([trackingId]) => trackingId === "moved")
        .map(([, ...columns]) => columns);
    const window = "from=2026-03-17T07:00:00Z&to=2026-03-17T09:00:00Z";
    const missing = ["2026-03-17T07:00:00Z", "MISSING", null];
    expect(await moved(window, key)).toEqual([missing, ["2026-03-17T08:00:00Z", "OPEN", "8"]]);
    expect(await moved(`${window}&stream=derby-final`, key)).toEqual([missing, ["2026-03-17T08:00:00Z", "OPEN", "0"]]);
    const day = "granularity=DAY&from=2026-03-17&to=2026-03-18";
    expect(await moved(day, key)).toEqual([["2026-03-17T00:00:00Z", "MISSING", null]]);
    expect(await moved(day)).toEqual([["2026-03-17T00:00:00Z", "OPEN", "785"]]);
    expect(await moved(window)).toHaveLength(2);
  });

  it("answers nobody without a key, by any method, in the words of the graph", async () => {
    await using gateway = await createTestGateway();
    for (const key of [null, "sgk_wrong"]) {
      for (const path of [`usage.csv?account&${WINDOW}`, "nothing", ""]) {
        const response = await request(gateway, path, key);
        expect([response.status, await response.text()]).toEqual([
          401,
          '{"errors":[{"message":"A valid bearer key is needed.","extensions":{"code":"UNAUTHENTICATED"}}]}',
        ]);
        expect((await request(gateway, path, key, { method: "HEAD" })).status).toBe(401);
      }
    }
  });

  it("needs the scopes of the graph, and shows addresses and marks of viewers with viewer:pii alone", async () => {
    await using gateway = await createTestGateway();
    const keyWith = async (...scopes: readonly ("usage:read" | "stream:read" | "viewer:read" | "viewer:pii")[]) =>
      (await addKey(gateway, { scopes })).key;
    const status = async (path: string, key: string) =>
      (await request(gateway, `${path}&${WINDOW}`, key, { method: "HEAD" })).status;
    const viewers = await keyWith("viewer:read");
    const usage = await keyWith("usage:read");
    expect(await status("usage.csv?account", viewers)).toBe(403);
    expect(await status("usage.csv?partner=northwind-tv", viewers)).toBe(403);
    expect(await status("usage.csv?stream=derby-final", usage)).toBe(403);
    expect(await status("usage.csv?partner=northwind-tv", usage)).toBe(200);
    expect(await status("viewer-records.csv?account", usage)).toBe(403);
    expect(await status("viewer-records.csv?stream=derby-final", viewers)).toBe(403);
    const path = "viewer-records.jsonl?partner=northwind-tv&from=2026-03-18T08:00:00Z&to=2026-03-18T09:00:00Z";
    const hidden = await lines(gateway, path, viewers);
    expect(hidden.length).toBeGreaterThan(0);
    expect(new Set(pick(hidden, "ipAddress", "userAgent", "customViewerData").flat())).toEqual(new Set([null]));
    const shown = await lines(gateway, path, await keyWith("viewer:read", "viewer:pii"));
    expect(pick(shown, "ipAddress").flat()).not.toContain(null);
  });

  it("is charged to the caller's budget, and refused when that is used up", async () => {
    await using gateway = await createTestGateway({ gateway: { budgets: { perMinute: 45, partnerPerMinute: 45 } } });
    const first = await request(gateway, `usage.csv?account&${WINDOW}`);
    expect([first.status, first.headers.get("ratelimit")]).toEqual([200, '"default";r=24;t=60']);
    await first.text();
    const second = await request(gateway, `usage.csv?account&${WINDOW}`);
    await second.text();
    const third = await request(gateway, `usage.csv?account&${WINDOW}`);
    expect(third.headers.get("retry-after")).toBe("60");
    expect(await failureOf(third)).toMatchObject({ status: 429, code: "THROTTLED" });
  });
});
