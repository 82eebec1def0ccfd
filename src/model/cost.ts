/** The cost of a request and its caller's budget, in points. */
export interface CostStatus {
  /** Points that the request was charged. */
  readonly requested: number;
  /** Points per minute. */
  readonly limit: number;
  /** Points that remain after this request. */
  readonly remaining: number;
  /** When the budget is full again, in milliseconds since the epoch. */
  readonly resetAt: number;
}
