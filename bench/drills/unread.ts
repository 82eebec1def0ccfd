import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { HOUR_MS } from "../../src/model/usage/time.ts";
import { createCaller } from "../callers.ts";
import { type Fleet, startFleet } from "../fleet.ts";
import { quantileOf } from "../measure.ts";
import { figure } from "../table.ts";
import { peakMemoryMb } from "../usage.ts";
import type { Drill, Outcome, Size } from "./drill.ts";
import { startProber } from "./probing.ts";

/** Clients that request long responses and read little of them. */
interface UnreadResponses {
  readonly title: string;
  /** Role of their key: a partner's has its default budget, an analyst's a budget that nothing exhausts. */
  readonly role: "PARTNER" | "ANALYST";
  readonly connections: number;
  /** Number of times that each client repeats its request, each on a new connection. */
  readonly rounds: number;
  /** @param streamId id of a stream that the caller may see */
  readonly query: (streamId: string) => string;
  /** Bytes that each client reads in a second. */
  readonly bytesPerSecond: number;
}

/** Returns a query for one stream a hundred times over a week by the hour: 550 KB for each alias of an hour's start. */
function nodesQuery(aliases: number): (streamId: string) => string {
  return (streamId) => {
    const ids = Array.from({ length: 100 }, () => JSON.stringify(streamId)).join();
    return `{ nodes(ids: [${ids}]) { ... on Stream { bandwidth(window: { last: "PT168H" }) { series(granularity: HOUR) { points { ${starts(aliases)} } } } } } }`;
  };
}

/** Returns a query for hourly series of 100 streams over five days: about 400 KB for each alias of an hour's start. */
function listQuery(aliases: number): () => string {
  return () =>
    `{ streams(first: 100) { nodes { bandwidth(window: { last: "P5D" }) { series { points { ${starts(aliases)} } } } } } }`;
}

/** Returns a query for 25 windows of five days by the hour, each with another start, so no series is written twice. */
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

const none = { role: "PARTNER", connections: 28, rounds: 3, bytesPerSecond: 0 } as const;
const analyst = { ...none, role: "ANALYST" } as const;
const cases: readonly UnreadResponses[] = [
  { ...none, title: "no client", connections: 0, query: nodesQuery(1) },
  { ...none, title: "a partner, 52 MB", query: nodesQuery(95) },
  { ...none, title: "a partner, 15 MB", query: nodesQuery(28) },
  { ...none, title: "a partner, 3 MB", query: nodesQuery(5) },
  { ...none, title: "a partner, 25 windows", query: windowsQuery(15) },
  { ...analyst, title: "an analyst, 40 MB", query: listQuery(95) },
  { ...analyst, title: "an analyst, 13 MB", query: listQuery(30) },
];
/** Case of a small run. */
const smallCase = cases[3] as UnreadResponses;
const slowReaders: UnreadResponses = {
  ...analyst,
  title: "an analyst, 2 MB",
  connections: 2_000,
  rounds: 1,
  query: listQuery(5),
  bytesPerSecond: 10_000,
};

/** Time over which the requests of a full run are spread. */
const FULL_MS = 15_000;
/** Time over which the requests of a small run are spread. */
const SMALL_MS = 3_000;
/** Connections of a small run, in place of those of the case. */
const SMALL_CONNECTIONS = 8;
const STATUSES = ["200", "503", "429", "400"];

/** Memory that a gateway may take in a full run, in megabytes. */
const MAX_MEMORY_MB = 400;
export const unreadDrills: Readonly<Record<string, Drill>> = {
  unread: {
    title: `28 clients read nothing of long responses: memory stays below ${MAX_MEMORY_MB} MB, health answers`,
    run: (size) => runCases(size === "full" ? cases : [smallCase], size),
  },
  "slow-readers": {
    title: `2,000 clients read 10 KB a second of 2 MB each: memory stays below ${MAX_MEMORY_MB} MB, health answers`,
    run: (size) => runCases([slowReaders], size),
  },
};

async function runCases(selected: readonly UnreadResponses[], size: Size): Promise<Outcome> {
  const figures: [string, string][] = [];
  let passed = true;
  for (const unread of selected) {
    // A gateway for each case: memory that was needed once is seldom returned.
    await using fleet = await startFleet({ streams: 1_000, servers: "gateway", profileFolder: null });
    const { memoryMb, probed, statuses } = await runCase(fleet, unread, size);
    const p99 = (times: readonly number[]) => figure(quantileOf(times, 0.99), 1);
    const counts = STATUSES.map((status) => `${status} ${statuses.get(status) ?? 0}`).join(", ");
    figures.push([
      unread.title,
      `${figure(memoryMb, 0)} MB; p99 of health ${p99(probed.health)} ms, on new connections ${p99(probed.healthAnew)} ms, of a list ${p99(probed.list)} ms (longest ${figure(Math.max(...probed.list), 0)}); ${counts}`,
    ]);
    const isAnswered = [probed.health, probed.healthAnew, probed.list].every((times) => times.length > 0);
    passed &&= isAnswered && (size === "small" || (memoryMb ?? 0) <= MAX_MEMORY_MB);
  }
  return { passed, figures };
}

async function runCase({ gateway }: Fleet, unread: UnreadResponses, size: Size) {
  const { hostname, port, host } = gateway.url;
  const { key, streamId } = await createCaller(gateway.url, unread.role, ["usage:read", "stream:read"]);
  const body = JSON.stringify({ query: unread.query(streamId) });
  const head = `POST /graphql HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`;
  const text = `${head}content-length: ${body.length}\r\n\r\n${body}`;
  const statuses = new Map<string, number>();
  const sockets = new Set<Socket>();
  const send = () => {
    const socket = connect({ host: hostname, port: Number(port) });
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.write(text, "latin1");
    // The status alone is read at once, the rest at the pace of the case.
    socket.once("readable", () => {
      const first = socket.read(12) as Buffer | null;
      const status = first?.toString("latin1", 9, 12) ?? "none";
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (unread.bytesPerSecond > 0) {
        const timer = setInterval(
          () => socket.read(Math.min(unread.bytesPerSecond / 10, socket.readableLength || 1)),
          100,
        );
        socket.on("close", () => clearInterval(timer));
      }
    });
  };
  const prober = await startProber(gateway.url);
  const connections = size === "full" ? unread.connections : Math.min(unread.connections, SMALL_CONNECTIONS);
  for (let round = 0; round < unread.rounds; round += 1) {
    for (let count = 0; count < connections; count += 1) send();
    await pause((size === "full" ? FULL_MS : SMALL_MS) / unread.rounds);
  }
  const probed = await prober.end();
  const memoryMb = peakMemoryMb(gateway.pid);
  for (const socket of sockets) socket.destroy();
  return { memoryMb, probed, statuses };
}
