/** Why the Director refuses a connection. */
export interface DirectorRefusal {
  readonly ok: false;
  /** 401 if the token is wrong, 400 if the stream is. */
  readonly status: 400 | 401;
  readonly message: string;
}

/** Thrown inside the Director's check; callers of the check see a DirectorRefusal. */
export class DirectorError extends Error {
  readonly status: 400 | 401;

  constructor(status: 400 | 401, message: string) {
    super(message);
    this.name = "DirectorError";
    this.status = status;
  }
}

/** Returns a 401 in the platform's words: `Unauthorized: <reason>`. */
export function unauthorized(reason: string): DirectorError {
  return new DirectorError(401, `Unauthorized: ${reason}`);
}

/** Returns the refusal of an error. @throws any other error */
export function asRefusal(problem: unknown): DirectorRefusal {
  if (!(problem instanceof DirectorError)) throw problem;
  return { ok: false, status: problem.status, message: problem.message };
}
