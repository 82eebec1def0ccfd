import { ApplicationError, type ErrorCode } from "../../model/errors.ts";
import type { PartnerRecord } from "../../model/partner/partner.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../../model/token/token.ts";
import { PartnerNotActiveError, TrackingIdLeftError } from "./partner-active.ts";

/** What became of a step. */
export type StepState = "DONE" | "REUSED" | "SKIPPED" | "FAILED" | "ROLLED_BACK" | "OUTCOME_UNKNOWN";
export type StepName = "CHECK_RULES" | "PUBLISH_TOKEN" | "SUBSCRIBE_TOKEN" | "REGISTER_PARTNER";

type Token = PublishTokenRecord | SubscribeTokenRecord;

/** One step of a workflow, as it went. */
export interface Step {
  readonly name: StepName;
  readonly state: StepState;
  readonly detail: string;
  /** Of the failure, if it failed. */
  readonly code: ErrorCode | null;
  readonly partner: PartnerRecord | null;
  readonly token: Token | null;
}

/** A step before it is run. What is there already is used again; what is not is made, and can be taken back. */
export interface PlannedStep {
  readonly name: StepName;
  /** What is made, for a person. */
  readonly detail: string;
  readonly partner: PartnerRecord | null;
  readonly reused: Token | null;
  readonly make: () => Promise<Token | null>;
  readonly takeBack: (made: Token) => Promise<void>;
}

/** Says of a workflow's key that the tokens of its finished steps are left behind when the workflow is cut off. */
export const LEAVES_TOKENS_OF_STEPS = { steps: true } as const;

/** The steps as they would go: what is missing is SKIPPED, and nothing is changed. */
export function dryRun(plan: readonly PlannedStep[]): Step[] {
  return plan.map((step) =>
    step.reused ? reusing(step) : { ...pending(step), detail: `Would be made: ${step.detail}` },
  );
}

/** No step was run, because a rule is broken. */
export function skipped(plan: readonly PlannedStep[]): Step[] {
  return plan.map(pending);
}

/**
 * Runs the steps in their order. When one fails, those before it are taken back, the last one first, and those behind it
 * are skipped. When its outcome is not known, nothing is taken back: the same request will find out and go on.
 */
export async function runWorkflow(
  plan: readonly PlannedStep[],
): Promise<{ readonly steps: Step[]; readonly failure: ApplicationError | null }> {
  const steps: Step[] = [];
  for (const [index, planned] of plan.entries()) {
    try {
      steps.push(
        planned.reused ? reusing(planned) : { ...pending(planned), state: "DONE", token: await planned.make() },
      );
    } catch (error) {
      if (!(error instanceof ApplicationError)) throw error;
      const token = error instanceof PartnerNotActiveError || error instanceof TrackingIdLeftError ? error.token : null;
      const state = error.code === "OUTCOME_UNKNOWN" ? "OUTCOME_UNKNOWN" : "FAILED";
      const failed: Step = { ...pending(planned), state, detail: error.message, code: error.code, token };
      const kept = error.code === "OUTCOME_UNKNOWN" ? steps : await takenBack(steps, plan);
      return { steps: [...kept, failed, ...skipped(plan.slice(index + 1))], failure: error };
    }
  }
  return { steps, failure: null };
}

/** The steps after what was made is deleted again, the last one first. Each says what stands where that fails. */
export async function takenBack(steps: readonly Step[], plan: readonly PlannedStep[]): Promise<Step[]> {
  const result = [...steps];
  for (const [index, step] of [...steps.entries()].reverse()) {
    if (step.state !== "DONE" || !step.token) continue;
    try {
      await plan[index]?.takeBack(step.token);
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

/** Whether what a step makes exists now; null where that is not known, and for a step that makes nothing. */
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
