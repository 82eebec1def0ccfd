import { type Fleet, startFleet } from "./fleet.ts";
import { load } from "./load.ts";
import { type Pace, quantileOf, requestText, WARM_REQUESTS } from "./measure.ts";
import { figure, median, table } from "./table.ts";
import { tasks } from "./tasks/tasks.ts";
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
const DOWN: Situation = {
  title: "platform down",
  isOut: true,
  index: (request) => request,
  changed: same,
  fails: true,
  reference: COLD,
};
const situations: readonly Situation[] = [
  { title: COLD, isOut: false, index: (request) => request, changed: same, fails: false, reference: null },
  DOWN,
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

/** Measures the CPU of a page whose every stream fails beside the same page with usage, and the latency of `/health`. */
export async function failingTable(
  pace: Pace,
  profileFolder: string | null,
): Promise<{
  readonly text: string;
  /** CPU of a page while the platform is down as a ratio to the page with usage; null if it is unknown. */
  readonly ratio: number | null;
}> {
  const { totals } = tasks;
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
  const cpuOf = (name: string) => median(all.get(name)?.cpu ?? []);
  const ratioOf = ({ title, reference }: Situation) => {
    const [own, other] = [cpuOf(title), reference === null ? null : cpuOf(reference)];
    return own === null || other === null ? null : own / other;
  };
  const rows = situations.map((situation) => {
    const { title } = situation;
    const { perSecond, healthMs } = all.get(title) ?? { perSecond: [], healthMs: [] };
    const p99 = quantileOf(healthMs, 0.99);
    return [
      title,
      figure(cpuOf(title), 3),
      figure(ratioOf(situation), 2),
      figure(median(perSecond), 0),
      figure(p99, 1),
    ];
  });
  const head = [
    `page of ${totals.title}`,
    "CPU ms/query",
    "CPU ratio to the page with usage",
    "queries/s",
    "p99 of /health ms",
  ];
  return { text: table(head, rows), ratio: ratioOf(DOWN) };
}

/** Time of load after which the circuit breaker has opened, and of its absence until it closes, in milliseconds. */
const LEAD_MS = 1_500;
const HEALTH_EVERY_MS = 5;
let requestCount = 0;

function nextOf({ gateway }: Fleet, { index, changed }: Situation): () => string {
  return () => {
    requestCount += 1;
    return changed(requestText({ server: gateway, task: tasks.totals }, index(requestCount)));
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
