import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { writeSection } from "../docs-section.ts";
import { type Column, columns } from "./columns.ts";
import { failingTable } from "./failing.ts";
import { type Fleet, pinBench, posted, type Server, startFleet } from "./fleet.ts";
import { growthTable } from "./growth.ts";
import { assertEqualAnswers, measure, type Pace, type Rotation } from "./measure.ts";
import { comparison, figure, table } from "./table.ts";
import { memoryMb } from "./usage.ts";

/** One table of the benchmark. */
interface Run {
  readonly column: Column;
  readonly rotation: Rotation;
  /** Latency of each of the platform's responses, in milliseconds. */
  readonly latencyMs: number;
  /** Number of connections, if fewer than by default. */
  readonly connections?: number;
  /** Whether the proxy is measured by POST as well, which is most of the time of a trivial request. */
  readonly isPosted?: boolean;
  /** Whether the other servers take part, which they do if each does the same work. */
  readonly withPeers: boolean;
}

const { list, totals, series, typename } = columns;
const cold = { rotation: "cold", latencyMs: 0, withPeers: true } as const;
const warm = { rotation: "warm", latencyMs: 0, withPeers: false } as const;
const slow = { rotation: "cold", latencyMs: 20, withPeers: false } as const;
/** Runs by fleet; the runs of one fleet share an account. */
const runs: readonly (readonly Run[])[] = [
  [
    { column: list, ...cold },
    { column: totals, ...cold },
    { column: typename, ...cold, isPosted: true },
    { column: totals, ...warm },
    { column: totals, ...slow },
    { column: totals, ...slow, connections: 10 },
  ],
  [
    { column: series, ...cold },
    { column: series, ...warm },
  ],
];

const PACES = {
  // Code is compiled for ten seconds and more under load, and a gateway runs for weeks.
  full: { connections: 50, rounds: 5, roundMs: 1_200, warmUpMs: 10_000 },
  quick: { connections: 50, rounds: 2, roundMs: 400, warmUpMs: 600 },
} as const satisfies Record<string, Pace>;

const USAGE = `npm run bench -- [--quick] [--only list,totals,series,typename,growth,failing] [--write] [--cpu-prof folder]

  --quick     takes less than a minute
  --only      measures some of the requests
  --write     writes the tables into docs/measurements.md
  --cpu-prof  writes CPU profiles of the gateway into a folder
`;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    only: { type: "string" },
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
  const isWanted = (id: string) => only === undefined || only.includes(id);
  const parts = [machine(pinBench(), pace)];
  print(parts[0] ?? "");
  const report = (part: string) => {
    parts.push(part);
    print(part);
  };
  for (const runsOfFleet of runs) {
    const wanted = runsOfFleet.filter(({ column }) => isWanted(column.id));
    if (wanted[0]) await runFleet(wanted[0].column.streams, wanted, pace, report);
  }
  if (isWanted("growth")) report(await growthTable(pace));
  if (isWanted("failing")) report(await failingTable(pace, options["cpu-prof"] ?? null));
  if (options.write) await writeSection("docs/measurements.md", "speed", () => `${parts.join("\n\n")}\n`);
}

async function runFleet(
  streams: number,
  wanted: readonly Run[],
  pace: Pace,
  report: (part: string) => void,
): Promise<void> {
  await using fleet = await startFleet({ streams, servers: "all", profileFolder: options["cpu-prof"] ?? null });
  for (const run of wanted) report(await runTable(fleet, run, pace));
  report(memoryTable(fleet));
}

async function runTable(fleet: Fleet, run: Run, pace: Pace): Promise<string> {
  const { column, rotation, latencyMs, connections = pace.connections } = run;
  await assertEqualAnswers(fleet.servers, column);
  await fleet.setLatency(latencyMs);
  const results = await measure(
    contestants(fleet, run).map((server) => ({ fleet, server, column })),
    rotation,
    { ...pace, connections },
  );
  await fleet.setLatency(0);
  return comparison(titleOf(run), results);
}

function contestants({ servers }: Fleet, { withPeers, isPosted }: Run): Server[] {
  const [proxy, ...graphs] = withPeers ? servers : servers.slice(0, 2);
  if (!proxy) return graphs;
  return isPosted ? [proxy, posted(proxy), ...graphs] : [proxy, ...graphs];
}

function titleOf({ column, rotation, latencyMs, connections }: Run): string {
  const conditions = [
    column.title,
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
  return `${date}, Node.js ${process.versions.node}, ${cpus().length} cores (${model.trim()}), ${place}; ${connections} connections, medians of ${rounds} rounds of ${roundMs / 1_000} s by turns, after ${warmUpMs / 1_000} s of load on each.`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n\n`);
}

await main();
