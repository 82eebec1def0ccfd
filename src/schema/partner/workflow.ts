import { ApplicationError, type ErrorCode } from "../../model/errors.ts";
import type { PartnerRecord } from "../../model/partner/partner.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../../model/token/token.ts";
import { PartnerNotActiveError, TrackingIdLeftError } from "./partner-active.ts";

/** Outcome of a step. */
export type StepState = "DONE" | "REUSED" | "SKIPPED" | "FAILED" | "ROLLED_BACK" | "OUTCOME_UNKNOWN";
export type StepName = "CHECK_RULES" | "PUBLISH_TOKEN" | "SUBSCRIBE_TOKEN" | "REGISTER_PARTNER";

type Token = PublishTokenRecord | SubscribeTokenRecord;

/** One step of a workflow with its outcome. */
export interface Step {
  readonly name: StepName;
  readonly state: StepState;
  readonly detail: string;
  /** Error code of the step; null if it did not fail. */
  readonly code: ErrorCode | null;
  readonly partner: PartnerRecord | null;
  readonly token: Token | null;
}

/** A step before it is run: an existing object is reused; otherwise one is created, and can be rolled back. */
export interface PlannedStep {
  readonly name: StepName;
  /** Description of the object that the step creates, for a person. */
  readonly detail: string;
  readonly partner: PartnerRecord | null;
  readonly reused: Token | null;
  readonly create: () => Promise<Token | null>;
  readonly rollBack: (created: Token) => Promise<void>;
}

/** Marks the idempotency key of a workflow: an interrupted workflow leaves the tokens of its finished steps behind. */
export const LEAVES_TOKENS_OF_STEPS = { steps: true } as const;

/** Returns the steps without running them: missing objects are SKIPPED, and nothing is changed. */
export function dryRun(plan: readonly PlannedStep[]): Step[] {
  return plan.map((step) =>
    step.reused ? reusing(step) : { ...pending(step), detail: `Would be created: ${step.detail}` },
  );
}

/** Returns the steps as skipped, for a workflow that breaks a rule. */
export function skipped(plan: readonly PlannedStep[]): Step[] {
  return plan.map(pending);
}

/**
 * Runs the steps in order. If one fails, the steps before it are rolled back, the last one first, and the steps after it
 * are skipped. If its outcome is unknown, nothing is rolled back: repeating the request finds out and continues.
 */
export async function runWorkflow(
  plan: readonly PlannedStep[],
): Promise<{ readonly steps: Step[]; readonly failure: ApplicationError | null }> {
  const steps: Step[] = [];
  for (const [index, planned] of plan.entries()) {
    try {
      steps.push(
        planned.reused ? reusing(planned) : { ...pending(planned), state: "DONE", token: await planned.create() },
      );
    } catch (error) {
      if (!(error instanceof ApplicationError)) throw error;
      const token = error instanceof PartnerNotActiveError || error instanceof TrackingIdLeftError ? error.token : null;
      const state = error.code === "OUTCOME_UNKNOWN" ? "OUTCOME_UNKNOWN" : "FAILED";
      const failed: Step = { ...pending(planned), state, detail: error.message, code: error.code, token };
      const done = error.code === "OUTCOME_UNKNOWN" ? steps : await rolledBack(steps, plan);
      return { steps: [...done, failed, ...skipped(plan.slice(index + 1))], failure: error };
    }
  }
  return { steps, failure: null };
}

/** Deletes the tokens of finished steps, the last one first, and returns the steps; a step whose token stays says so. */
export async function rolledBack(steps: readonly Step[], plan: readonly PlannedStep[]): Promise<Step[]> {
  const result = [...steps];
  for (const [index, step] of [...steps.entries()].reverse()) {
    if (step.state !== "DONE" || !step.token) continue;
    try {
      await plan[index]?.rollBack(step.token);
      result[index] = { ...step, state: "ROLLED_BACK", token: null };
    } catch (error) {
      if (!(error instanceof ApplicationError)) throw error;
      const detail = `${step.detail} The token was not deleted again: ${error.message}`;
      const state = error.code === "OUTCOME_UNKNOWN" ? "OUTCOME_UNKNOWN" : "DONE";
      result[index] = { ...step, state, detail, code: error.code };
    }
  }
  return result;
}

/** Returns whether the object of a step exists now; null if that is unknown and for a step that creates nothing. */
export function existsNow({ name, state, token }: Step): boolean | null {
  if (name === "CHECK_RULES" || state === "OUTCOME_UNKNOWN") return null;
  return state === "DONE" || state === "REUSED" || token !== null;
}

function pending({ name, detail, partner }: PlannedStep): Step {
  return { name, state: "SKIPPED", detail, code: null, partner, token: null };
}

function reusing(step: PlannedStep): Step {
  return { ...pending(step), state: "REUSED", token: step.reused };
}
