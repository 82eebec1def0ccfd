import { json, ResponseError } from "../http/response.ts";

/** A failure in the words of the conference platform, whose envelope is another than that of streaming. */
export function conferenceError(status: number, reason: string, description: string): ResponseError {
  return new ResponseError(
    json(status, { type: "about:blank", error_code: status, error_reason: reason, error_description: description }),
  );
}
