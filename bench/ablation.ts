import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { parseArgs } from "node:util";
import { createCaller, PARTNER_SCOPES } from "./callers.ts";
import { type Gateway, pinBench, startFleet } from "./fleet.ts";
import { isSuccess, isWhole } from "./load.ts";
import { requestText, WARM_REQUESTS } from "./measure.ts";
import { figure, median, table } from "./table.ts";
import type { Task } from "./task.ts";
import { tasks } from "./tasks/tasks.ts";

const USAGE = `tsx bench/ablation.ts --base dist --variant name=folder... [--cells totals,totals/3,series-warm] [--rounds 20]

Compares the CPU per query of builds of the gateway, such as one without a mechanism, in one run. The builds are measured by
turns, each for a tenth of a second on connections that stay open. A figure is the ratio to the base, which runs three
times: \`base\` shows by how much equal builds differ. A cell is a task, a wording by its number, and \`-warm\` for requests
that repeat. See docs/decisions/0027-ablation.md.
`;
const BASES = 3;
const CONNECTIONS = 50;
const SLICE_MS = 120;
/** Rounds before the first that counts: code is compiled meanwhile. */
const WARM_UP_ROUNDS = 18;
const RESAMPLINGS = 400;

const { values: options } = parseArgs({
  options: {
    base: { type: "string", default: "dist" },
    variant: { type: "string", multiple: true, default: [] },
    cells: { type: "string", default: "typename,list,totals,totals-warm,series,series-warm" },
    rounds: { type: "string", default: "20" },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  if (options.help || options.variant.length === 0) {
    process.stdout.write(USAGE);
    return;
  }
  pinBench();
  const variants = options.variant.map((text) => text.split("=") as [name: string, folder: string]);
  const builds = [...Array.from({ length: BASES }, () => ["base", options.base] as const), ...variants];
  const cells = options.cells.split(",").map(cellOf);
  for (const streams of new Set(cells.map(({ task }) => task.streams))) {
    const programs = builds.map(([, folder]) => `${folder}/main.js`);
    const settings = { PARTNER_COST_BUDGET_PER_MINUTE: "1000000000" };
    await using fleet = await startFleet({ streams, servers: "gateway", programs, profileFolder: null, settings });
    for (const cell of cells.filter(({ task }) => task.streams === streams)) {
      const rounds = await measureCell(fleet.gateways, cell);
      const rows = builds.slice(BASES - 1).map(([name], index) => [name, ...summary(rounds, index + BASES - 1)]);
      const title = `${cell.name}, ratio of CPU to the base`;
      process.stdout.write(`${table([title, "median", "95 % interval", "ms"], rows)}\n\n`);
    }
  }
}

interface Cell {
  readonly name: string;
  readonly task: Task;
  readonly wording: Task["wordings"][0];
  readonly isWarm: boolean;
}

function cellOf(name: string): Cell {
  const [, id = "", number = "0", warm] = /^(\w+)(?:\/(\d+))?(-warm)?$/.exec(name) ?? [];
  const task = (tasks as Readonly<Record<string, Task>>)[id];
  const wording = task?.wordings[Number(number)];
  if (!task || !wording) throw new Error(`There is no cell ${name}.`);
  return { name, task, wording, isWarm: warm !== undefined };
}

/** Returns the CPU per query of each gateway, in milliseconds, round by round. */
async function measureCell(gateways: readonly Gateway[], { task, wording, isWarm }: Cell): Promise<number[][]> {
  const clients: Client[] = [];
  for (const server of gateways) {
    const partner = wording.by === "partner" ? await createCaller(server.url, "PARTNER", PARTNER_SCOPES) : {};
    let count = 0;
    const next = () => {
      count += 1;
      return requestText({ server, task, wording, ...partner }, isWarm ? count % WARM_REQUESTS : count);
    };
    clients.push(createClient(server.url, next));
  }
  const rounds: number[][] = [];
  for (let round = -WARM_UP_ROUNDS; round < Number(options.rounds); round += 1) {
    const measured: number[] = [];
    // Another one comes first in each round, so that none is always behind the same.
    for (let turn = 0; turn < gateways.length; turn += 1) {
      const index = (turn + WARM_UP_ROUNDS + round) % gateways.length;
      const { pid } = gateways[index] as Gateway;
      const before = cpuMs(pid);
      const answers = await (clients[index] as Client).run(SLICE_MS);
      measured[index] = (cpuMs(pid) - before) / answers;
    }
    if (round >= 0) rounds.push(measured);
  }
  for (const client of clients) client.close();
  return rounds;
}

interface Client {
  /** Sends requests for a time, one after another on each connection. @returns the number of answers */
  run(durationMs: number): Promise<number>;
  close(): void;
}

function createClient({ hostname, port }: URL, nextRequest: () => string): Client {
  let answers = 0;
  let end = 0;
  let busy = 0;
  let resolveRun: (answers: number) => void = () => undefined;
  let rejectRun: (error: Error) => void = () => undefined;
  const sockets: Socket[] = [];
  for (let index = 0; index < CONNECTIONS; index += 1) {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let answer: Buffer | null = null;
    socket.on("error", (error) => rejectRun(error));
    socket.on("data", (chunk: Buffer) => {
      answer = answer ? Buffer.concat([answer, chunk]) : chunk;
      if (!isWhole(answer)) return;
      if (!isSuccess(answer)) rejectRun(new Error(answer.toString("utf8", 0, 500)));
      answer = null;
      answers += 1;
      if (performance.now() < end) return void socket.write(nextRequest(), "latin1");
      busy -= 1;
      if (busy === 0) resolveRun(answers);
    });
    sockets.push(socket);
  }
  return {
    run: (durationMs) =>
      new Promise((resolve, reject) => {
        answers = 0;
        end = performance.now() + durationMs;
        busy = sockets.length;
        resolveRun = resolve;
        rejectRun = reject;
        for (const socket of sockets) socket.write(nextRequest(), "latin1");
      }),
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Returns the CPU time of the threads of a process, in milliseconds: more exact than `usage.ts`, for short slices. */
function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const times = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  return times.reduce((sum, time) => sum + Number(time) / 1e6, 0);
}

/** Returns the median ratio to the base with its interval by resampling, and the CPU per query. */
function summary(rounds: readonly (readonly number[])[], index: number): string[] {
  const ratios = rounds.map((round) => (round[index] as number) / (median(round.slice(0, BASES)) as number));
  const medians = Array.from({ length: RESAMPLINGS }, () =>
    median(ratios.map(() => ratios[Math.floor(Math.random() * ratios.length)] as number)),
  ) as number[];
  medians.sort((a, b) => a - b);
  const at = (share: number) => figure(medians[Math.floor(share * RESAMPLINGS)] as number, 2);
  return [
    figure(median(ratios), 2),
    `${at(0.025)} to ${at(0.975)}`,
    figure(median(rounds.map((round) => round[index] as number)), 3),
  ];
}

await main();
