import { ApplicationError } from "../model/errors.ts";
import { CommandError, exitCodes } from "./command-error.ts";

/** What a command has of its process. */
export interface CommandHost {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Variables; those of the process by default. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Resolves after this many milliseconds; by default the timer of the process. */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/** Prints the results and errors of commands. */
export interface Output {
  /** Prints a result: as the line, or as JSON. */
  result(line: string, json: object): void;
  /** Prints an error with its code to standard error, and returns the exit code. */
  error(error: unknown): number;
}

export function createOutput({ stdout, stderr }: Pick<CommandHost, "stdout" | "stderr">, isJson: boolean): Output {
  return {
    result: (line, json) => stdout(`${isJson ? JSON.stringify(json) : line}\n`),
    error: (error) => {
      const { code, message, exitCode } = described(error);
      stderr(`${isJson ? JSON.stringify({ error: { code, message } }) : `${code}: ${message}`}\n`);
      return exitCode;
    },
  };
}

/** Errors without a code of ours are bugs, and are shown whole. */
function described(error: unknown): { readonly code: string; readonly message: string; readonly exitCode: number } {
  if (error instanceof CommandError) return error;
  if (error instanceof ApplicationError)
    return {
      code: error.code,
      message: error.message,
      exitCode: error.code === "CONFLICT" ? exitCodes.REFUSED : exitCodes.FAILED,
    };
  if (error instanceof Error && error.name === "ConfigError")
    return { code: "INVALID_INPUT", message: error.message, exitCode: exitCodes.USAGE };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "INTERNAL_ERROR", message, exitCode: exitCodes.FAILED };
}
