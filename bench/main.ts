import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { createCaller, PARTNER_SCOPES } from "./callers.ts";
import { writeSection } from "./docs-section.ts";
import { failingTable } from "./failing.ts";
import { type Fleet, pinBench, type Server, startFleet } from "./fleet.ts";
import { growthTable } from "./growth.ts";
import { type Contestant, measure, type Pace, type Result, type Rotation } from "./measure.ts";
import { comparison, figure, table } from "./table.ts";
import { type Measured, targetTable } from "./targets.ts";
import type { Task, Wording } from "./task.ts";
import { tasks } from "./tasks/tasks.ts";
import { memoryMb } from "./usage.ts";

/** One table of the benchmark. */
interface Run {
  readonly task: Task;
  readonly rotation: Rotation;
  /** Latency of each of the platform's responses, in milliseconds; none by default. */
  readonly latencyMs?: number;
  /** Number of connections, if fewer than by default. */
  readonly connections?: number;
}

const { list, list8, totals, totals8, totalsHours, typename, series, series3, series8, mixed } = tasks;
const cold = (task: Task): Run => ({ task, rotation: "cold" });
const warm = (task: Task): Run => ({ task, rotation: "warm" });
/** Runs by fleet; the runs of one fleet share an account. */
const runs: readonly (readonly Run[])[] = [
  [
    ...[list, list8, totals, totals8, totalsHours, typename].map(cold),
    ...[totals, totals8, totalsHours].map(warm),
    { task: totals, rotation: "cold", latencyMs: 20 },
    { task: totals, rotation: "cold", latencyMs: 20, connections: 10 },
  ],
  [...[series, series3, series8, mixed].map(cold), ...[series, series3, series8, mixed].map(warm)],
];

const PACES = {
  full: { connections: 50, rounds: 5, roundMs: 600, warmUpMs: 4_000 },
  quick: { connections: 50, rounds: 2, roundMs: 200, warmUpMs: 400 },
} as const satisfies Record<string, Pace>;

const USAGE = `npm run bench -- [--quick] [--only names] [--wording text] [--write] [--cpu-prof folder]

  --quick     short rounds: a rough measurement in three minutes
  --only      measures some tasks: list, totals, series, typename, mixed, growth, failing; a task such as totals-8; the
              cold or warm runs of a shape or task: totals:cold
  --wording   measures the wordings whose name contains the text, without the other servers but the proxy
  --write     writes the tables into docs/measurements.md
  --cpu-prof  writes CPU profiles of the gateway into a folder
`;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    only: { type: "string" },
    wording: { type: "string" },
    "cpu-prof": { type: "string" },
  },
});

async function main(): Promise<void> {
  if (options.help) return print(USAGE);
  if (!existsSync(new URL("./node_modules", import.meta.url))) {
    process.exitCode = 1;
    return print("The servers to compare with are not installed. Install them with: npm ci --prefix bench");
  }
  const pace = options.quick ? PACES.quick : PACES.full;
  const only = options.only?.split(",");
  const isWanted = (id: string, rotation = "") =>
    only?.some((name) => id === name || id.startsWith(`${name}-`) || `${id}:${rotation}`.startsWith(name)) ?? true;
  const parts = [machine(pinBench(), pace)];
  print(parts[0] ?? "");
  const report = (part: string) => {
    parts.push(part);
    print(part);
  };
  const measured: Measured[] = [];
  for (const runsOfFleet of runs) {
    const wanted = runsOfFleet.filter(({ task, rotation }) => isWanted(task.id, rotation));
    if (wanted[0]) measured.push(...(await runFleet(wanted[0].task.streams, wanted, pace, report)));
  }
  if (isWanted("growth")) report(await growthTable(pace));
  const failing = isWanted("failing") ? await failingTable(pace, options["cpu-prof"] ?? null) : null;
  if (failing) report(failing.text);
  report(targetTable(measured, failing?.ratio ?? null));
  if (options.write) await writeSection("docs/measurements.md", "speed", () => `${parts.join("\n\n")}\n`);
}

