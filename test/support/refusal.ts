import { ApplicationError } from "../../src/model/errors.ts";

/** What a call refuses, so that a test can look at its code and facts. Any other failure is thrown on. */
export function refusalOf(run: () => unknown): ApplicationError {
  try {
    run();
  } catch (error) {
    if (error instanceof ApplicationError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** The same for a call that takes time, or for what makes one that may fail at once. */
export async function rejectionOf(answer: unknown | (() => unknown)): Promise<ApplicationError> {
  const error = await (async () => (typeof answer === "function" ? answer() : answer))().then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  if (error instanceof ApplicationError) return error;
  throw error;
}
