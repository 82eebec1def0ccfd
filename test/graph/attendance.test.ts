import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, iso } from "../../src/model/usage/time.ts";
import { MAX_COUNTED_RECORDS } from "../../src/schema/viewer/attendance.ts";
import { ATTENDANCE_LEASE } from "../../src/store/leases.ts";
import { createAlteringProxy } from "../support/altering-proxy.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { createTestGateway, graphqlRequest, range, START, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { at } from "../support/time.ts";

const FIELDS = `origin missing { from to } sessions connections viewers viewersUnknown viewerDays watchSeconds peakConnections
  countries { country sessions viewerDays watchSeconds } streams { stream { name } sessions viewerDays watchSeconds }`;

interface Part {
  readonly sessions: number;
  readonly viewerDays: number | null;
  readonly watchSeconds: number;
}
interface Attendance extends Part {
  readonly origin: string;
  readonly missing: readonly { from: string; to: string }[];
  readonly connections: number;
  readonly viewers: number | null;
  readonly viewersUnknown: string | null;
  readonly peakConnections: number | null;
  readonly countries: readonly (Part & { readonly country: string })[];
  readonly streams: readonly (Part & { readonly stream: { readonly name: string } })[];
}

/** A row of the platform's first version of viewer records, which has one for each session. */
interface SessionRow {
  readonly startTime: string;
  readonly clientId: string;
  readonly duration: number;
  readonly streamName: string;
  readonly country: string;
}

const DAY = { from: at("2026-03-16T00:00:00Z"), to: at("2026-03-17T00:00:00Z") };
const text = ({ from, to }: { from: number; to: number }) => range(iso(from), iso(to));

