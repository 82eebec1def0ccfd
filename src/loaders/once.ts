/** Makes something when it is first asked for, and once: a request needs few of its loaders. */
export function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
