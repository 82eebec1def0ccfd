import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Column, columns } from "./columns.ts";
import { type Fleet, type Gateway, pinBench, startFleet } from "./fleet.ts";
import { load } from "./load.ts";
import { quantile, requestText } from "./measure.ts";
import { type OpenLoadResult, openLoad } from "./open-load.ts";
import { figure, table } from "./table.ts";
import { cpuMs, memoryMb } from "./usage.ts";

const USAGE = `npm run soak -- [--only soak,overload,restart] [--seconds n] [--per-second n]

  soak      asks 1,000 times a second for 10 minutes: no error, and memory flat within 10 % after the first fifth
  overload  asks four times as much as can be answered: four fifths of that are served, health answers throughout. Once
            with figures that are known and once with such that have to be read, of which fewer can be answered
  restart   two gateways under load are restarted one after the other: no request fails

  --seconds     another time for each, such as 30
  --per-second  another rate, of the soak and the restart
`;

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    seconds: { type: "string" },
    "per-second": { type: "string" },
    help: { type: "boolean", default: false },
  },
});

/** Figures that are kept, figures that are read, tokens, and nothing at all. */
const mix: readonly Column[] = [columns.totals, columns.list, columns.totals, columns.typename];
/** One question in so many is of a window that was not asked for before. */
const NEW_WINDOW_EVERY = 50;
const WARM_QUESTIONS = 20;

let asked = 0;

function question(server: Gateway): string {
  asked += 1;
  const column = mix[asked % mix.length] as Column;
  return requestText({ server, column }, asked % NEW_WINDOW_EVERY === 0 ? asked : asked % WARM_QUESTIONS);
}

const gatewaysOf = async (count: number): Promise<Fleet> =>
  startFleet({ streams: columns.totals.streams, servers: "gateway", gateways: count, profileFolder: null });

/** Lets a process find its pace, as the first requests after a start take longest. */
async function warmUp(gateways: readonly Gateway[]): Promise<void> {
  for (const gateway of gateways) await load(gateway.url, 20, 3_000, () => question(gateway));
}

async function soak(seconds: number, perSecond: number): Promise<boolean> {
  await using fleet = await gatewaysOf(1);
  const { gateway } = fleet;
  await warmUp([gateway]);
  const memory: number[] = [];
  const watch = setInterval(() => memory.push(memoryMb(gateway.pid) ?? Number.NaN), 1_000);
  const result = await openLoad({
    perSecond,
    durationMs: seconds * 1_000,
    nextServer: () => gateway.url,
    nextRequest: () => question(gateway),
  });
  clearInterval(watch);
  const settled = memory.slice(Math.floor(memory.length / 5));
  // A collection of garbage more or less is no growth: halves of what follows are compared by their means.
  const [early, late] = [settled.slice(0, settled.length / 2), settled.slice(settled.length / 2)].map(mean) as [
    number,
    number,
  ];
  tell(`soak: ${perSecond} a second for ${seconds} s`, result, [
    ["memory, first and second half after the first fifth", `${figure(early, 0)} MB, ${figure(late, 0)} MB`],
    ["most memory", `${figure(Math.max(...memory), 0)} MB`],
  ]);
  return result.failures.size === 0 && result.shed === 0 && Math.abs(late / early - 1) <= 0.1;
}

async function overload(seconds: number): Promise<boolean> {
  const known = await overloadWith("mostly of what is known", seconds, question);
  const read = await overloadWith("each of other figures", seconds, (server) => {
    asked += 1;
    return requestText({ server, column: columns.totals }, asked);
  });
  return known && read;
}

