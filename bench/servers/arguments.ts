import { parseArgs } from "node:util";

/** Command line of a server of the benchmark. */
export interface ServerArguments {
  /** Origin of the platform. */
  readonly platform: string;
  /** API secret of the platform. */
  readonly secret: string;
  /** Bearer key of callers. */
  readonly key: string;
  /** Number of streams of the account; each has one publish token and one subscribe token. */
  readonly streams: number;
}

/** Reads the command line; a missing argument is empty or 0. */
export function serverArguments(): ServerArguments {
  const text = { type: "string", default: "" } as const;
  const { values } = parseArgs({ options: { platform: text, secret: text, key: text, streams: text } });
  return { ...values, streams: Number(values.streams) };
}
