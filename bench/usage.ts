import { readFileSync } from "node:fs";

/** Linux counts the time of processes in hundredths of a second, on every machine that Node.js runs on. */
const TICK_MS = 10;

/** CPU time that a process has used, with all its threads; null where the system does not tell. */
export function cpuMs(pid: number): number | null {
  const stat = readProc(pid, "stat");
  // The name of the program may hold blanks and brackets.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields ? (Number(fields[11]) + Number(fields[12])) * TICK_MS : null;
}

/** Memory that a process holds now, in megabytes; null where the system does not tell. */
export function memoryMb(pid: number): number | null {
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readProc(pid, "status") ?? "")?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) / 1_024;
}

/** The most memory that a process has held so far, in megabytes; null where the system does not tell. */
export function peakMemoryMb(pid: number): number | null {
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readProc(pid, "status") ?? "")?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) / 1_024;
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return null;
  }
}
