import type { Result, Sample } from "./measure.ts";

/** Returns a Markdown table with the first column aligned left and the others right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/**
 * Returns a table with one row for each server, and ratios to the first.
 *
 * The ratio by CPU compares requests in the same CPU time, which other load of the machine distorts least.
 */
export function comparison(title: string, results: readonly Result[]): string {
  const [reference] = results;
  const figures = ["CV %", "queries/s", "p50 ms", "p99 ms", "CPU ms/query", "upstream calls/query"];
  const rows = results.map((result) => {
    const { samples, failure } = result;
    if (failure !== null) return [nameOf(result), "disqualified", ...Array<string>(figures.length + 1).fill("–")];
    const times = (pick: Pick) => ratio(samples, reference?.samples ?? [], pick);
    const usual = (pick: Pick) => middle(samples, pick);
    return [
      nameOf(result),
      figure(times(perSecond), 2),
      figure(inverse(times(cpu)), 2),
      figure(variation(samples), 1),
      figure(usual(perSecond), 0),
      figure(
        usual(({ p50Ms }) => p50Ms),
        1,
      ),
      figure(
        usual(({ p99Ms }) => p99Ms),
        1,
      ),
      figure(usual(cpu), 3),
      figure(
        usual(({ callsPerQuery }) => callsPerQuery),
        2,
      ),
    ];
  });
  const failures = results.filter(({ failure }) => failure !== null);
  const reasons = failures.map((result) => `\n\n${nameOf(result)} is disqualified: \`${result.failure}\``);
  return table([title, "ratio", "ratio by CPU", ...figures], rows) + reasons.join("");
}

function nameOf({ server, wording }: Result): string {
  return wording ? `${server.name}: ${wording.name}` : server.name;
}

/** Returns the median ratio of requests per second to those of another contestant; null if either is disqualified. */
export function speedRatio(result: Result, reference: Result): number | null {
  if (result.failure !== null || reference.failure !== null) return null;
  return ratio(result.samples, reference.samples, perSecond);
}

/** Returns the coefficient of variation of requests per second over the rounds, in percent. */
function variation(samples: readonly Sample[]): number | null {
  const mean = samples.reduce((sum, sample) => sum + sample.perSecond, 0) / samples.length;
  const squares = samples.reduce((sum, sample) => sum + (sample.perSecond - mean) ** 2, 0);
  return samples.length < 2 ? null : (Math.sqrt(squares / (samples.length - 1)) / mean) * 100;
}

function inverse(value: number | null): number | null {
  return value === null ? null : 1 / value;
}

const perSecond: Pick = (sample) => sample.perSecond;
const cpu: Pick = ({ cpuMsPerQuery }) => cpuMsPerQuery;

/** Selects a figure of a round; null if it has none. */
export type Pick = (sample: Sample) => number | null;

/** Returns the median ratio of a figure to that of another server in the same round. */
export function ratio(samples: readonly Sample[], reference: readonly Sample[], pick: Pick): number | null {
  return median(
    samples.map((sample, round) => {
      const [own, other] = [pick(sample), reference[round] ? pick(reference[round]) : null];
      return own === null || other === null ? null : own / other;
    }),
  );
}

/** Returns the median of the rounds. */
export function middle(samples: readonly Sample[], pick: Pick): number | null {
  return median(samples.map(pick));
}

/** Returns the median of the values that are not null; null without any. */
export function median(values: readonly (number | null)[]): number | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** Formats a figure, or a dash for null. */
export function figure(value: number | null, decimals: number): string {
  if (value === null) return "–";
  return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
