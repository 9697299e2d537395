/** Shows an embed anew as its form is filled in; without JavaScript its button does. */
import { copyButtons } from "./copy";
import { refreshParts } from "./parts";

const PAUSE = 400;

export function buildEmbeds(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-builder]");
  if (!form) return;
  let timer = 0;
  let shown = location.search;
  const show = async (): Promise<void> => {
    const given = [...new FormData(form)].filter(([, value]) => value !== "") as [string, string][];
    const query = `?${new URLSearchParams(given)}`;
    if (query === shown) return;
    shown = query;
    if (!(await refreshParts(query)) || query !== shown) return;
    history.replaceState(null, "", query);
    copyButtons();
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void show(), PAUSE);
  });
}
