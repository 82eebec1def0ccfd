import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { COLLECTOR_LEASE } from "../../src/store/leases.ts";
import { quantileOf } from "../measure.ts";
import { figure } from "../table.ts";
import type { Collecting } from "./collector.ts";
import type { Drill, Size } from "./drill.ts";
import { createDrillStore, type DrillStore, hasPostgres } from "./drill-store.ts";

/** Pairs of processes that share a database, and rounds of each. */
const LEASE_ROUNDS: Readonly<Record<Size, { readonly pairs: number; readonly rounds: number }>> = {
  small: { pairs: 2, rounds: 1 },
  full: { pairs: 10, rounds: 10 },
};
/** Longest time from the pause of a collector until another one has taken over, in milliseconds. */
const MAX_TAKEOVER_MS = 15_000;
/** Longest time for which a collector collects before it is paused, in milliseconds. */
const COLLECTS_MS = 2_000;
/** Time in which the server finishes the statement of a paused process, in milliseconds. */
const STATEMENT_MS = 40;
/** Attempts to pause a process inside a transaction, or outside. */
const MAX_ATTEMPTS = 200;
/** Longest wait for something that a process does, in milliseconds. */
const MAX_WAIT_MS = 120_000;

/** Outcome of rounds of the lease. */
interface LeaseRounds {
  readonly takeoversMs: number[];
  /** Rounds in which the process was paused inside a transaction. */
  inTransaction: number;
  /** Attempts of paused processes that were refused. */
  refused: number;
  /** Rows that a paused process has written after another one had taken over. */
  stale: number;
}

export const archiveLease: Drill = {
  title: `a collector is paused by SIGSTOP, each second time inside a transaction, and resumed after a takeover: no stale write, takeover within ${MAX_TAKEOVER_MS / 1_000} s; on PostgreSQL (TEST_DATABASE_URL), as a folder of SQLite has one gateway`,
  run: async (size) => {
    if (!hasPostgres) return withoutPostgres(size);
    const { pairs, rounds } = LEASE_ROUNDS[size];
    await using sandbox = await createSandbox({ frozen: true });
    const outcome: LeaseRounds = { takeoversMs: [], inTransaction: 0, refused: 0, stale: 0 };
    const pair = async (index: number) => {
      await using world = await createPair(sandbox);
      for (let round = 0; round < rounds; round += 1) await world.round((index + round) % 2 === 0, outcome);
    };
    // One that fails must not leave the others behind.
    const ended = await Promise.allSettled(Array.from({ length: pairs }, (_, index) => pair(index)));
    for (const each of ended) if (each.status === "rejected") throw each.reason;
    const { takeoversMs, inTransaction, refused, stale } = outcome;
    const [median, longest] = [quantileOf(takeoversMs, 0.5), Math.max(...takeoversMs)];
    return {
      passed: stale === 0 && refused > 0 && inTransaction > 0 && (size === "small" || longest <= MAX_TAKEOVER_MS),
      figures: [
        ["PostgreSQL", `${takeoversMs.length} rounds, ${inTransaction} paused inside a transaction`],
        ["stale rows", `${stale}; ${refused} attempts refused`],
        ["takeover in s, median and longest", `${figure(median / 1_000, 1)}, ${figure(longest / 1_000, 1)}`],
      ],
    };
  },
};

/** @throws Error for a full run, which would record nothing */
function withoutPostgres(size: Size) {
  if (size === "full") throw new Error("Set TEST_DATABASE_URL to a PostgreSQL whose user may create databases.");
  return { passed: true, figures: [["PostgreSQL", "left out without TEST_DATABASE_URL"]] as const };
}

/** Tables that a collector writes. */
const WRITTEN = ["usage_rows", "usage_corrections", "usage_sources", "usage_gaps"];

/** Lets the database count the rows that each process writes, as part of the transaction that writes them. */
async function countWrites({ execute }: DrillStore): Promise<void> {
  await execute(`create table drill_writes (writer text not null, rows bigint not null)`);
  await execute(`
    create function drill_count() returns trigger language plpgsql as $$ begin
      insert into drill_writes select current_setting('drill.writer'), count(*) from changed having count(*) > 0;
      return null;
    end $$`);
  for (const table of WRITTEN) {
    for (const event of ["insert", "update"]) {
      await execute(`create trigger drill_${event} after ${event} on ${table}
        referencing new table as changed for each statement execute function drill_count()`);
    }
  }
}