async function overloadWith(what: string, seconds: number, questionTo: (server: Gateway) => string): Promise<boolean> {
  await using fleet = await gatewaysOf(1);
  const { gateway } = fleet;
  const next = () => questionTo(gateway);
  await warmUp([gateway]);
  const peak = await load(gateway.url, 50, seconds * 500, next);
  const capacity = peak.answers / peak.seconds;
  const health = watchHealth(gateway);
  const [begin, cpuBefore] = [performance.now(), cpuMs(gateway.pid) ?? Number.NaN];
  const result = await openLoad({
    perSecond: 4 * capacity,
    durationMs: seconds * 1_000,
    nextServer: () => gateway.url,
    nextRequest: next,
  });
  // It is at work until the last answer has come.
  const cpuShare = ((cpuMs(gateway.pid) ?? Number.NaN) - cpuBefore) / (performance.now() - begin);
  const { answered, missed, longestMs } = await health.end();
  const after = await load(gateway.url, 50, seconds * 250, next);
  const share = result.servedMs.length / result.seconds / capacity;
  tell(`overload, ${what}: ${figure(4 * capacity, 0)} a second for ${seconds} s`, result, [
    ["peak before, by 50 connections", `${figure(capacity, 0)} a second`],
    ["of which are served", `${figure(share * 100, 0)} %`],
    ["CPU of the gateway", `${figure(cpuShare * 100, 0)} % of a core`],
    ["peak afterwards", `${figure(after.answers / after.seconds, 0)} a second`],
    ["health checks answered, missed, longest", `${answered}, ${missed}, ${figure(longestMs, 0)} ms`],
  ]);
  return share >= 0.8 && result.failures.size === 0 && missed === 0;
}

async function restart(seconds: number, perSecond: number): Promise<boolean> {
  await using fleet = await gatewaysOf(2);
  const { gateways } = fleet;
  await warmUp(gateways);
  const ready = new Set(gateways);
  const watch = setInterval(async () => {
    for (const gateway of gateways) {
      const isReady = await isOk(new URL("/readiness", gateway.url), 500);
      if (isReady) ready.add(gateway);
      else ready.delete(gateway);
    }
  }, 200);
  let turn = 0;
  const nextServer = () => {
    turn += 1;
    const able = gateways.filter((gateway) => ready.has(gateway));
    return (able[turn % able.length] ?? (gateways[0] as Gateway)).url;
  };
  const restarting = (async () => {
    for (const gateway of gateways) {
      await pause(seconds * 200);
      await gateway.restart();
    }
  })();
  const result = await openLoad({
    perSecond,
    durationMs: seconds * 1_000,
    nextServer,
    nextRequest: (url) => question(gateways.find((gateway) => gateway.url === url) as Gateway),
  });
  await restarting;
  clearInterval(watch);
  tell(`two restarts: ${perSecond} a second for ${seconds} s`, result, []);
  return result.failures.size === 0 && result.shed === 0;
}

/** Asks for health ten times a second. */
function watchHealth({ url }: Gateway) {
  const times: number[] = [];
  let missed = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const begin = performance.now();
      if (await isOk(new URL("/health", url), 5_000)) times.push(performance.now() - begin);
      else missed += 1;
      await pause(100);
    }
  })();
  return {
    end: async () => {
      isOver = true;
      await watching;
      return { answered: times.length, missed, longestMs: Math.max(0, ...times) };
    },
  };
}

async function isOk(url: URL, waitMs: number): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(waitMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function tell(title: string, result: OpenLoadResult, rows: readonly (readonly [string, string])[]): void {
  const { servedMs, seconds, shed, unsent, failures } = result;
  const text = table(
    [title, ""],
    [
      ["served", `${servedMs.length}, ${figure(servedMs.length / seconds, 0)} a second`],
      ["p50, p99, longest", `${[0.5, 0.99, 1].map((share) => figure(quantile(servedMs, share), 1)).join(", ")} ms`],
      ["turned away with 503 and Retry-After", String(shed)],
      ["not sent, since 4,000 wait already", String(unsent)],
      ["failed", [...failures].map(([what, count]) => `${count} times ${what}`).join("; ") || "0"],
      ...rows,
    ],
  );
  process.stdout.write(`${text}\n\n`);
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(USAGE);
  pinBench();
  const seconds = (usual: number) => Number(options.seconds ?? usual);
  const perSecond = Number(options["per-second"] ?? 1_000);
  const only = options.only?.split(",") ?? ["soak", "overload", "restart"];
  const runs = {
    soak: () => soak(seconds(600), perSecond),
    overload: () => overload(seconds(20)),
    restart: () => restart(seconds(30), perSecond),
  };
  for (const [name, run] of Object.entries(runs)) {
    if (only.includes(name) && !(await run())) {
      process.stdout.write(`${name} missed its bounds.\n\n`);
      process.exitCode = 1;
    }
  }
}

await main();
