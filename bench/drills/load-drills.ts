import { setTimeout as pause } from "node:timers/promises";
import { type Fleet, type Gateway, startFleet } from "../fleet.ts";
import { load } from "../load.ts";
import { quantile, requestText } from "../measure.ts";
import { type OpenLoadResult, openLoad } from "../open-load.ts";
import { figure } from "../table.ts";
import type { Task } from "../task.ts";
import { tasks } from "../tasks/tasks.ts";
import { cpuMs, memoryMb } from "../usage.ts";
import type { Drill, Outcome, Size } from "./drill.ts";

/** Requests of a drill in turn: cached usage twice as often as tokens and as a query without data. */
const mix: readonly Task[] = [tasks.totals, tasks.list, tasks.totals, tasks.typename];
/** One request in this many has a window that was not requested before. */
const NEW_WINDOW_EVERY = 50;
/** Number of windows that the other requests rotate through. */
const CACHED_WINDOWS = 20;

/** Returns a function that gives the text of the next request to a gateway. */
function createMixedRequests(): (server: Gateway) => string {
  let count = 0;
  return (server) => {
    count += 1;
    const task = mix[count % mix.length] as Task;
    return requestText({ server, task }, count % NEW_WINDOW_EVERY === 0 ? count : count % CACHED_WINDOWS);
  };
}

/** Returns a function that gives requests of which each has to read usage from the platform. */
function createUncachedRequests(): (server: Gateway) => string {
  let count = 0;
  return (server) => {
    count += 1;
    return requestText({ server, task: tasks.totals }, count);
  };
}

const startGateways = async (count: number): Promise<Fleet> =>
  startFleet({ streams: tasks.totals.streams, servers: "gateway", gateways: count, profileFolder: null });

/** Sends requests until code is compiled: the first requests after a start take longest. */
async function warmUp(gateways: readonly Gateway[], next: (server: Gateway) => string, size: Size): Promise<void> {
  for (const gateway of gateways) await load(gateway.url, 20, size === "full" ? 3_000 : 500, () => next(gateway));
}

const soak: Drill = {
  title: "1,000 requests a second for 10 minutes: none fails or is shed, and memory stays within 10 %",
  run: async (size) => {
    const [perSecond, seconds] = size === "full" ? [1_000, 600] : [50, 8];
    const next = createMixedRequests();
    await using fleet = await startGateways(1);
    const { gateway } = fleet;
    await warmUp([gateway], next, size);
    const memory: number[] = [];
    const sampling = setInterval(() => memory.push(memoryMb(gateway.pid) ?? Number.NaN), 1_000);
    const result = await openLoad({
      perSecond,
      durationMs: seconds * 1_000,
      nextServer: () => gateway.url,
      nextRequest: () => next(gateway),
    });
    clearInterval(sampling);
    const settled = memory.slice(Math.floor(memory.length / 5));
    // Means of halves, because one garbage collection more or less is no growth.
    const early = mean(settled.slice(0, settled.length / 2));
    const late = mean(settled.slice(settled.length / 2));
    const isFlat = size === "small" || Math.abs(late / early - 1) <= 0.1;
    return {
      passed: hasNoLoss(result) && result.shed === 0 && isFlat,
      figures: [
        ...loadFigures(result),
        ["MB of memory, first and second half after the first fifth", `${figure(early, 0)}, ${figure(late, 0)}`],
        ["most MB of memory", figure(Math.max(...memory), 0)],
      ],
    };
  },
};

/** Returns a drill that sends four times as many requests as the gateway can answer. */
function overload(title: string, createRequests: () => (server: Gateway) => string): Drill {
  return {
    title,
    run: async (size) => {
      const seconds = size === "full" ? 20 : 4;
      const requests = createRequests();
      await using fleet = await startGateways(1);
      const { gateway } = fleet;
      const next = () => requests(gateway);
      await warmUp([gateway], requests, size);
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
      const cpuShare = ((cpuMs(gateway.pid) ?? Number.NaN) - cpuBefore) / (performance.now() - begin);
      const { answered, missed, longestMs } = await health.end();
      const after = await load(gateway.url, 50, seconds * 250, next);
      const share = result.servedMs.length / result.seconds / capacity;
      return {
        passed: hasNoLoss(result) && missed === 0 && answered > 0 && (size === "small" || share >= 0.8),
        figures: [
          ["requests a second", figure(4 * capacity, 0)],
          ...loadFigures(result),
          ["answers a second at 50 connections, before and after", `${figure(capacity, 0)}, ${rate(after)}`],
          ["% of that which is answered under overload", figure(share * 100, 0)],
          ["CPU in % of a core", figure(cpuShare * 100, 0)],
          ["health checks answered, missed, longest in ms", `${answered}, ${missed}, ${figure(longestMs, 0)}`],
        ],
      };
    },
  };
}

const restart: Drill = {
  title: "two gateways under load are restarted one after the other: no request fails or is shed",
  run: async (size) => {
    const [perSecond, seconds] = size === "full" ? [1_000, 30] : [50, 10];
    const next = createMixedRequests();
    await using fleet = await startGateways(2);
    const { gateways } = fleet;
    await warmUp(gateways, next, size);
    const ready = new Set(gateways);
    const checking = setInterval(async () => {
      for (const gateway of gateways) {
        if (await isOk(new URL("/readiness", gateway.url), 500)) ready.add(gateway);
        else ready.delete(gateway);
      }
    }, 200);
    let count = 0;
    const nextServer = () => {
      count += 1;
      const able = gateways.filter((gateway) => ready.has(gateway));
      return (able[count % able.length] ?? (gateways[0] as Gateway)).url;
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
      nextRequest: (url) => next(gateways.find((gateway) => gateway.url === url) as Gateway),
    });
    await restarting;
    clearInterval(checking);
    return { passed: hasNoLoss(result) && result.shed === 0, figures: loadFigures(result) };
  },
};

export const loadDrills: Readonly<Record<string, Drill>> = {
  soak,
  overload: overload(
    "four times the capacity, mostly cached usage: 80 % is answered, health always",
    createMixedRequests,
  ),
  "overload-cold": overload("four times the capacity, each with other usage: the same bounds", createUncachedRequests),
  restart,
};

/** Whether each request was answered or shed, and at least one was answered. */
function hasNoLoss({ failures, servedMs }: OpenLoadResult): boolean {
  return failures.size === 0 && servedMs.length > 0;
}

function loadFigures(result: OpenLoadResult): Outcome["figures"] {
  const { servedMs, seconds, shed, unsent, failures } = result;
  return [
    ["answered, and a second", `${servedMs.length}, ${figure(servedMs.length / seconds, 0)}`],
    ["p50, p99 and longest in ms", [0.5, 0.99, 1].map((share) => figure(quantile(servedMs, share), 1)).join(", ")],
    ["answered with 503 or OVERLOADED", String(shed)],
    ["not sent beyond 4,000 connections", String(unsent)],
    ["failed", [...failures].map(([failure, count]) => `${count} times ${failure}`).join(", ") || "0"],
  ];
}

const rate = ({ answers, seconds }: { readonly answers: number; readonly seconds: number }) =>
  figure(answers / seconds, 0);

/** Requests `/health` ten times a second until its end. */
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

async function isOk(url: URL, timeoutMs: number): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