/** Two processes that share a database. */
interface Pair extends AsyncDisposable {
  /** Pauses the one that collects, and continues it when the other one has taken over. */
  round(isInTransaction: boolean, outcome: LeaseRounds): Promise<void>;
}

const COLLECTOR = fileURLToPath(new URL("./collector.ts", import.meta.url));

async function createPair(sandbox: Sandbox): Promise<Pair> {
  const store = await createDrillStore("PostgreSQL");
  const children: ChildProcess[] = [];
  const dispose = async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    }
    await store[Symbol.asyncDispose]();
  };
  const start = (name: string) => {
    const url = new URL(store.environment["DATABASE_URL"] ?? "");
    url.searchParams.set("options", `-c drill.writer=${name}`);
    const words = ["--database", url.href, "--platform", sandbox.origin, "--secret", sandbox.secret, "--name", name];
    const child = fork(COLLECTOR, words, { execArgv: ["--import", "tsx"] });
    children.push(child);
    return { name, child };
  };
  const written = async (writer: string) => {
    const [row] = await store.rows(
      `select coalesce(sum(rows), 0) as rows from drill_writes where writer = '${writer}'`,
    );
    return Number(row?.["rows"]);
  };
  const lease = async () => {
    const [row] = await store.rows(`select owner, epoch from leases where name = '${COLLECTOR_LEASE}'`);
    return { owner: row?.["owner"] ?? null, epoch: Number(row?.["epoch"] ?? 0) };
  };
  const isInTransaction = async () => {
    const rows = await store.rows(
      "select 1 from pg_stat_activity where datname = current_database() and state = 'idle in transaction'",
    );
    return rows.length > 0;
  };
  try {
    await countWrites(store);
    const writers = [start("a"), start("b")] as const;
    const refusedBefore = new Map<string, number>();
    return {
      round: async (mustBeInTransaction, outcome) => {
        await until(async () => (await lease()).owner !== null);
        const { owner, epoch } = await lease();
        const [holder, other] = owner === "a" ? writers : [writers[1], writers[0]];
        const collected = await written(holder.name);
        await until(async () => (await written(holder.name)) > collected);
        await pause(Math.random() * COLLECTS_MS);
        let isInside = false;
        for (let attempt = 0; ; attempt += 1) {
          holder.child.kill("SIGSTOP");
          await pause(STATEMENT_MS);
          isInside = await isInTransaction();
          if (isInside === mustBeInTransaction || attempt === MAX_ATTEMPTS) break;
          holder.child.kill("SIGCONT");
          await pause(Math.random() * STATEMENT_MS);
        }
        const pausedAt = performance.now() - STATEMENT_MS;
        await until(async () => (await lease()).epoch > epoch);
        outcome.takeoversMs.push(performance.now() - pausedAt);
        if (isInside) outcome.inTransaction += 1;
        const ofOther = await written(other.name);
        await until(async () => (await written(other.name)) > ofOther);
        const taken = await lease();
        const before = await written(holder.name);
        const ended = endOf(holder.child);
        holder.child.kill("SIGCONT");
        const { name } = holder;
        const refused = await ended;
        outcome.refused += refused - (refusedBefore.get(name) ?? 0);
        refusedBefore.set(name, refused);
        outcome.stale += (await written(holder.name)) - before;
        const kept = await lease();
        if (kept.epoch !== taken.epoch || kept.owner !== other.name) outcome.stale += 1;
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Waits until a resumed process no longer collects. Returns the number of its attempts that were refused since its start. */
function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("A resumed collector does not end.")), MAX_WAIT_MS);
    const take = ({ isCollecting, refused }: Collecting) => {
      if (isCollecting) return;
      clearTimeout(timer);
      child.off("message", take);
      resolve(refused);
    };
    child.on("message", take);
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const begun = performance.now(); !(await isSo()); await pause(20))
    if (performance.now() - begun > MAX_WAIT_MS) throw new Error("A collector does nothing.");
}
