import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { failureOf, request, WINDOW } from "../support/exports.ts";
import { createTestGateway, OPERATOR_KEY } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

describe("a request for an export", () => {
  const cases: readonly (readonly [path: string, argument: string, code: string, message: string])[] = [
    [
      WINDOW,
      "account",
      "INVALID_INPUT",
      "`account` must be given, or `partner`, `partnerId` or `stream`; got none of them.",
    ],
    [
      `account&stream=a&${WINDOW}`,
      "account",
      "INVALID_INPUT",
      "`account` must not be given together with a partner or a stream.",
    ],
    [`account=northwind-tv&${WINDOW}`, "account", "INVALID_INPUT", '`account` must have no value; got "northwind-tv".'],
    [`account&account&${WINDOW}`, "account", "INVALID_INPUT", "`account` must be given once; it was given again."],
    [
      `account&form=2026-03-17&${WINDOW}`,
      "form",
      "INVALID_INPUT",
      "`form` must be one of the parameters partner, partnerId, stream, account, by, from, to, granularity, timeZone.",
    ],
    [
      "account&to=2026-03-18",
      "from",
      "INVALID_INPUT",
      "`from` must be a date such as 2026-03-01, or a time such as 2026-03-01T10:00:00Z.",
    ],
    [
      "account&from=2026-02-30&to=2026-03-18",
      "from",
      "INVALID_INPUT",
      '`from` must be a date such as 2026-03-01, or a time such as 2026-03-01T10:00:00Z; got "2026-02-30".',
    ],
    [
      "account&from=2026-03-18&to=2026-03-17",
      "to",
      "INVALID_WINDOW",
      '`to` must be later than `from`; got "2026-03-17".',
    ],
    [
      "account&from=2026-03-19&to=2026-03-20",
      "from",
      "INVALID_WINDOW",
      '`from` must be in the past; got "2026-03-19".',
    ],
    [
      "account&from=2006-03-19&to=2026-03-18",
      "to",
      "INVALID_WINDOW",
      '`to` must be at most 3660 days after `from`; got "2026-03-18".',
    ],
    [
      "account&from=2026-03-18T06:30:00Z&to=2026-03-19",
      "from",
      "INVALID_WINDOW",
      '`from` must be on a full UTC hour; got "2026-03-18T06:30:00Z".',
    ],
    [
      `account&granularity=MONTH&${WINDOW}`,
      "granularity",
      "INVALID_INPUT",
      '`granularity` must be HOUR or DAY; got "MONTH".',
    ],
    [
      "account&granularity=DAY&from=2026-03-18T06:00:00Z&to=2026-03-19",
      "from",
      "INVALID_WINDOW",
      '`from` must be the start of a day of UTC; got "2026-03-18T06:00:00Z".',
    ],
    [
      `account&timeZone=Mars/Olympus&${WINDOW}`,
      "timeZone",
      "INVALID_INPUT",
      '`timeZone` must be an IANA time zone such as Europe/Berlin; got "Mars/Olympus".',
    ],
    [
      "account&granularity=DAY&timeZone=Asia/Kolkata&from=2026-03-17&to=2026-03-18",
      "timeZone",
      "INVALID_WINDOW",
      '`timeZone` must be one whose days begin on a full UTC hour, as the platform meters hours; got "Asia/Kolkata".',
    ],
    // Its offset is whole at both ends alone.
    [
      "account&granularity=DAY&timeZone=Australia/Lord_Howe&from=2025-03-01&to=2025-12-01",
      "timeZone",
      "INVALID_WINDOW",
      '`timeZone` must be one whose days begin on a full UTC hour, as the platform meters hours; got "Australia/Lord_Howe".',
    ],
    [
      `partner=northwind-tv&by=COUNTRY&${WINDOW}`,
      "by",
      "NOT_METERED",
      "The platform does not break traffic down by country for a tracking id.",
    ],
    [
      `stream=derby-final&by=STREAM&${WINDOW}`,
      "by",
      "INVALID_INPUT",
      '`by` must be COUNTRY, except for the account; got "STREAM".',
    ],
  ];

  it("names the argument, the rule and what was received if it is wrong", async () => {
    await using gateway = await createTestGateway();
    for (const [path, argument, code, message] of cases) {
      const response = await request(gateway, `usage.csv?${path}`);
      expect(await failureOf(response)).toMatchObject({ status: 400, argument, code, message });
    }
  });

  it("is for GET and HEAD, and for files that exist", async () => {
    await using gateway = await createTestGateway();
    const path = `usage.csv?account&${WINDOW}`;
    const posted = await request(gateway, path, OPERATOR_KEY, { method: "POST" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    const head = await request(gateway, path, OPERATOR_KEY, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(head.headers.get("content-disposition")).toBe(
      'attachment; filename="usage-account-2026-03-18-2026-03-18.csv"',
    );
    const unknown = await failureOf(await request(gateway, `usage.xls?account&${WINDOW}`));
    expect(unknown).toMatchObject({
      status: 404,
      message: expect.stringContaining("/exports/usage.csv, /exports/usage.jsonl"),
    });
  });

  it("gives its file a name that is safe for any partner and stream", async () => {
    await using gateway = await createTestGateway();
    const hostile = 'a"; filename="evil.exe; x: y/../é';
    await onboard(gateway, hostile);
    const response = await request(
      gateway,
      `usage.csv?partner=${encodeURIComponent(hostile)}&${WINDOW}`,
      OPERATOR_KEY,
      { method: "HEAD" },
    );
    expect(response.headers.get("content-disposition")).toMatch(
      /^attachment; filename="usage-a_filename_evil.exe_x_y_.._-[\d-]+\.csv"$/,
    );
  });

  it("is answered to pages of listed origins as the graph is", async () => {
    await using gateway = await createTestGateway({ gateway: { allowedOrigins: ["https://app.example.com"] } });
    const origin = "https://app.example.com";
    const preflight = await request(gateway, "usage.csv", null, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "GET", "access-control-request-headers": "authorization" },
    });
    expect(preflight.status).toBe(204);
    const response = await request(gateway, `usage.csv?account&${WINDOW}`, OPERATOR_KEY, { headers: { origin } });
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
    expect(response.headers.get("cache-control")).toBe("no-store");
    await response.text();
  });

  it("is compressed as its client accepts", async () => {
    await using gateway = await createTestGateway();
    const path = `usage.jsonl?account&from=2026-03-01&to=2026-03-18`;
    const plain = await (await request(gateway, path)).text();
    expect(plain.length).toBeGreaterThan(10_000);
    for (const [encoding, decode] of [
      ["gzip", gunzipSync],
      ["br", brotliDecompressSync],
    ] as const) {
      const response = await request(gateway, path, OPERATOR_KEY, { headers: { "accept-encoding": encoding } });
      expect(response.headers.get("content-encoding")).toBe(encoding);
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(bytes.length).toBeLessThan(plain.length / 5);
      expect(decode(bytes).toString()).toBe(plain);
    }
  });

  it("is counted and logged, without its arguments", async () => {
    await using gateway = await createTestGateway();
    await (await request(gateway, `usage.csv?partner=northwind-tv&${WINDOW}`)).text();
    await request(gateway, `usage.jsonl?partner=nobody-at-all&${WINDOW}`);
    await vi.waitFor(() => expect(gateway.logged()).toContain('"operation":"usage.csv","kind":"export","status":200'));
    expect(gateway.logged()).toContain('"operation":"usage.jsonl","kind":"export","status":404,"errors":["NOT_FOUND"]');
    expect(gateway.logged()).not.toMatch(/northwind-tv|nobody-at-all|2026-03-18T06/);
    const metrics = await gateway.gateway.fetch(
      new Request("http://gateway.test/metrics", { headers: { authorization: `Bearer ${OPERATOR_KEY}` } }),
    );
    expect(await metrics.text()).toContain(
      'syndigraph_requests_total{operation="usage.csv",kind="export",outcome="ok"} 1',
    );
  });
});
