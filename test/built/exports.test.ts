import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { type Program, run } from "../support/program.ts";

const page = readFileSync("docs/exports.md", "utf8");
const commands = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, text = ""]) => text);
const folder = mkdtempSync(join(tmpdir(), "syndigraph-exports-"));
/** Time at which the sandbox starts; its clock, which decides what an export has, goes on from there. */
const START_AT = "2026-03-18T10:20:00Z";
const day = (daysAgo: number) => new Date(Date.parse(START_AT) - daysAgo * 86_400_000).toISOString().slice(0, 10);

let gateway: Program;
let url: string;
let key: string;
beforeAll(async () => {
  gateway = run(join(inject("program") ?? "dist", "main.js"), {
    PORT: "0",
    SANDBOX: "on",
    SANDBOX_PORT: "0",
    SANDBOX_START_AT: START_AT,
    SHUTDOWN_DELAY_SECONDS: "0",
    // A busy machine may take long for the export that runs at the end.
    DRAIN_SECONDS: "100",
  });
  [, url = "", key = ""] = await gateway.printed(/GraphiQL +(http:\S+)#key=(\S+)/);
  url = new URL(url).origin;
  // The collector has read the hours of several partners.
  await vi.waitFor(
    async () => {
      const text = await textOf(`usage.jsonl?account&by=TRACKING_ID&from=${day(2)}&to=${day(1)}`, key);
      expect(new Set(text.match(/"trackingId":"[^"]+"/g)).size).toBeGreaterThan(3);
    },
    { timeout: 100_000 },
  );
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function get(path: string, bearer: string) {
  return fetch(`${url}/exports/${path}`, { headers: { authorization: `Bearer ${bearer}` } });
}

async function textOf(path: string, bearer: string): Promise<string> {
  return (await get(path, bearer)).text();
}

describe("the page on exports", () => {
  it("has commands that write the files that it describes", async () => {
    expect(commands.length).toBeGreaterThan(1);
    const environment = { SYNDIGRAPH_URL: url, SYNDIGRAPH_KEY: key, FROM: day(3), TO: day(1) };
    for (const command of commands) {
      await promisify(execFile)("sh", ["-e", "-c", command], {
        cwd: folder,
        env: { PATH: process.env["PATH"] ?? "", ...environment },
      });
    }
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    const usage = parse(read("usage.csv"), { columns: true }) as Record<string, string>[];
    expect(new Set(usage.map(({ trackingId }) => trackingId))).toEqual(new Set(["northwind-tv"]));
    expect(new Set(usage.map(({ start = "", end = "" }) => Date.parse(end) - Date.parse(start)))).toEqual(
      new Set([86_400_000]),
    );
    const rows = read("partners.jsonl")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(new Set(rows.map(({ trackingId }) => trackingId)).size).toBeGreaterThan(3);
    const viewers = parse(read("viewers.csv"), { columns: true }) as Record<string, string>[];
    expect(new Set(viewers.map(({ stream }) => stream))).toEqual(new Set(["derby-final"]));
    for (const column of [usage, rows, viewers].flatMap(([row = {}]) => Object.keys(row)))
      expect(page).toContain(`\`${column}\``);
  });
});

describe("an export of the built program", () => {
  it("answers a partner's key for another partner as for none, and nobody without a key", async () => {
    const query = `mutation { createApiKey(input: { idempotencyKey: "exports", name: "exports", role: PARTNER,
      partner: { trackingId: "northwind-tv" }, scopes: ["usage:read"] }) { secret userErrors { message } } }`;
    const created = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ query }),
    });
    const { data } = (await created.json()) as { data: { createApiKey: { secret: string; userErrors: unknown[] } } };
    expect(data.createApiKey.userErrors).toEqual([]);
    const { secret } = data.createApiKey;
    const window = `from=${day(2)}&to=${day(1)}`;
    expect(await textOf(`usage.jsonl?partner=northwind-tv&${window}`, secret)).toContain('"trackingId":"northwind-tv"');
    const all = await textOf(`usage.jsonl?account&by=TRACKING_ID&${window}`, key);
    const [, other = ""] = /"trackingId":"(?!northwind-tv)([^"]+)"/.exec(all) ?? [];
    const answer = async (partner: string) => {
      const response = await get(`usage.jsonl?partner=${encodeURIComponent(partner)}&${window}`, secret);
      return [response.status, await response.text()];
    };
    expect(other).not.toBe("");
    expect(await answer(other)).toEqual(await answer("nobody"));
    expect((await answer(other))[0]).toBe(404);
    expect((await get(`usage.jsonl?account&${window}`, "sgk_wrong")).status).toBe(401);
  });

  it("is sent to its end after SIGTERM, while new connections are refused", async () => {
    const [from, to] = ["2016-04-01", "2026-03-17"];
    const response = await get(`usage.jsonl?account&from=${from}&to=${to}`, key);
    gateway.signal("SIGTERM");
    const isOpen = () =>
      fetch(`${url}/health`).then(
        () => true,
        () => false,
      );
    await expect.poll(isOpen).toBe(false);
    const starts = (await response.text())
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { start: string }).start);
    expect(starts).toHaveLength((Date.parse(to) - Date.parse(from)) / 3_600_000);
    expect(starts.at(-1)).toBe("2026-03-16T23:00:00Z");
    expect(await gateway.exit).toBe(0);
  });
});
