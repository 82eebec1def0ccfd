import { expect } from "vitest";
import type { ArchiveSeries } from "../../src/model/usage/archive.ts";
import { OPERATOR_KEY, type TestGateway } from "./gateway.ts";
import { at } from "./time.ts";

/** Time at which the archive of these tests was read. */
export const READ_AT = at("2026-03-18T10:16:00Z");
/** Window of the last four hours that were over then. */
export const WINDOW = "from=2026-03-18T06:00:00Z&to=2026-03-18T10:00:00Z";

/** Usage of a tracking id by hour. */
export const hours = (owner: string): ArchiveSeries => ({
  owner,
  kind: "TRACKING_STREAM",
  subject: "",
  granularity: "HOUR",
});

/** Requests an export, as the operator by default. */
export function request(gateway: TestGateway, path: string, key: string | null = OPERATOR_KEY, init: RequestInit = {}) {
  const headers = { ...(key !== null && { authorization: `Bearer ${key}` }), ...init.headers };
  return gateway.gateway.fetch(new Request(`http://gateway.test/exports/${path}`, { ...init, headers }));
}

/** Row of JSON Lines. */
export type Line = Record<string, unknown>;

/** Returns the rows of a file of JSON Lines. */
export async function lines(gateway: TestGateway, path: string, key?: string): Promise<Line[]> {
  const response = await request(gateway, path, key);
  const text = await response.text();
  expect([response.status, response.status === 200 ? "" : text]).toEqual([200, ""]);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** Returns some columns of each row. */
export const pick = (rows: readonly Line[], ...columns: readonly string[]) =>
  rows.map((row) => columns.map((column) => row[column]));

/** Returns status and first error of a response. */
export async function failureOf(response: Response) {
  const { errors } = (await response.json()) as {
    errors: { message: string; extensions: { code: string; argument?: string } }[];
  };
  const [error] = errors;
  return { status: response.status, message: error?.message, ...error?.extensions };
}