async function runFleet(
  streams: number,
  wanted: readonly Run[],
  pace: Pace,
  report: (part: string) => void,
): Promise<Measured[]> {
  const settings = { PARTNER_COST_BUDGET_PER_MINUTE: "1000000000" };
  const profileFolder = options["cpu-prof"] ?? null;
  await using fleet = await startFleet({ streams, servers: "all", profileFolder, settings });
  const { key: partnerKey } = await createCaller(fleet.gateway.url, "PARTNER", PARTNER_SCOPES);
  const measured: Measured[] = [];
  for (const run of wanted) {
    const { task, rotation, latencyMs = 0 } = run;
    const results = await runTable(fleet, run, pace, partnerKey);
    report(comparison(titleOf(run), results));
    if (latencyMs === 0) measured.push({ taskId: task.id, rotation, results, memoryMb: memoryMb(fleet.gateway.pid) });
  }
  report(memoryTable(fleet));
  return measured;
}

async function runTable(fleet: Fleet, run: Run, pace: Pace, partnerKey: string): Promise<readonly Result[]> {
  const { rotation, latencyMs = 0, connections = pace.connections } = run;
  await fleet.setLatency(latencyMs);
  const contestants = contestantsOf(fleet, run, partnerKey);
  const results = await measure(contestants, rotation, { ...pace, connections }, contestants[0]?.server);
  await fleet.setLatency(0);
  return results;
}

/** Returns the proxy, and each server with the wordings that it takes part in. */
function contestantsOf(fleet: Fleet, { task, rotation, latencyMs = 0 }: Run, partnerKey: string): Contestant[] {
  const [proxy, gateway, rival, other] = fleet.servers as [Server, Server, Server, Server];
  const wordings = task.wordings.filter(({ name }) => name.includes(options.wording ?? ""));
  const forPeers = wordings.filter(({ isForPeers }) => isForPeers !== false);
  // Other servers do the same work in cold runs alone; the slowest of them shows no more in other wordings.
  const withPeers = rotation === "cold" && latencyMs === 0 && options.wording === undefined;
  const inWording = (server: Server) => (wording: Wording) => ({
    ...{ fleet, server, task, wording },
    ...(wording.by === "partner" && { key: partnerKey }),
  });
  return [
    { fleet, server: proxy, task },
    ...wordings.slice(0, latencyMs === 0 ? undefined : 1).map(inWording(gateway)),
    ...(withPeers ? forPeers.map(inWording(rival)) : []),
    ...(withPeers ? forPeers.slice(0, 1).map(inWording(other)) : []),
  ];
}

function titleOf({ task, rotation, latencyMs = 0, connections }: Run): string {
  const conditions = [
    task.title,
    latencyMs > 0 ? `upstream ${latencyMs} ms` : "",
    connections === undefined ? "" : `${connections} connections`,
    rotation === "warm" ? "20 windows in rotation" : "",
  ];
  return conditions.filter((condition) => condition !== "").join(", ");
}

function memoryTable({ servers }: Fleet): string {
  return table(
    ["memory after it", "MB"],
    servers.map(({ name, pid }) => [name, figure(memoryMb(pid), 0)]),
  );
}

function machine(isPinned: boolean, { connections, rounds, roundMs, warmUpMs }: Pace): string {
  const [{ model } = { model: "an unknown processor" }] = cpus();
  const place = isPinned ? "each server alone on one core" : "processes not pinned to cores";
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, Node.js ${process.versions.node}, ${cpus().length} cores (${model.trim()}), ${place}; ${connections} connections, medians of ${rounds} rounds of ${roundMs / 1_000} s by turns, after ${warmUpMs / 1_000} s of load on each server. A wrong answer, before or during a run, disqualifies. CV is the coefficient of variation of the rounds.`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n\n`);
}

await main();
