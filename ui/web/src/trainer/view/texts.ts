/** How a text is read: how many words are known, how many of each text count, and what is lost by that. */
import { textsIn } from "../data/prepared.ts";
import { bounded, LONGEST, lost, MOST_WORDS, type Lost, type Reading, type Text } from "../data/vocabulary.ts";
import { RULE } from "../data/words.ts";
import type { Project } from "../project.ts";
import { h, number } from "./dom.ts";
import { notes, percent } from "./parts.ts";

export function textChoices(project: Project): HTMLElement | null {
  if (project.layout !== "text" || !project.table) return null;
  const { text } = project.prepared ?? {};
  return h(
    "div",
    { class: "stack stack--tight" },
    h("p", { class: "small muted" }, `${RULE} Each word that is known gets a number, all others share one.`),
    brought(project)
      ? h("p", { class: "small" }, "The words that it knows, and how many it reads, are those of the model in step 3.")
      : h("div", { class: "halves" }, ...fields(project, text ?? null)),
    text ? h("div", { role: "status" }, notes(told(project, text))) : null,
  );
}

/** Whether the words are those of a model that was trained elsewhere. */
function brought({ given }: Project): boolean {
  return Boolean(given?.meta?.text);
}

function fields(project: Project, text: Text | null): HTMLElement[] {
  const { reading } = project;
  const change = (part: Partial<Reading>): void =>
    project.choose(() => (project.reading = bounded({ ...reading, ...part })));
  return [
    number(
      "known-words",
      "Words that it knows",
      reading.words,
      { min: 1, max: MOST_WORDS, step: 1 },
      (words) => change({ words }),
      "The most frequent ones of the training rows alone. More words are more to learn; rare ones teach little.",
    ),
    number(
      "read-words",
      "Words that it reads of each text",
      text?.length ?? reading.length,
      { min: 0, max: LONGEST, step: 1 },
      (length) => change({ length }),
      "Shorter texts are filled up in front, longer ones lose their end. 0 takes what 95 of 100 training texts fit in, up to 200.",
    ),
  ];
}

/** What is known and what is lost, of the rows for validation: those for the test are nobody's to look at. */
function told(project: Project, text: Text): string[] {
  const { table, reading, columns, prepared } = project;
  const column = columns.find(({ index }) => index === text.index);
  if (!table || !column || !prepared) return [];
  const found = lost(text, textsIn(table, column), prepared.validation.rows);
  const count = text.vocabulary.length;
  const own = !brought(project);
  const all = count < reading.words ? "all that are in the training rows" : "the most frequent of the training rows";
  return [
    `It knows ${count.toLocaleString("en")} words, ${own ? all : "as the model brings them along"}: ${sample(text.vocabulary)}`,
    unknown(found, own ? count < reading.words : null),
    ...cut(found, text),
    ...empty(found),
    ...single(found),
  ];
}

function sample(vocabulary: string[]): string {
  const shown = vocabulary.slice(0, 6).map((word) => `“${word}”`);
  return `${shown.join(", ")}${vocabulary.length > shown.length ? ", …" : "."}`;
}

/** `all` is whether all words of the training rows are known; null where they are another's. */
function unknown(found: Lost, all: boolean | null): string {
  if (!found.words) return "The validation rows hold no words.";
  const share = found.unknown / found.words;
  const mend =
    share <= 0.15 || all === null
      ? ""
      : all
        ? " Only more rows would teach it more words."
        : " Let it know more words.";
  return `In the validation rows ${percent(share)} of the words are unknown to it: ${found.unknown.toLocaleString("en")} of ${found.words.toLocaleString("en")}.${mend}`;
}

function cut({ cut: rows, rows: all }: Lost, { length }: Text): string[] {
  if (!rows) return [];
  const mend = rows > all / 4 && length < LONGEST ? " Let it read more words where the end matters." : "";
  return [`${percent(rows / all)} of the validation texts are longer than ${length} words and lose their end.${mend}`];
}

function single({ single: rows, rows: all }: Lost): string[] {
  if (rows <= all / 2) return [];
  return ["Most texts are one word: as a category the column says the same, and is learned faster."];
}

function empty({ empty: rows }: Lost): string[] {
  if (!rows) return [];
  const what = rows === 1 ? "text holds no word" : "texts hold no word";
  return [
    `${rows} validation ${what}: nothing can be told from such rows. Leave them out of the file where there are many.`,
  ];
}