/** Returns the sessions that began in a window, as the platform merges them itself. */
async function sessionsOf({ sandbox }: TestGateway, { from, to }: typeof DAY, filter: object): Promise<SessionRow[]> {
  const response = await fetch(`${sandbox.origin}/api/records/viewers`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${sandbox.secret}`,
      accept: "application/x-jsonl",
      "content-type": "application/json",
    },
    body: JSON.stringify({ ...filter, startTime: iso(from) }),
  });
  const lines = (await response.text()).split("\n").filter(Boolean);
  return lines
    .map((line) => JSON.parse(line) as SessionRow)
    .filter(({ startTime }) => Date.parse(startTime) >= from && Date.parse(startTime) < to);
}

const seconds = (rows: readonly { readonly duration: number }[]) =>
  rows.reduce((sum, { duration }) => sum + duration, 0);

async function partnerAttendance(
  { ask }: Pick<TestGateway, "ask">,
  window: string,
  trackingId = "northwind-tv",
): Promise<Attendance> {
  const { data, errors } = await ask<{ partner: { attendance: Attendance } }>(
    `{ partner(by: { trackingId: "${trackingId}" }) { attendance(window: ${window}) { ${FIELDS} } } }`,
  );
  expect(errors).toEqual([]);
  return data.partner.attendance;
}

describe("attendance", () => {
  it("of a partner is what the platform's own merged sessions add up to", async () => {
    await using gateway = await createTestGateway();
    const found = await partnerAttendance(gateway, text(DAY));
    const truth = await sessionsOf(gateway, DAY, { trackingIds: ["northwind-tv"] });
    expect(truth.length).toBeGreaterThan(100);
    expect(found).toMatchObject({
      origin: "RECORDS",
      missing: [],
      sessions: truth.length,
      viewers: new Set(truth.map(({ clientId }) => clientId)).size,
      viewersUnknown: null,
      watchSeconds: seconds(truth),
    });
    expect(found.connections).toBeGreaterThan(found.sessions);
    for (const { country, sessions, watchSeconds } of found.countries) {
      const inCountry = truth.filter((row) => row.country === country);
      expect([sessions, watchSeconds]).toEqual([inCountry.length, seconds(inCountry)]);
    }
    for (const { stream, sessions, watchSeconds } of found.streams) {
      const onStream = truth.filter(({ streamName }) => streamName === stream.name);
      expect([sessions, watchSeconds]).toEqual([onStream.length, seconds(onStream)]);
    }
    for (const parts of [found.countries, found.streams]) {
      expect(parts.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(found.sessions);
      expect(parts.map(({ watchSeconds }) => watchSeconds)).toEqual(
        parts.map(({ watchSeconds }) => watchSeconds).toSorted((a, b) => b - a),
      );
    }
    expect(found.peakConnections).toBeGreaterThan(0);
    expect(found.peakConnections).toBeLessThan(found.connections);
  });

  it("of a stream is that of all its viewers, and its watch time that of analytics by country", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask<{
      stream: {
        attendance: Attendance;
        bandwidth: { byCountry: { country: string; viewSeconds: number }[] };
      };
    }>(
      `{ stream(by: { name: "derby-final" }) { attendance(window: ${text(DAY)}) { ${FIELDS} }
           bandwidth(window: ${text(DAY)}) { byCountry { country viewSeconds } } } }`,
    );
    expect(errors).toEqual([]);
    const { attendance, bandwidth } = data.stream;
    expect(attendance.streams.map(({ stream }) => stream.name)).toEqual(["derby-final"]);
    const truth = await sessionsOf(gateway, DAY, { streamNames: ["derby-final"] });
    expect([attendance.sessions, attendance.watchSeconds]).toEqual([truth.length, seconds(truth)]);
    const byCountry = new Map(bandwidth.byCountry.map(({ country, viewSeconds }) => [country, viewSeconds]));
    expect(new Map(attendance.countries.map(({ country, watchSeconds }) => [country, watchSeconds]))).toEqual(
      byCountry,
    );
  });

  it("adds up over adjacent windows, and is null for none of them", async () => {
    await using gateway = await createTestGateway();
    const noon = DAY.from + DAY_MS / 2;
    const [whole, morning, evening] = await Promise.all(
      [DAY, { from: DAY.from, to: noon }, { from: noon, to: DAY.to }].map((window) =>
        partnerAttendance(gateway, text(window)),
      ),
    );
    for (const field of ["sessions", "connections", "watchSeconds"] as const) {
      expect((morning?.[field] ?? 0) + (evening?.[field] ?? 0)).toBe(whole?.[field]);
    }
    const next = await partnerAttendance(gateway, range("2026-03-18T12:00:00Z", "2026-03-18T13:00:00Z"));
    expect(next).toMatchObject({ origin: "RECORDS", sessions: 0, viewers: 0, watchSeconds: 0, countries: [] });
  });

  it("is by the partner's own time zone, which it names", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(
      `mutation { onboardPartner(input: { idempotencyKey: "n", name: "Northwind", trackingIds: ["northwind-tv"],
         timeZone: "Europe/Berlin" }) { userErrors { code } } }`,
    );
    const { data } = await gateway.ask(
      `{ partner(by: { trackingId: "northwind-tv" }) { attendance(window: { named: YESTERDAY }) { window { from to timeZone } } } }`,
    );
    expect(data).toEqual({
      partner: {
        attendance: {
          window: { from: "2026-03-16T23:00:00.000Z", to: "2026-03-17T23:00:00.000Z", timeZone: "Europe/Berlin" },
        },
      },
    });
  });

  it("of a partner's caller is that of its own viewers alone, and a foreign partner's is that of nobody", async () => {
    await using gateway = await createTestGateway();
    const { key } = await onboard(gateway, "northwind-tv", ["derby-final"]);
    const own = gateway.as(key);
    const streamsOwn = await own.ask<{ stream: { attendance: Attendance } }>(
      `{ stream(by: { name: "derby-final" }) { attendance(window: ${text(DAY)}) { ${FIELDS} } } }`,
    );
    expect(streamsOwn.errors).toEqual([]);
    const truth = (await sessionsOf(gateway, DAY, { trackingIds: ["northwind-tv"] })).filter(
      ({ streamName }) => streamName === "derby-final",
    );
    const all = await sessionsOf(gateway, DAY, { streamNames: ["derby-final"] });
    expect(all.length).toBeGreaterThan(truth.length);
    expect(streamsOwn.data.stream.attendance).toMatchObject({ sessions: truth.length, watchSeconds: seconds(truth) });
    const answers = await Promise.all(
      ["kestrel-media", "nobody-at-all"].map((trackingId) =>
        own.ask(`{ partner(by: { trackingId: "${trackingId}" }) { attendance(window: ${text(DAY)}) { sessions } } }`),
      ),
    );
    const [foreign, unknown] = answers.map(({ data, errors }) => ({
      data,
      codes: errors.map(({ extensions }) => extensions.code),
    }));
    expect(foreign).toEqual({ data: { partner: null }, codes: ["NOT_FOUND"] });
    expect(foreign).toEqual(unknown);
    const streams = await Promise.all(
      ["city-council", "nowhere"].map((name) =>
        own.ask(`{ stream(by: { name: "${name}" }) { attendance(window: ${text(DAY)}) { sessions } } }`),
      ),
    );
    for (const { data } of streams) expect(data).toEqual({ stream: null });
  });

  it("of more records than one field may read is refused, with the limit", async () => {
    const sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    await using proxy = await createAlteringProxy(sandbox.origin);
    await using gateway = await createTestGateway({ over: sandbox, platform: proxy.origin });
    const line = `{"startTime":"2026-03-16T10:00:00.000Z","clientId":"a","bytes":1,"streamName":"s","trackingId":"northwind-tv","recordId":1}\n`;
    proxy.alter((answer, path) =>
      path === "/api/v2/records/viewers" ? { ...answer, body: line.repeat(MAX_COUNTED_RECORDS + 1) } : answer,
    );
    const { data, errors } = await gateway.ask(
      `{ partner(by: { trackingId: "northwind-tv" }) { name attendance(window: ${text(DAY)}) { sessions } } }`,
    );
    expect(data).toEqual({ partner: { name: "northwind-tv", attendance: null } });
    expect(errors).toMatchObject([
      {
        message:
          "`window` must contain at most 250000 viewer records; got more. Select a shorter window, or one stream.",
        extensions: { code: "LIMIT_EXCEEDED", argument: "window", max: 250_000 },
      },
    ]);
    await sandbox.close();
  });

  it("is no longer read when the client leaves", async () => {
    const gateway = await createTestGateway();
    const query = `{ partner(by: { trackingId: "northwind-tv" }) { attendance(window: ${text(DAY)}) { sessions } } }`;
    await gateway.ask(query);
    gateway.sandbox.clearCalls();
    gateway.sandbox.fault({ path: "/api/v2/records/viewers", hang: "before" });
    const client = new AbortController();
    const answer = gateway.gateway.fetch(new Request(graphqlRequest({ query }), { signal: client.signal }));
    await expect.poll(() => gateway.sandbox.calls()).toHaveLength(1);
    client.abort();
    await answer.catch(() => undefined);
    // Closing waits for calls that are under way, and this one would never end.
    await gateway[Symbol.asyncDispose]();
    expect(gateway.sandbox.calls()).toHaveLength(1);
  });

  it("needs the scope viewer:read", async () => {
    await using gateway = await createTestGateway({ scopes: ["usage:read"] });
    const { data, errors } = await gateway.ask(
      `{ partner(by: { trackingId: "northwind-tv" }) { attendance(window: ${text(DAY)}) { sessions } } }`,
    );
    expect(data).toEqual({ partner: { attendance: null } });
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  });

  it("is null with a code, and nothing else is, when the platform gives no records", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "/api/v2/records/viewers", status: 503 });
    const { data, errors } = await gateway.ask(
      `{ partner(by: { trackingId: "northwind-tv" }) { name attendance(window: ${text(DAY)}) { sessions } } }`,
    );
    expect(data).toEqual({ partner: { name: "northwind-tv", attendance: null } });
    expect(errors).toMatchObject([{ extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
  });
});

describe("attendance of days that the platform has deleted", () => {
  const FIRST = at("2025-03-19T00:00:00Z");

  /** Keeps days as the collector does. */
  async function keep(gateway: TestGateway, days: readonly number[], row: Partial<{ sessions: number }> = {}) {
    const { store, sandbox } = gateway;
    const lease = await store.leases.take(ATTENDANCE_LEASE, "test", 600_000);
    if (!lease) throw new Error("a free lease was refused");
    for (const day of days) {
      const counts = { sessions: 5, connections: 6, watchSeconds: 700, viewerDays: 4, ...row };
      await store.attendance.write(
        sandbox.accountId,
        { day, readAt: day + 3 * DAY_MS, ongoing: 0 },
        [
          { trackingId: "northwind-tv", streamName: "derby-final", country: "GB", ...counts },
          { trackingId: "northwind-tv", streamName: "arena-main", country: null, ...counts },
          { trackingId: "kestrel-media", streamName: "derby-final", country: "DE", ...counts },
        ],
        lease,
      );
    }
    await store.leases.release(lease);
  }

  it("comes from what was kept of them, with the days that were not visible as missing", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.clock.advance(10 * DAY_MS);
    await keep(gateway, [FIRST, FIRST + 2 * DAY_MS]);
    const found = await partnerAttendance(gateway, text({ from: FIRST - HOUR_MS, to: FIRST + 4 * DAY_MS - HOUR_MS }));
    expect(found).toEqual({
      origin: "DAYS",
      missing: [
        { from: "2025-03-18T23:00:00.000Z", to: "2025-03-19T00:00:00.000Z" },
        { from: "2025-03-20T00:00:00.000Z", to: "2025-03-21T00:00:00.000Z" },
        { from: "2025-03-22T00:00:00.000Z", to: "2025-03-22T23:00:00.000Z" },
      ],
      sessions: 20,
      connections: 24,
      viewers: null,
      viewersUnknown: "DAYS_DO_NOT_ADD_UP",
      viewerDays: 16,
      watchSeconds: 2_800,
      peakConnections: null,
      countries: [
        { country: null, sessions: 10, viewerDays: 8, watchSeconds: 1_400 },
        { country: "GB", sessions: 10, viewerDays: 8, watchSeconds: 1_400 },
      ],
      streams: [
        { stream: { name: "arena-main" }, sessions: 10, viewerDays: 8, watchSeconds: 1_400 },
        { stream: { name: "derby-final" }, sessions: 10, viewerDays: 8, watchSeconds: 1_400 },
      ],
    });
  });

  it("is joined with what the platform still has", async () => {
    await using gateway = await createTestGateway();
    const oldest = at("2025-03-29T00:00:00Z");
    gateway.sandbox.clock.advance(10 * DAY_MS);
    await keep(gateway, [oldest - DAY_MS]);
    const live = await partnerAttendance(gateway, text({ from: oldest, to: oldest + HOUR_MS }));
    const both = await partnerAttendance(gateway, text({ from: oldest - DAY_MS, to: oldest + HOUR_MS }));
    expect(both).toMatchObject({
      origin: "RECORDS_AND_DAYS",
      missing: [],
      sessions: live.sessions + 10,
      watchSeconds: live.watchSeconds + 1_400,
      viewers: null,
      peakConnections: null,
    });
  });

  it("is null, never zero, if nothing of it was kept", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.clock.advance(10 * DAY_MS);
    const none = await partnerAttendance(gateway, text({ from: FIRST, to: FIRST + DAY_MS }));
    expect(none).toEqual({
      origin: "NONE",
      missing: [{ from: "2025-03-19T00:00:00.000Z", to: "2025-03-20T00:00:00.000Z" }],
      sessions: null,
      connections: null,
      viewers: null,
      viewersUnknown: null,
      viewerDays: null,
      watchSeconds: null,
      peakConnections: null,
      countries: null,
      streams: null,
    });
    await keep(gateway, [FIRST]);
    const nobody = await partnerAttendance(gateway, text({ from: FIRST, to: FIRST + DAY_MS }), "lumen-play");
    expect(nobody).toMatchObject({ origin: "DAYS", missing: [], sessions: 0, watchSeconds: 0, countries: [] });
  });

  it("is of a partner's own viewers for its caller", async () => {
    await using gateway = await createTestGateway();
    const { key } = await onboard(gateway, "kestrel-media", ["derby-final"]);
    gateway.sandbox.clock.advance(10 * DAY_MS);
    await keep(gateway, [FIRST]);
    const window = text({ from: FIRST, to: FIRST + DAY_MS });
    const { data } = await gateway.as(key).ask(
      `{ me { partner { attendance(window: ${window}) { sessions streams { stream { name } } } } }
         stream(by: { name: "derby-final" }) { attendance(window: ${window}) { sessions countries { country } } } }`,
    );
    expect(data).toEqual({
      me: { partner: { attendance: { sessions: 5, streams: [{ stream: { name: "derby-final" } }] } } },
      stream: { attendance: { sessions: 5, countries: [{ country: "DE" }] } },
    });
  });
});
