import type { InputFields } from "../input.ts";

/** Fields of an input that say what a transcoder makes. */
export const outputFields = (t: InputFields) => ({
  profileId: t.string({
    description: "A profile of the platform, such as `1080p30`. It says all of the output, so it goes alone.",
  }),
  height: t.int({ description: "Most lines of a frame; given with `frameRate` where there is no profile." }),
  frameRate: t.float({ description: "Frames per second: 24, 25, 29.97, 30, 50, 59.94 or 60." }),
  isPassThrough: t.boolean({ description: "Send the input on as the best layer, as it came." }),
});
