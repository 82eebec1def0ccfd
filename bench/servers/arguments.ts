import { parseArgs } from "node:util";

/** What a server of the bench is started with. */
export interface ServerArguments {
  /** Origin of the platform. */
  readonly platform: string;
  /** The platform's API secret. */
  readonly secret: string;
  /** The bearer key that callers bring. */
  readonly key: string;
  /** How many streams the account has; each has one publish token and one subscribe token. */
  readonly streams: number;
}

/** Reads the command line; what is not there is empty, or 0. */
export function serverArguments(): ServerArguments {
  const text = { type: "string", default: "" } as const;
  const { values } = parseArgs({ options: { platform: text, secret: text, key: text, streams: text } });
  return { ...values, streams: Number(values.streams) };
}
