// Where the files are that a run made. This is all that a page needs to know of MLabs.

/**
 * The samples of the run that is asked for, and the address of that run's `outputs/`.
 * `of` is latest, a version, a run's id, or best?metric=val_accuracy.
 */
export async function findOutputs(server, lab, of) {
  const [which, query = ""] = of.split("?");
  const asked = new URL(`services/mlabs/assets/${lab}/${which}/model/samples.json?${query}`, server);
  const answer = await fetch(asked).catch(() => {
    throw new Error(away(asked));
  });
  const body = await answer.json().catch(() => {
    throw new Error(`What answers at ${server} is not MLabs.`);
  });
  if (!answer.ok) throw new Error(explained(answer, body));
  // `latest` and `best` move on. This is the address of the run that answered: all else is asked of it.
  const fixed = new URL(answer.headers.get("Content-Location") ?? "", answer.url);
  return { samples: body, outputs: new URL("../", fixed) };
}

function away(asked) {
  if (location.protocol === "https:" && asked.protocol === "http:")
    return `A page at https:// may not load from ${asked.origin}: MLabs has to have https:// too.`;
  return `${asked.origin} does not answer. Is the address right, and is MLabs running there?`;
}

function explained(answer, { error }) {
  const message = error?.message ?? `The server answers with ${answer.status}.`;
  if (error?.code === "lab_not_found") return `${message} Of private labs, pages of other sites get nothing either.`;
  if (error?.code === "asset_not_found") return `${message} Has train.ipynb run there, to its end?`;
  return message;
}
