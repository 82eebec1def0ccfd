import { ApplicationError, type ErrorCode, type ErrorFace } from "../model/errors.ts";

/** The ways in which the platform can fail us; each is a code of the graph. */
export type UpstreamErrorCode = Extract<ErrorCode, `UPSTREAM_${string}` | "OUTCOME_UNKNOWN" | "OVERLOADED">;

/**
 * What a failure tells of the platform: SICK when it failed, broke off or kept us waiting, WELL when it answered in its
 * senses (a refusal is such an answer), NOTHING when the call ended for reasons of ours.
 */
export type PlatformHealth = "UNHEALTHY" | "HEALTHY" | "UNKNOWN";

export interface UpstreamFailure {
  /** The operation as the OpenAPI documents name it, such as `Analytics_StreamsTotal`. */
  readonly operation: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** Seconds to wait, where the platform or the breaker said so. */
  readonly retryAfterSeconds?: number | undefined;
  /** Why the platform refused, by its own field names; null where the failure is none of its words. */
  readonly reasons?: Readonly<Record<string, string>> | undefined;
  /** WELL when it is left out. */
  readonly health?: PlatformHealth;
}

/**
 * The platform gave no usable answer. No such error holds the API secret, an address, or the body of an answer; `reasons` are
 * the platform's words without any part of a secret, for the broadcaster's own people.
 */
export class UpstreamError extends ApplicationError {
  readonly operation: string;
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
  readonly reasons: Readonly<Record<string, string>>;
  readonly health: PlatformHealth;

  /** A partner reads a fixed sentence in place of the platform's words. */
  override get faceForPartners(): ErrorFace {
    if (!("reasons" in this.facts)) return this;
    const { reasons: _, ...facts } = this.facts;
    return { message: "The platform refused the call.", facts };
  }

  constructor(code: UpstreamErrorCode, message: string, failure: UpstreamFailure, options?: ErrorOptions) {
    super(
      code,
      message,
      {
        operation: failure.operation,
        ...(failure.status !== undefined && { upstreamStatus: failure.status }),
        ...(failure.retryAfterSeconds !== undefined && { retryAfterSeconds: failure.retryAfterSeconds }),
        ...(failure.reasons && { reasons: failure.reasons }),
      },
      options,
    );
    this.operation = failure.operation;
    this.status = failure.status ?? null;
    this.retryAfterSeconds = failure.retryAfterSeconds ?? null;
    this.reasons = failure.reasons ?? {};
    this.health = failure.health ?? "HEALTHY";
  }
}
