import { parseArgs } from "node:util";
import { pinBench } from "../fleet.ts";
import { archiveBackfill } from "./archive-backfill.ts";
import { archiveExport } from "./archive-export.ts";
import { archiveImport } from "./archive-import.ts";
import { archiveKill } from "./archive-kill.ts";
import { archiveLease } from "./archive-lease.ts";
import { archiveReadDrills } from "./archive-reads.ts";
import { archiveServing } from "./archive-serving.ts";
import { archiveTruthDrills } from "./archive-truth.ts";
import { archiveUpsert } from "./archive-upsert.ts";
import type { Drill, Outcome, Size } from "./drill.ts";
import { loadDrills } from "./load-drills.ts";
import { propertyDrills, runProperty } from "./property-drills.ts";
import { record } from "./record.ts";
import { unreadDrills } from "./unread.ts";

const drills: Readonly<Record<string, Drill>> = {
  ...loadDrills,
  ...unreadDrills,
  "archive-lease": archiveLease,
  "archive-export": archiveExport,
  "archive-import": archiveImport,
  "archive-kill": archiveKill,
  "archive-backfill": archiveBackfill,
  "archive-upsert": archiveUpsert,
  ...archiveTruthDrills,
  "archive-serving": archiveServing,
  ...archiveReadDrills,
};

const USAGE = `npm run drill -- <name>... [--small]

${[...Object.entries(drills), ...Object.entries(propertyDrills)].map(([name, { title }]) => `  ${name.padEnd(15)} ${title}`).join("\n")}

A full run appends its figures to docs/measurements.md. With --small a run takes at most 20 s, checks counts and records
nothing; without a name it runs each drill. The small size of a drill over random cases is its test in \`npm test\`.
`;

const { values: options, positionals } = parseArgs({
  options: { small: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
  allowPositionals: true,
});

async function main(): Promise<void> {
  const size: Size = options.small ? "small" : "full";
  const names = positionals.length === 0 && options.small ? Object.keys(drills) : positionals;
  const unknown = names.filter((name) => !(name in drills) && !(name in propertyDrills));
  if (options.help || names.length === 0 || unknown.length > 0) {
    process.stdout.write(USAGE);
    process.exitCode = options.help ? 0 : 1;
    return;
  }
  pinBench();
  for (const name of names) {
    const outcome = await run(name, size);
    if (!outcome) continue;
    const lines = outcome.figures.map(([figure, value]) => `  ${figure}: ${value}\n`);
    process.stdout.write(`${name}: ${outcome.passed ? "passed" : "FAILED"}\n${lines.join("")}\n`);
    if (!outcome.passed) process.exitCode = 1;
    if (size === "full") await record(name, outcome);
  }
}

async function run(name: string, size: Size): Promise<Outcome | null> {
  const drill = drills[name];
  if (drill) return drill.run(size);
  const property = propertyDrills[name];
  if (!property || size === "small") {
    process.stdout.write(`${name}: its small size is ${property?.file}, which npm test runs.\n\n`);
    return null;
  }
  return runProperty(property);
}

await main();
