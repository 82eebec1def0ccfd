import { type Fleet, startFleet } from "./fleet.ts";
import { measure, type Pace, type Result, type Sample } from "./measure.ts";
import { figure, middle, ratio, table } from "./table.ts";
import { totalsTask } from "./tasks/totals.ts";

const ACCOUNTS = [50, 1_000, 5_000] as const;
const FIRSTS = [10, 100] as const;
/** Number of connections: few, because CPU is measured and not queueing. */
const CONNECTIONS = 10;

/** Returns the CPU of a stream with its total, by the size of the page and of the account. */
export async function growthTable(pace: Pace): Promise<string> {
  const fleets: Fleet[] = [];
  try {
    for (const streams of ACCOUNTS) fleets.push(await startFleet({ streams, servers: "gateway", profileFolder: null }));
    const rows: string[][] = [];
    for (const first of FIRSTS) {
      const contestants = fleets.map((fleet, index) => {
        return { fleet, server: fleet.gateway, task: totalsTask(first, ACCOUNTS[index] ?? 0) };
      });
      rows.push(...rowsOf(first, await measure(contestants, "cold", { ...pace, connections: CONNECTIONS })));
    }
    return table(["page", "streams of the account", "CPU µs/stream", "ratio", "queries/s"], rows);
  } finally {
    await Promise.all(fleets.map((fleet) => fleet[Symbol.asyncDispose]()));
  }
}

function rowsOf(first: number, results: readonly Result[]): string[][] {
  const perStream = results.map(({ task, samples }) =>
    samples.map((sample) => ({ ...sample, cpuMsPerQuery: microseconds(sample, Math.min(first, task.streams)) })),
  );
  const cost = ({ cpuMsPerQuery }: Sample) => cpuMsPerQuery;
  return results.map(({ task, samples }, index) => [
    `first: ${first}`,
    figure(task.streams, 0),
    figure(middle(perStream[index] ?? [], cost), 1),
    figure(ratio(perStream[index] ?? [], perStream[0] ?? [], cost), 2),
    figure(
      middle(samples, ({ perSecond }) => perSecond),
      0,
    ),
  ]);
}

function microseconds({ cpuMsPerQuery }: Sample, streams: number): number | null {
  return cpuMsPerQuery === null ? null : (cpuMsPerQuery * 1_000) / streams;
}
