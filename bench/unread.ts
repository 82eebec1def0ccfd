import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { HOUR_MS } from "../src/model/usage/time.ts";
import { type Fleet, KEY, pinBench, startFleet } from "./fleet.ts";
import { quantile } from "./measure.ts";
import type { Probed } from "./prober.ts";
import { streamName } from "./servers/account.ts";
import { figure, table } from "./table.ts";
import { peakMemoryMb } from "./usage.ts";

/** What clients do that ask for long answers and read little of them. */
interface Drill {
  readonly title: string;
  /** Whose key they have: a partner's with the budget that it has by default, or an analyst's with one that nobody can use up. */
  readonly role: "PARTNER" | "ANALYST";
  readonly connections: number;
  /** How often each asks again, on a new connection; 1 for once. */
  readonly rounds: number;
  /** @param streamId of a stream that the caller may see */
  readonly query: (streamId: string) => string;
  /** Bytes that each reads in a second; 0 for none. */
  readonly bytesPerSecond: number;
}

/** One stream a hundred times over a week by the hour, with so many plain values of each hour: 550 KB for each of them. */
function nodesQuery(aliases: number): (streamId: string) => string {
  return (streamId) => {
    const ids = Array.from({ length: 100 }, () => JSON.stringify(streamId)).join();
    return `{ nodes(ids: [${ids}]) { ... on Stream { bandwidth(window: { last: "P7D" }) { series(granularity: HOUR) { points { ${starts(aliases)} } } } } } }`;
  };
}

/** Hourly series of 100 streams over five days, with so many plain values of each hour: some 400 KB for each of them. */
function listQuery(aliases: number): () => string {
  return () =>
    `{ streams(first: 100) { nodes { bandwidth(window: { last: "P5D" }) { series { points { ${starts(aliases)} } } } } } }`;
}

/** The hours of five days, of which each window begins at another: no series is written twice. */
function windowsQuery(aliases: number): (streamId: string) => string {
  return (streamId) => {
    const windows = Array.from({ length: 25 }, (_, index) => {
      const hour = Math.floor(Date.now() / HOUR_MS) - index;
      const [from, to] = [hour - 5 * 24, hour].map((at) => new Date(at * HOUR_MS).toISOString());
      return `w${index}: bandwidth(window: { range: { from: "${from}", to: "${to}" } }) { series(granularity: HOUR) { points { ${starts(aliases)} } } }`;
    });
    return `{ node(id: ${JSON.stringify(streamId)}) { ... on Stream { ${windows.join(" ")} } } }`;
  };
}

function starts(count: number): string {
  return Array.from({ length: count }, (_, index) => `a${index}: start`).join(" ");
}

const unread = { role: "PARTNER", connections: 28, rounds: 3, bytesPerSecond: 0 } as const;
const drills: readonly Drill[] = [
  { ...unread, title: "nobody", connections: 0, query: nodesQuery(1) },
  { ...unread, title: "a partner, 28 connections, answers of 52 MB, nothing read", query: nodesQuery(95) },
  { ...unread, title: "a partner, 28 connections, answers of 15 MB, nothing read", query: nodesQuery(28) },
  { ...unread, title: "a partner, 28 connections, answers of 3 MB, nothing read", query: nodesQuery(5) },
  { ...unread, title: "a partner, 28 connections, 25 windows each, nothing read", query: windowsQuery(15) },
  {
    ...unread,
    title: "an analyst without a budget, 28 connections, answers of 40 MB, nothing read",
    role: "ANALYST",
    query: listQuery(95),
  },
  {
    ...unread,
    title: "an analyst without a budget, 28 connections, answers of 13 MB, nothing read",
    role: "ANALYST",
    query: listQuery(30),
  },
  {
    title: "an analyst without a budget, 2,000 slow readers of 2 MB",
    role: "ANALYST",
    connections: 2_000,
    rounds: 1,
    query: listQuery(5),
    bytesPerSecond: 10_000,
  },
];

const DRILL_MS = 15_000;
const STATUSES = ["200", "503", "429", "400"];

