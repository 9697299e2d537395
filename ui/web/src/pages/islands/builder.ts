/** Shows an embed anew as its form is filled in; without JavaScript its button does. */
import { copyButtons } from "./copy";
import { refreshParts } from "./parts";

const PAUSE = 400;

export function buildEmbeds(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-builder]");
  if (!form) return;
  let timer = 0;
  let last = Promise.resolve();
  const show = async (): Promise<void> => {
    const given = [...new FormData(form)].filter(([, value]) => value !== "") as [string, string][];
    const query = `?${new URLSearchParams(given)}`;
    if (query === location.search || !(await refreshParts(query))) return;
    history.replaceState(null, "", query);
    copyButtons();
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    // One after the other, so that the last answer is the one to what was filled in last.
    timer = window.setTimeout(() => (last = last.then(show, show)), PAUSE);
  });
}
