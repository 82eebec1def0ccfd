import { connect, type Socket } from "node:net";
import { parseArgs } from "node:util";
import { type Fleet, KEY, pinBench, startFleet } from "./fleet.ts";
import { load } from "./load.ts";
import { quantile } from "./measure.ts";
import { figure, table } from "./table.ts";
import { memoryMb } from "./usage.ts";

/** What clients do that ask for long answers and read little of them. */
interface Drill {
  readonly title: string;
  readonly connections: number;
  /** How often each asks again, on a new connection; 1 for once. */
  readonly rounds: number;
  readonly query: string;
  /** Bytes that each reads in a second; 0 for none. */
  readonly bytesPerSecond: number;
}

/** Hourly series of 100 streams over five days, with so many plain values of each hour: some 400 KB for each of them. */
function listQuery(aliases: number): string {
  const values = Array.from({ length: aliases }, (_, index) => `a${index}: start`).join(" ");
  return `{ streams(first: 100) { nodes { bandwidth(window: { last: "P5D" }) { series { points { ${values} } } } } } }`;
}

const drills: readonly Drill[] = [
  {
    title: "28 connections, answers of 40 MB, nothing read",
    connections: 28,
    rounds: 3,
    query: listQuery(95),
    bytesPerSecond: 0,
  },
  {
    title: "28 connections, answers of 13 MB, nothing read",
    connections: 28,
    rounds: 3,
    query: listQuery(30),
    bytesPerSecond: 0,
  },
  { title: "2,000 slow readers of 2 MB", connections: 2_000, rounds: 1, query: listQuery(5), bytesPerSecond: 10_000 },
];

const DRILL_MS = 15_000;
const PING_EVERY_MS = 20;

const { values: options } = parseArgs({ options: { only: { type: "string" } } });
pinBench();
const rows: string[][] = [];
for (const [index, drill] of drills.entries()) {
  if (options.only !== undefined && options.only !== String(index + 1)) continue;
  await using fleet = await startFleet({ streams: 1_000, servers: "gateway", profileFolder: null });
  rows.push(await run(fleet, drill));
}
process.stdout.write(
  `${table(["drill", "largest RSS MB", "p50 of /health ms", "p99 of /health ms", "p99 of another caller's list ms", "200", "503", "400"], rows)}\n`,
);

async function run({ gateway }: Fleet, drill: Drill): Promise<string[]> {
  const { hostname, port, host } = gateway.url;
  const key = await otherKey(gateway.url);
  const body = JSON.stringify({ query: drill.query });
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
  const begin = performance.now();
  let largest = 0;
  const watch = setInterval(() => {
    largest = Math.max(largest, memoryMb(gateway.pid) ?? 0);
  }, 50);
  const health: number[] = [];
  const others: number[] = [];
  const healthText = `GET /health HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
  const list = JSON.stringify({ query: "{ subscribeTokens(first: 50) { nodes { tokenId label trackingId } } }" });
  const othersText = `POST /graphql HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${KEY}\r\ncontent-type: application/json\r\ncontent-length: ${list.length}\r\n\r\n${list}`;
  let round = 0;
  while (performance.now() - begin < DRILL_MS) {
    if (round < drill.rounds && performance.now() - begin >= (round * DRILL_MS) / drill.rounds) {
      round += 1;
      for (let count = 0; count < drill.connections; count += 1) ask();
    }
    health.push(...(await load(gateway.url, 1, 0, () => healthText)).latenciesMs);
    others.push(...(await load(gateway.url, 1, 0, () => othersText)).latenciesMs);
    await new Promise((resolve) => setTimeout(resolve, PING_EVERY_MS));
  }
  clearInterval(watch);
  for (const socket of sockets) socket.destroy();
  const at = (times: readonly number[], share: number) => quantile(Float64Array.from(times).sort(), share);
  return [
    drill.title,
    figure(largest, 0),
    figure(at(health, 0.5), 1),
    figure(at(health, 0.99), 1),
    figure(at(others, 0.99), 1),
    ...["200", "503", "400"].map((status) => String(statuses.get(status) ?? 0)),
  ];
}

/** The key of a caller of its own, which is told apart from the operator. */
async function otherKey(url: URL): Promise<string> {
  const query = `mutation { createApiKey(input: { idempotencyKey: "${performance.now()}", name: "drill", role: ANALYST, scopes: ["usage:read", "stream:read"] }) { secret userErrors { message } } }`;
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
  const answer = (await response.json()) as { readonly data?: { readonly createApiKey: { readonly secret: string } } };
  const secret = answer.data?.createApiKey.secret;
  if (!secret) throw new Error(`No key was made: ${JSON.stringify(answer)}`);
  return secret;
}
