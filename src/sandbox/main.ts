import { toInstant } from "./calendar.ts";
import { createSandbox } from "./sandbox.ts";
import { SEED_PARTNERS } from "./seed/partners.ts";

/**
 * Runs the sandbox alone.
 *
 * Environment: SANDBOX_PORT (4010), SANDBOX_API_SECRET (sandbox-secret), HOST (127.0.0.1), and for experiments
 * SANDBOX_SEED, SANDBOX_START_AT, SANDBOX_BULK and SANDBOX_LAG_SECONDS. A parent that forked the sandbox gets the
 * message `{type: "listening", origin, secret, conferenceApp, now, partners}`, and `{type: "clock", now}` whenever the clock was
 * moved; the sandbox ends when the parent disconnects.
 */
const { SANDBOX_PORT, SANDBOX_API_SECRET, HOST, SANDBOX_SEED, SANDBOX_START_AT, SANDBOX_BULK, SANDBOX_LAG_SECONDS } =
  process.env;

const LOOPBACK = "127.0.0.1";
const port = wholeNumber("SANDBOX_PORT", SANDBOX_PORT, 65_535) ?? 4010;
const sandbox = await createSandbox({
  host: HOST || LOOPBACK,
  port,
  ...present("seed", wholeNumber("SANDBOX_SEED", SANDBOX_SEED)),
  ...present("bulk", wholeNumber("SANDBOX_BULK", SANDBOX_BULK)),
  ...present("lagMs", milliseconds(wholeNumber("SANDBOX_LAG_SECONDS", SANDBOX_LAG_SECONDS, 899))),
  ...present("secret", SANDBOX_API_SECRET || undefined),
  ...present("startAt", instant("SANDBOX_START_AT", SANDBOX_START_AT)),
  onClockMoved: (now) => process.send?.({ type: "clock", now }),
}).catch((problem: unknown) => {
  process.stderr.write(`${startFailure(problem)}\n`);
  process.exit(1);
});

process.stdout.write(`Sandbox of the streaming platform: ${sandbox.origin} (account ${sandbox.accountId})\n`);
process.stdout.write(`The sandbox's controls are described at ${sandbox.origin}/sandbox\n`);
const { origin, secret, conferenceApp } = sandbox;
const partners = SEED_PARTNERS.map((partner) => ({ ...partner, tokenIds: usableTokenIds(partner.trackingIds) }));
process.send?.({ type: "listening", origin, secret, conferenceApp, now: sandbox.clock.now(), partners });

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, shutDown);
process.once("disconnect", shutDown);

function usableTokenIds(trackingIds: readonly string[]): number[] {
  const tokens = sandbox.tokens.subscribe().filter(({ isActive }) => isActive);
  return tokens.filter(({ trackingId }) => trackingId !== null && trackingIds.includes(trackingId)).map(({ id }) => id);
}

function shutDown(): void {
  sandbox.close().finally(() => process.exit(0));
}

/** Returns one line for what the environment can mend: variable, rule and value. */
function startFailure(problem: unknown): string {
  if (!(problem instanceof Error)) return String(problem);
  const { code = "", syscall }: NodeJS.ErrnoException = problem;
  if (syscall === undefined) return problem.message;
  if (code === "EADDRINUSE") return `SANDBOX_PORT must be free at ${HOST || LOOPBACK}; got ${port} (${code})`;
  if (code === "EACCES") return `SANDBOX_PORT must be one that this user may open; got ${port} (${code})`;
  return `HOST must be a name or address of this machine, such as 127.0.0.1 or 0.0.0.0; got ${HOST || LOOPBACK} (${code})`;
}

function wholeNumber(name: string, text: string | undefined, max = 999_999_999): number | undefined {
  if (!text) return undefined;
  if (!/^\d{1,9}$/.test(text) || Number(text) > max) {
    process.stderr.write(`${name} must be a whole number from 0 to ${max}; got '${text}'\n`);
    process.exit(1);
  }
  return Number(text);
}

function instant(name: string, text: string | undefined): number | undefined {
  if (!text) return undefined;
  try {
    return toInstant(text);
  } catch {
    process.stderr.write(`${name} must be a date such as 2026-03-01, or an ISO 8601 instant; got '${text}'\n`);
    process.exit(1);
  }
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}

function present<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: T });
}