const { values: options } = parseArgs({ options: { only: { type: "string" } } });
pinBench();
const rows: string[][] = [];
for (const [index, drill] of drills.entries()) {
  if (options.only !== undefined && !options.only.split(",").includes(String(index + 1))) continue;
  await using fleet = await startFleet({ streams: 1_000, servers: "gateway", profileFolder: null });
  rows.push(await run(fleet, drill));
}
const headings = [
  "drill",
  "largest RSS MB",
  "p99 of /health ms",
  "on new connections",
  "p99 of another caller's list ms",
  "longest ms",
  ...STATUSES,
];
process.stdout.write(`${table(headings, rows)}\n`);

async function run({ gateway }: Fleet, drill: Drill): Promise<string[]> {
  const { hostname, port, host } = gateway.url;
  const { key, streamId } = await caller(gateway.url, drill.role);
  const body = JSON.stringify({ query: drill.query(streamId) });
  const head = `POST /graphql HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`;
  const text = `${head}content-length: ${body.length}\r\n\r\n${body}`;
  const statuses = new Map<string, number>();
  const sockets = new Set<Socket>();
  const ask = () => {
    const socket = connect({ host: hostname, port: Number(port) });
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.write(text, "latin1");
    // The status alone is read, and then so much a second.
    socket.once("readable", () => {
      const first = socket.read(12) as Buffer | null;
      const status = first?.toString("latin1", 9, 12) ?? "none";
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (drill.bytesPerSecond > 0) {
        const timer = setInterval(
          () => socket.read(Math.min(drill.bytesPerSecond / 10, socket.readableLength || 1)),
          100,
        );
        socket.on("close", () => clearInterval(timer));
      }
    });
  };
  const prober = fork(fileURLToPath(new URL("./prober.ts", import.meta.url)), ["--url", gateway.url.href], {
    execArgv: ["--import", "tsx"],
  });
  await once(prober, "message");
  for (let round = 0; round < drill.rounds; round += 1) {
    for (let count = 0; count < drill.connections; count += 1) ask();
    await new Promise((resolve) => setTimeout(resolve, DRILL_MS / drill.rounds));
  }
  prober.send("over");
  const [probed] = (await once(prober, "message")) as [Probed];
  const largest = peakMemoryMb(gateway.pid);
  for (const socket of sockets) socket.destroy();
  const at = (times: readonly number[], share: number) => quantile(Float64Array.from(times).sort(), share);
  return [
    drill.title,
    figure(largest, 0),
    figure(at(probed.health, 0.99), 1),
    figure(at(probed.healthAnew, 0.99), 1),
    figure(at(probed.list, 0.99), 1),
    figure(at(probed.list, 1), 1),
    ...STATUSES.map((status) => String(statuses.get(status) ?? 0)),
  ];
}

/** A caller of its own, which is told apart from the operator. */
async function caller(url: URL, role: Drill["role"]): Promise<{ readonly key: string; readonly streamId: string }> {
  const name = `drill ${performance.now()}`;
  if (role === "PARTNER") {
    const partner = `partner: { trackingId: "drill" }`;
    await ask(
      url,
      `mutation { onboardPartner(input: { idempotencyKey: "p", name: "drill", trackingIds: ["drill"] }) { userErrors { message } } }`,
    );
    await ask(
      url,
      `mutation { adoptTrackingId(input: { ${partner}, trackingId: "partner-1" }) { userErrors { message } } }`,
    );
  }
  const partner = role === "PARTNER" ? `, partner: { trackingId: "drill" }` : "";
  const made = (await ask(
    url,
    `mutation { createApiKey(input: { idempotencyKey: "k", name: "${name}", role: ${role}, scopes: ["usage:read", "stream:read"]${partner} }) { secret userErrors { message } } }`,
  )) as { readonly createApiKey: { readonly secret: string } };
  const { stream } = (await ask(url, `{ stream(by: { name: "${streamName(1)}" }) { id } }`)) as {
    readonly stream: { readonly id: string };
  };
  return { key: made.createApiKey.secret, streamId: stream.id };
}

/** @throws Error for what did not go well */
async function ask(url: URL, query: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
  const text = await response.text();
  const { data, errors } = JSON.parse(text) as { readonly data?: unknown; readonly errors?: unknown };
  if (!data || errors || /"userErrors":\[\{/.test(text)) throw new Error(`The gateway answered ${text}`);
  return data;
}
