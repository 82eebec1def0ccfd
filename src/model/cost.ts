/** What a request costs, and what is left of its caller's budget. In points. */
export interface CostStatus {
  /** What the request was counted as. */
  readonly requested: number;
  /** The budget of a minute. */
  readonly limit: number;
  /** What is left of it, this request taken off. */
  readonly remaining: number;
  /** When the budget is full again. Milliseconds since the epoch. */
  readonly resetAt: number;
}
