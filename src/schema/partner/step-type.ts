import { builder } from "../builder.ts";
import { ErrorCodeEnum } from "../errors.ts";
import { Partner, Token } from "../refs.ts";
import { existsNow, type StepName as Name, type StepState as State, type Step } from "./workflow.ts";

const StepName = builder.enumType("StepName", {
  description: "What a step of a workflow is about.",
  values: {
    CHECK_RULES: { description: "The rules that hold before anything is made." },
    PUBLISH_TOKEN: { description: "A secured publish token for the stream." },
    SUBSCRIBE_TOKEN: { description: "A subscribe token of a partner, the parent of its viewers' tokens." },
    REGISTER_PARTNER: { description: "The partner's record, and its key." },
  } satisfies Record<Name, { description: string }>,
});

const StepState = builder.enumType("StepState", {
  description: "What became of a step.",
  values: {
    DONE: { description: "It was made." },
    REUSED: { description: "What was there already is used." },
    SKIPPED: { description: "It was not run: a step before it failed, or this is a dry run." },
    FAILED: { description: "It failed; `code` and `detail` say why." },
    OUTCOME_UNKNOWN: {
      description:
        "The platform's answer was lost, so what the step makes may exist or not. The same request finds out and goes on.",
    },
    ROLLED_BACK: { description: "It was made, and taken back because a later step failed." },
  } satisfies Record<State, { description: string }>,
});

export const WorkflowStep = builder.objectRef<Step>("WorkflowStep").implement({
  description: "One step of a workflow, and what became of it.",
  fields: (t) => ({
    name: t.expose("name", { type: StepName, description: "What it is about." }),
    state: t.expose("state", { type: StepState, description: "What became of it." }),
    exists: t.boolean({
      nullable: true,
      description:
        "Whether what the step makes exists now. Null while that is not known, as after a lost answer, and for a step that makes nothing.",
      resolve: existsNow,
    }),
    detail: t.exposeString("detail", { description: "The same for a person." }),
    code: t.expose("code", { type: ErrorCodeEnum, nullable: true, description: "Why it failed, if it failed." }),
    partner: t.expose("partner", {
      type: Partner,
      nullable: true,
      description: "The partner it is for, if it is for one.",
    }),
    token: t.expose("token", { type: Token, nullable: true, description: "The token that it made or used again." }),
  }),
});
