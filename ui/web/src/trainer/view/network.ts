/** Step 3: the network, layer by layer, with its drawing and plain words. */
import {
  allowed,
  parameters,
  withNew,
  type Activation,
  type Initialiser,
  type Layer,
  type Pooling,
  type Recurrent,
} from "../network/layers.ts";
import { presets } from "../network/presets.ts";
import { ACTIVATIONS, CELLS, DROPOUT, INITIALISERS, KINDS, POOLINGS } from "../network/words.ts";
import type { Project } from "../project.ts";
import { button, check, h, number, redraw, select } from "./dom.ts";
import { diagram, stageTable } from "./diagram.ts";
import { GivenStep } from "./given.ts";
import type { Opening } from "./opening.ts";
import { problem } from "./parts.ts";

const MOST = 8;

export class NetworkStep {
  private given: GivenStep;

  constructor(
    private place: HTMLElement,
    private project: Project,
    private opening: Opening,
  ) {
    this.given = new GivenStep(place, project);
    project.hear((step) => ["data", "columns", "network"].includes(step) && this.show());
    this.show();
  }

  private show(): void {
    const { project } = this;
    if (project.given) return this.given.show(project.given);
    if (!project.prepared)
      return redraw(
        this.place,
        h("p", { class: "muted" }, "The network follows from the data: choose that first."),
        this.opening.element,
      );
    const rows = project.layers.map((layer, index) => this.layer(layer, index));
    redraw(
      this.place,
      this.presets(),
      this.drawing(),
      h("ol", { class: "layers" }, ...rows),
      this.adding(),
      this.opening.element,
    );
  }

  private presets(): HTMLElement {
    const { project } = this;
    const shown = presets(project.prepared!.shape, project.prepared!.text !== null);
    const same = shown.findIndex((preset) => JSON.stringify(preset.layers) === JSON.stringify(project.layers));
    return h(
      "fieldset",
      {},
      h("legend", { class: "legend" }, "Begin with"),
      h(
        "div",
        { class: "choices choices--small" },
        ...shown.map((preset, index) =>
          h(
            "label",
            { class: "choice" },
            h("input", {
              type: "radio",
              name: "preset",
              id: `preset-${index}`,
              checked: index === same,
              onchange: () => project.usePreset(preset),
            }),
            h("strong", {}, preset.title),
            h("span", { class: "muted small" }, preset.words),
          ),
        ),
      ),
    );
  }

  private drawing(): HTMLElement {
    try {
      const made = this.project.stages();
      const all = parameters(made);
      const rows = this.project.prepared!.train.rows.length;
      const much =
        all > rows * 20
          ? " That is many for so few rows: it may learn them by heart. Dropout or fewer units help."
          : "";
      return h(
        "div",
        { class: "stack stack--tight" },
        diagram(made),
        h(
          "p",
          { role: "status" },
          h("strong", {}, `${all.toLocaleString("en")} parameters`),
          ` to learn from ${rows.toLocaleString("en")} rows.${much}`,
        ),
        h("details", {}, h("summary", { class: "small" }, "As a table"), stageTable(made)),
      );
    } catch (error) {
      return problem(error);
    }
  }

  private change(index: number, edit: Partial<Layer>): void {
    this.project.build(
      this.project.layers.map((layer, at) => (at === index ? ({ ...layer, ...edit } as Layer) : layer)),
    );
  }

  private layer(layer: Layer, index: number): HTMLElement {
    const [name, words] = KINDS[layer.kind];
    const { layers } = this.project;
    const moved = (by: number) => () => {
      const next = [...layers];
      [next[index], next[index + by]] = [next[index + by], next[index]];
      this.project.build(next);
    };
    const head = h(
      "div",
      { class: "row row--apart" },
      h("h3", {}, `Layer ${index + 1}: ${name}`),
      h(
        "div",
        { class: "row" },
        layers.length > 1 &&
          button("Earlier", moved(-1), {
            id: `earlier-${index}`,
            class: "button button--small",
            disabled: index === 0,
            "aria-label": `Move layer ${index + 1} one earlier`,
          }),
        layers.length > 1 &&
          button("Later", moved(1), {
            id: `later-${index}`,
            class: "button button--small",
            disabled: index === layers.length - 1,
            "aria-label": `Move layer ${index + 1} one later`,
          }),
        button("Remove", () => this.project.build(layers.filter((_, at) => at !== index)), {
          id: `remove-${index}`,
          class: "button button--small",
          "aria-label": `Remove layer ${index + 1}`,
        }),
      ),
    );
    return h(
      "li",
      { class: "layer" },
      head,
      h("p", { class: "small muted" }, words),
      h("div", { class: "quarters" }, ...this.fields(layer, index)),
    );
  }

