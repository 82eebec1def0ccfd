import type { Result, Rotation } from "./measure.ts";
import { figure, speedRatio, table } from "./table.ts";

/** A measured table of one task. */
export interface Measured {
  readonly taskId: string;
  readonly rotation: Rotation;
  /** Results of all contestants, the proxy first. */
  readonly results: readonly Result[];
  /** Memory of the gateway after it, in megabytes; null if it is unknown. */
  readonly memoryMb: number | null;
}

interface Target {
  readonly figure: string;
  /** Shape and rotation of the tables that count. */
  readonly shapes: readonly string[];
  readonly rotation: Rotation;
  readonly must: number;
  readonly aim: number;
}

const targets: readonly Target[] = [
  { figure: "50 streams with totals, cold", shapes: ["totals"], rotation: "cold", must: 0.9, aim: 1.1 },
  { figure: "10 series, cold", shapes: ["series"], rotation: "cold", must: 0.85, aim: 1 },
  { figure: "both, warm", shapes: ["totals", "series"], rotation: "warm", must: 6, aim: 10 },
  { figure: "`{ __typename }`", shapes: ["typename"], rotation: "cold", must: 0.8, aim: 0.95 },
];
const MAX_MEMORY_MB = { must: 160, aim: 130 };
/** CPU of an error page as a ratio to the page with usage. */
const ERROR_PAGE_AIM = 0.6;
/** Compared with the gateway in every cell that it can answer. */
const RIVAL = "Mercurius, JIT";

interface Figure {
  readonly value: number;
  readonly where: string;
}

/** Returns the table of targets; the worst wording counts. */
export function targetTable(measured: readonly Measured[], errorPageRatio: number | null): string {
  const rows = targets.map(({ figure: name, shapes, rotation, must, aim }) => {
    const counted = measured.filter((cell) => cell.rotation === rotation && shapes.includes(shapeOf(cell)));
    const all = counted.flatMap((cell) => ratiosTo(cell, ({ server }) => server.kind === "proxy"));
    return row(name, worst(all), must, aim, 2);
  });
  const rivals = measured.flatMap((cell) => ratiosTo(cell, ({ server }) => server.name === RIVAL));
  const memory = measured.filter(({ rotation }) => rotation === "cold").map(memoryOf);
  const most = memory.toSorted((a, b) => b.value - a.value)[0] ?? null;
  return table(
    ["figure", "worst wording", "must", "aim", "measured", "outcome"],
    [
      ...rows,
      row(`ratio to ${RIVAL}`, worst(rivals), 1, 1, 2),
      row("memory under cold load, MB", most, MAX_MEMORY_MB.must, MAX_MEMORY_MB.aim, 0, true),
      errorPageRow(errorPageRatio),
    ],
  );
}

function errorPageRow(ratio: number | null): string[] {
  const value = ratio === null ? null : { value: ratio, where: "page, platform down" };
  return row("error page, CPU of the page with usage", value, ERROR_PAGE_AIM, ERROR_PAGE_AIM, 2, true);
}

const shapeOf = ({ taskId }: Measured) => taskId.split("-")[0] ?? "";

function memoryOf({ taskId, memoryMb }: Measured): Figure {
  return { value: memoryMb ?? 0, where: `after ${taskId}` };
}

/** Returns the ratios of each wording of the gateway to the other server, in the same wording if it has any. */
function ratiosTo({ taskId, rotation, results }: Measured, isOther: (result: Result) => boolean): Figure[] {
  const others = results.filter(isOther);
  return results.flatMap((result) => {
    if (result.server.name !== GATEWAY || !result.wording) return [];
    const other = others.find(({ wording }) => wording === undefined || wording === result.wording);
    const value = other && result.failure === null ? speedRatio(result, other) : null;
    const where = `${taskId}, ${rotation}: ${result.wording.name}`;
    if (result.failure !== null) return [{ value: 0, where: `${where} (disqualified)` }];
    return value === null ? [] : [{ value, where }];
  });
}

const GATEWAY = "Syndigraph";

function worst(figures: readonly Figure[]): Figure | null {
  return figures.toSorted((a, b) => a.value - b.value)[0] ?? null;
}

function row(
  name: string,
  measured: Figure | null,
  must: number,
  aim: number,
  decimals: number,
  isLessBetter = false,
): string[] {
  const reaches = (bound: number) => measured && (isLessBetter ? measured.value <= bound : measured.value >= bound);
  const outcome = measured === null ? "–" : reaches(aim) ? "aim" : reaches(must) ? "must" : "missed";
  const bounds = [figure(must, decimals), figure(aim, decimals)];
  return [name, measured?.where ?? "–", ...bounds, figure(measured?.value ?? null, decimals), outcome];
}
