import { ApplicationError } from "../../src/model/errors.ts";

/** Returns the `ApplicationError` that a function throws. Any other error is thrown again. */
export function refusalOf(run: () => unknown): ApplicationError {
  try {
    run();
  } catch (error) {
    if (error instanceof ApplicationError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Returns the `ApplicationError` of a rejected promise, or of a function that returns one or throws. */
export async function rejectionOf(answer: unknown | (() => unknown)): Promise<ApplicationError> {
  const error = await (async () => (typeof answer === "function" ? answer() : answer))().then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  if (error instanceof ApplicationError) return error;
  throw error;
}
