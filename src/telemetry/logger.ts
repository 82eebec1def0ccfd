import { type DestinationStream, type Logger, pino } from "pino";
import type { LogLevel } from "../config.ts";
import { redacted, type Secret } from "../model/secret.ts";

/** Lines go out together: a write for each took 3 % of a small request. What is left is written when the process ends. */
const BUFFERED = { sync: true, minLength: 4_096, periodicFlush: 500 };

/**
 * Writes lines of JSON. Secrets do not get out: not the fields that are known to hold one, not what looks like a token, and
 * not one of the secrets that the process was given, wherever in a line they stand.
 */
export function createLogger(level: LogLevel, secrets: readonly Secret[], destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ["authorization", "token", "secret", "passphrase", "key"].flatMap((name) => [
      name,
      `*.${name}`,
      `*.*.${name}`,
    ]),
    hooks: {
      streamWrite: (line: string) =>
        secrets.reduce((text, secret) => text.replaceAll(secret.reveal(), "[secret]"), redacted(line)),
    },
  };
  return pino(options, destination ?? buffered());
}

/** The standard output. Pino itself writes what is left of a buffer only where it writes in a thread of its own. */
function buffered(): DestinationStream {
  const output = pino.destination(BUFFERED);
  // A full disk or a closed pipe costs lines of the log, not the gateway.
  output.on("error", () => undefined);
  process.once("exit", () => {
    try {
      output.flushSync();
    } catch {
      // The end is as near as it was.
    }
  });
  return output;
}
