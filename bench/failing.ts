import { columns, totalsColumn } from "./columns.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { load } from "./load.ts";
import { type Pace, quantile, requestText, WARM_REQUESTS } from "./measure.ts";
import { figure, median, table } from "./table.ts";
import { cpuMs } from "./usage.ts";

/** One situation in which a page of streams is requested. */
interface Situation {
  readonly title: string;
  readonly isOut: boolean;
  /** Index of the n-th request. */
  readonly index: (request: number) => number;
  /** Changes the text of the request. */
  readonly changed: (text: string) => string;
  readonly fails: boolean;
  /** Situation whose CPU is the reference; null for none. */
  readonly reference: string | null;
}

const COLD = "read from the platform";
const WARM = "read from the cache";
const same = (text: string) => text;
const situations: readonly Situation[] = [
  { title: COLD, isOut: false, index: (request) => request, changed: same, fails: false, reference: null },
  { title: "platform down", isOut: true, index: (request) => request, changed: same, fails: true, reference: COLD },
  {
    title: WARM,
    isOut: false,
    index: (request) => request % WARM_REQUESTS,
    changed: same,
    fails: false,
    reference: null,
  },
  {
    // The text keeps its length, which its header states.
    title: "rejected window",
    isOut: false,
    index: (request) => request % WARM_REQUESTS,
    changed: (text) => text.replaceAll(":00:00Z", ":17:00Z").replaceAll(":00:00.000Z", ":17:00.000Z"),
    fails: true,
    reference: WARM,
  },
];

interface Measured {
  readonly cpu: (number | null)[];
  readonly perSecond: number[];
  readonly healthMs: number[];
}

/** Returns the CPU of a page whose every stream fails beside the same page with usage, and the latency of `/health`. */
export async function failingTable(pace: Pace, profileFolder: string | null): Promise<string> {
  const { totals } = columns;
  await using fleet = await startFleet({ streams: totals.streams, servers: "gateway", profileFolder });
  const all = new Map<string, Measured>();
  for (const { title } of situations) all.set(title, { cpu: [], perSecond: [], healthMs: [] });
  for (const situation of situations) await lead(fleet, situation, pace, pace.warmUpMs);
  for (let round = 0; round < pace.rounds; round += 1) {
    for (const situation of situations) {
      await lead(fleet, situation, pace, LEAD_MS);
      const measured = all.get(situation.title);
      if (measured) await measure(fleet, situation, pace, measured);
    }
  }
  await fleet.setOutage(false);
  const rows = situations.map(({ title, reference }) => {
    const { perSecond, healthMs } = all.get(title) ?? { perSecond: [], healthMs: [] };
    const p99 = quantile(Float64Array.from(healthMs).sort(), 0.99);
    const cpuOf = (name: string) => median(all.get(name)?.cpu ?? []);
    const own = cpuOf(title);
    const other = reference === null ? null : cpuOf(reference);
    const ratio = own === null || other === null ? null : own / other;
    return [title, figure(own, 3), figure(ratio, 2), figure(median(perSecond), 0), figure(p99, 1)];
  });
  const title = `page of ${totalsColumn(50, 50).title}`;
  return table([title, "CPU ms/query", "CPU ratio to the page with usage", "queries/s", "p99 of /health ms"], rows);
}

/** Time of load after which the circuit breaker has opened, and of its absence until it closes, in milliseconds. */
const LEAD_MS = 1_500;
const HEALTH_EVERY_MS = 5;
let requestCount = 0;

function nextOf({ gateway }: Fleet, { index, changed }: Situation): () => string {
  return () => {
    requestCount += 1;
    return changed(requestText({ server: gateway, column: columns.totals }, index(requestCount)));
  };
}

async function lead(fleet: Fleet, situation: Situation, { connections }: Pace, ms: number): Promise<void> {
  await fleet.setOutage(situation.isOut);
  await load(fleet.gateway.url, connections, ms, nextOf(fleet, situation), () => true);
}

async function measure(fleet: Fleet, situation: Situation, pace: Pace, into: Measured): Promise<void> {
  const { gateway } = fleet;
  const isExpected = (answer: Buffer) => answer.includes('"errors":') === situation.fails;
  const before = cpuMs(gateway.pid);
  const pinging = ping(gateway.url, pace.roundMs);
  const { answers, seconds } = await load(
    gateway.url,
    pace.connections,
    pace.roundMs,
    nextOf(fleet, situation),
    isExpected,
  );
  const after = cpuMs(gateway.pid);
  into.cpu.push(before === null || after === null ? null : (after - before) / answers);
  into.perSecond.push(answers / seconds);
  into.healthMs.push(...(await pinging));
}

async function ping(url: URL, ms: number): Promise<number[]> {
  const text = `GET /health HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`;
  const times: number[] = [];
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const { latenciesMs } = await load(url, 1, 0, () => text);
    times.push(...latenciesMs);
    await new Promise((resolve) => setTimeout(resolve, HEALTH_EVERY_MS));
  }
  return times;
}
