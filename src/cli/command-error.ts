/** Exit codes of the commands; docs/cli.md explains them. */
export const exitCodes = {
  DONE: 0,
  FAILED: 1,
  USAGE: 2,
  STORE_IN_USE: 3,
  DAMAGED_FILE: 4,
  GATEWAY_UNREACHABLE: 5,
  REFUSED: 6,
} as const;

/** A failure of a command that its user can act on. */
export class CommandError extends Error {
  /** Stable code, as in the graph where the gateway has one. */
  readonly code: string;
  readonly exitCode: number;

  constructor(code: string, message: string, exitCode: number = exitCodes.FAILED) {
    super(message);
    this.name = "CommandError";
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** Returns the error of a wrong option or argument. */
export function wrongUsage(message: string): CommandError {
  return new CommandError("INVALID_INPUT", message, exitCodes.USAGE);
}
