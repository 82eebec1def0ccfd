import { createSandbox } from "./sandbox.ts";

/**
 * Runs the sandbox alone.
 *
 * Environment: SANDBOX_PORT (4010), SANDBOX_API_SECRET (sandbox-secret), HOST (127.0.0.1), and for experiments
 * SANDBOX_SEED, SANDBOX_START_AT, SANDBOX_BULK and SANDBOX_LAG_SECONDS. A parent that forked the sandbox gets the
 * message `{type: "listening", origin, secret, conferenceApp}`; the sandbox ends when the parent disconnects.
 */
const { SANDBOX_PORT, SANDBOX_API_SECRET, HOST, SANDBOX_SEED, SANDBOX_START_AT, SANDBOX_BULK, SANDBOX_LAG_SECONDS } =
  process.env;

const sandbox = await createSandbox({
  host: HOST || "127.0.0.1",
  port: wholeNumber("SANDBOX_PORT", SANDBOX_PORT) ?? 4010,
  ...present("seed", wholeNumber("SANDBOX_SEED", SANDBOX_SEED)),
  ...present("bulk", wholeNumber("SANDBOX_BULK", SANDBOX_BULK)),
  ...present("lagMs", milliseconds(wholeNumber("SANDBOX_LAG_SECONDS", SANDBOX_LAG_SECONDS))),
  ...present("secret", SANDBOX_API_SECRET || undefined),
  ...present("startAt", SANDBOX_START_AT || undefined),
}).catch((problem: unknown) => {
  process.stderr.write(`The sandbox did not start: ${problem instanceof Error ? problem.message : String(problem)}\n`);
  process.exit(1);
});

process.stdout.write(`Sandbox of the streaming platform: ${sandbox.origin} (account ${sandbox.accountId})\n`);
process.stdout.write(`The sandbox's controls are described at ${sandbox.origin}/sandbox\n`);
const { origin, secret, conferenceApp } = sandbox;
process.send?.({ type: "listening", origin, secret, conferenceApp });

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, shutDown);
process.once("disconnect", shutDown);

function shutDown(): void {
  sandbox.close().finally(() => process.exit(0));
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (!text) return undefined;
  if (!/^\d{1,9}$/.test(text)) {
    process.stderr.write(`${name} must be a whole number of at most 9 digits; got '${text}'.\n`);
    process.exit(1);
  }
  return Number(text);
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}

function present<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: T });
}
