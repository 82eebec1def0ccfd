import { type DestinationStream, type Logger, pino } from "pino";
import type { LogLevel } from "../config/config.ts";
import { redacted, type Secret } from "../model/secret.ts";

/** Buffers lines, and writes them every 500 ms or 4 KB; the rest is written when the process ends. */
const BUFFERED = { sync: true, minLength: 4_096, periodicFlush: 500 };

/**
 * Creates a logger that writes lines of JSON without secrets: it redacts fields that may hold one, texts that look like a token, and
 * the given secrets wherever they stand in a line.
 *
 * @param destination of the lines; standard output by default
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

/** Returns the standard output, flushed when the process ends: pino does that by itself only for a worker thread. */
function buffered(): DestinationStream {
  const output = pino.destination(BUFFERED);
  // A full disk or a closed pipe loses log lines and must not end the gateway.
  output.on("error", () => undefined);
  process.once("exit", () => {
    try {
      output.flushSync();
    } catch {
      // The process ends anyway.
    }
  });
  return output;
}
