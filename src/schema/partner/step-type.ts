import { builder } from "../builder.ts";
import { ErrorCodeEnum } from "../errors.ts";
import { Partner, Token } from "../refs.ts";
import { existsNow, type StepName as Name, type StepState as State, type Step } from "./workflow.ts";

const StepName = builder.enumType("StepName", {
  description: "Kind of a workflow step.",
  values: {
    CHECK_RULES: { description: "Checks the rules before anything is created." },
    PUBLISH_TOKEN: { description: "Creates a secured publish token for the stream." },
    SUBSCRIBE_TOKEN: { description: "Creates a subscribe token of a partner, the parent of its viewers' tokens." },
    REGISTER_PARTNER: { description: "Registers the partner with its API key." },
  } satisfies Record<Name, { description: string }>,
});

const StepState = builder.enumType("StepState", {
  description: "Outcome of a workflow step.",
  values: {
    DONE: { description: "The step was carried out completely." },
    REUSED: { description: "The step reuses an existing object." },
    SKIPPED: { description: "The step was not run, because an earlier step failed or the request is a dry run." },
    FAILED: { description: "The step failed; `code` and `detail` say why." },
    OUTCOME_UNKNOWN: {
      description:
        "The platform's response was lost, so the object may or may not exist. Repeating the request finds out and continues.",
    },
    ROLLED_BACK: { description: "The step was carried out, and rolled back because a later step failed." },
  } satisfies Record<State, { description: string }>,
});

export const WorkflowStep = builder.objectRef<Step>("WorkflowStep").implement({
  description: "One step of a workflow, with its outcome.",
  fields: (t) => ({
    name: t.expose("name", { type: StepName, description: "Kind of the workflow step." }),
    state: t.expose("state", { type: StepState, description: "Outcome of the step." }),
    exists: t.boolean({
      nullable: true,
      description:
        "Whether the object of the step exists now. Null while that is unknown, such as after a lost response, and for a step that creates nothing.",
      resolve: existsNow,
    }),
    detail: t.exposeString("detail", { description: "Description of the step and its outcome for a person." }),
    code: t.expose("code", {
      type: ErrorCodeEnum,
      nullable: true,
      description: "Error code of the step; null if it did not fail.",
    }),
    partner: t.expose("partner", {
      type: Partner,
      nullable: true,
      description: "The partner that the step is for; null if it is for none.",
    }),
    token: t.expose("token", {
      type: Token,
      nullable: true,
      description: "The token that the step created or reused; null if there is none.",
    }),
  }),
});
