import { ApplicationError, type ErrorCode, type ErrorFace } from "../model/errors.ts";

/** Codes of the graph for failures of the platform. */
export type UpstreamErrorCode = Extract<ErrorCode, `UPSTREAM_${string}` | "OUTCOME_UNKNOWN" | "OVERLOADED">;

/**
 * What a failure says about the platform: UNHEALTHY when it failed, disconnected or timed out; HEALTHY when it gave a valid
 * response, such as a rejection; UNKNOWN when the call ended for the gateway's own reasons.
 */
export type PlatformHealth = "UNHEALTHY" | "HEALTHY" | "UNKNOWN";

export interface UpstreamFailure {
  /** The operation as the OpenAPI documents name it, such as `Analytics_StreamsTotal`. */
  readonly operation: string;
  /** HTTP status; undefined without a response. */
  readonly status?: number | undefined;
  /** Seconds to wait, if the platform or the breaker said so. */
  readonly retryAfterSeconds?: number | undefined;
  /** The platform's reasons by its field names; undefined for any other failure. */
  readonly reasons?: Readonly<Record<string, string>> | undefined;
  /** HEALTHY by default. */
  readonly health?: PlatformHealth;
}

/**
 * The platform gave no usable response. The error never contains the API secret, an address, or a response body; `reasons` are
 * the platform's words with secrets removed, for staff only.
 */
export class UpstreamError extends ApplicationError {
  readonly operation: string;
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
  readonly reasons: Readonly<Record<string, string>>;
  readonly health: PlatformHealth;

  /** A fixed sentence in place of the platform's words. */
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

/**
 * Resolves to the result of a read by id, or to null if the platform rejected the id: it does not answer 404 to an unknown one.
 *
 * @param field field that the rejection must name; any by default
 */
export async function nullIfRejected<T>(read: Promise<T>, field?: string): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    const isRejected = error instanceof UpstreamError && error.code === "UPSTREAM_REJECTED";
    if (isRejected && (field === undefined || field in error.reasons)) return null;
    throw error;
  }
}
