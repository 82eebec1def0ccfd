import type { Plugin } from "graphql-yoga";

/** Answers may hold secrets: nobody on the way keeps one, and no browser guesses what it is. */
export function useSafeHeaders(): Plugin {
  return {
    onResponse({ response }) {
      if (!response.headers.has("cache-control")) response.headers.set("cache-control", "no-store");
      response.headers.set("x-content-type-options", "nosniff");
      response.headers.set("referrer-policy", "no-referrer");
    },
  };
}