  private fields(layer: Layer, index: number): HTMLElement[] {
    const size = (
      key: "units" | "filters" | "size",
      label: string,
      value: number,
      max: number,
      hint: string,
    ): HTMLElement =>
      number(
        `${key}-${index}`,
        label,
        value,
        { min: 1, max, step: 1 },
        (given) => this.change(index, { [key]: clamp(given, max) } as Partial<Layer>),
        hint,
      );
    const dropout = number(
      `dropout-${index}`,
      "Dropout",
      layer.dropout,
      { min: 0, max: 0.9, step: 0.1 },
      (given) => this.change(index, { dropout: Math.min(0.9, Math.max(0, given || 0)) }),
      DROPOUT,
    );
    if (layer.kind === "recurrent") {
      const cell = select(
        `cell-${index}`,
        "Cell",
        Object.keys(CELLS).map((one) => [one, CELLS[one as Recurrent["cell"]].split(":")[0]]),
        layer.cell,
        (value) => this.change(index, { cell: value as Recurrent["cell"] }),
        CELLS[layer.cell],
      );
      return [cell, size("units", "Units", layer.units, 256, "How much it can remember."), dropout];
    }
    if (layer.kind === "embedding")
      return [size("units", "Numbers for a word", layer.units, 256, "16 are plenty for some thousand texts."), dropout];
    if (layer.kind === "pooling") {
      const how = select(
        `how-${index}`,
        "What is kept",
        Object.keys(POOLINGS).map((one) => [one, POOLINGS[one as Pooling["how"]].split(":")[0]]),
        layer.how,
        (value) => this.change(index, { how: value as Pooling["how"] }),
        POOLINGS[layer.how],
      );
      return [how, dropout];
    }
    const activation = select(
      `activation-${index}`,
      "Activation",
      Object.keys(ACTIVATIONS).map((one) => [one, one]),
      layer.activation,
      (value) => this.change(index, { activation: value as Activation }),
      ACTIVATIONS[layer.activation],
    );
    const initialiser = select(
      `initialiser-${index}`,
      "First weights",
      Object.keys(INITIALISERS).map((one) => [one, INITIALISERS[one as Initialiser].split(":")[0]]),
      layer.initialiser,
      (value) => this.change(index, { initialiser: value as Initialiser }),
      INITIALISERS[layer.initialiser],
    );
    if (layer.kind === "dense")
      return [
        size("units", "Units", layer.units, 1024, "More units can tell finer differences, and learn by heart sooner."),
        activation,
        initialiser,
        dropout,
      ];
    const pool = check(
      `pool-${index}`,
      "Pooling: keep the strongest of each 2, halve the size",
      layer.pool,
      (checked) => this.change(index, { pool: checked }),
    );
    return [
      size("filters", "Filters", layer.filters, 256, "How many different patterns it looks for."),
      size("size", "Window", layer.size, 9, "How many neighbours a filter sees; 3 is usual."),
      activation,
      initialiser,
      dropout,
      pool,
    ];
  }

  /** Buttons for what these data can have; each new layer goes to the last place where it fits. */
  private adding(): HTMLElement {
    const { layers, prepared } = this.project;
    if (layers.length >= MOST) return h("p", { class: "muted small" }, `${MOST} layers are the most here.`);
    const kinds = allowed(prepared!.shape, prepared!.text !== null).filter(
      // There is one table of words.
      (kind) => kind !== "embedding" || !layers.some((layer) => layer.kind === kind),
    );
    const buttons = kinds.map((kind) =>
      button(`Add ${KINDS[kind][0].toLowerCase()} layer`, () => this.project.build(withNew(layers, kind)), {
        id: `add-${kind}`,
      }),
    );
    return h("div", { class: "row" }, ...buttons);
  }
}

function clamp(given: number, max: number): number {
  return Math.min(max, Math.max(1, Math.round(given || 1)));
}
