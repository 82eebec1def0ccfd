import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { writeSection } from "../docs-section.ts";
import type { Outcome } from "./drill.ts";

/** Appends the outcome of a full run to docs/measurements.md, with the date, the commit and the machine. */
export async function record(name: string, { passed, figures }: Outcome): Promise<void> {
  const cells = [
    new Date().toISOString().slice(0, 10),
    commit(),
    machine(),
    name,
    passed ? "passed" : "failed",
    figures.map(([figure, value]) => `${figure}: ${value}`).join("; "),
  ];
  await writeSection("docs/measurements.md", "drills", (rows) => `${rows}| ${cells.join(" | ")} |\n`);
}

/** Returns the short hash of the commit, marked if files differ from it. */
function commit(): string {
  const git = (...args: readonly string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  const isChanged = git("status", "--porcelain", "--", ":!docs/measurements.md") !== "";
  return `${git("rev-parse", "--short", "HEAD")}${isChanged ? " with changes" : ""}`;
}

function machine(): string {
  const [{ model } = { model: "unknown processor" }] = cpus();
  return `Node.js ${process.versions.node}, ${cpus().length} cores (${model.trim()})`;
}
