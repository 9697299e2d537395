/** A model that was trained further, kept on the service: among the models of whoever is signed in. */
import type { Loading } from "../given/load.ts";
import type { Run } from "../run.ts";
import { modelJson, WEIGHTS } from "../take.ts";
import { button, h, redraw } from "./dom.ts";
import { notice, problem } from "./parts.ts";

export function modelled(run: Run, name: string, loading: Loading): HTMLElement | null {
  if (!loading.viewer) return null;
  const title = h("input", {
    id: "model-title",
    maxlength: 200,
    autocomplete: "off",
    value: `${name}, trained further`,
  });
  const said = h("div", { role: "status" });
  const keep = async (): Promise<void> => {
    redraw(said, notice("plain", "Saving …"));
    try {
      const saved = await run.save();
      const json = modelJson(saved, { ...run.prepared, shape: run.job.shape });
      const address = await loading.keep(title.value.trim() || name, [
        new File([json], "model.json"),
        new File([saved.data], WEIGHTS),
      ]);
      redraw(
        said,
        notice("success", h("p", {}, "Saved, for you alone: ", h("a", { href: address }, "the model"), ".")),
      );
    } catch (error) {
      redraw(said, problem(error));
    }
  };
  return h(
    "section",
    { class: "stack stack--tight" },
    h("h3", {}, "Save it as a model"),
    h(
      "div",
      { class: "halves" },
      h("div", { class: "field" }, h("label", { for: "model-title" }, "Title of the model"), title),
    ),
    h(
      "div",
      {},
      button("Save among my models", () => void keep(), { id: "save-model" }),
    ),
    said,
  );
}
