import { readFileSync } from "node:fs";

/** Unit of CPU time in `/proc`, in milliseconds. */
const TICK_MS = 10;

/** Returns the CPU time of a process with its threads, in milliseconds; null without `/proc`. */
export function cpuMs(pid: number): number | null {
  const stat = readProc(pid, "stat");
  // The name of the program may contain blanks and brackets.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields ? (Number(fields[11]) + Number(fields[12])) * TICK_MS : null;
}

/** Returns the resident memory of a process in megabytes; null without `/proc`. */
export function memoryMb(pid: number): number | null {
  return statusMb(pid, "VmRSS");
}

/** Returns the largest resident memory of a process so far in megabytes; null without `/proc`. */
export function peakMemoryMb(pid: number): number | null {
  return statusMb(pid, "VmHWM");
}

function statusMb(pid: number, field: string): number | null {
  const kilobytes = new RegExp(`^${field}:\\s*(\\d+) kB$`, "m").exec(readProc(pid, "status") ?? "")?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) / 1_024;
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return null;
  }
}
