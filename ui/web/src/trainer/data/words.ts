/** Parts texts into words: the same rule here, in notebooks, and wherever a model is used. */

/** What is no letter, digit, mark of a letter or apostrophe parts words. */
export const OTHER = /[^\p{L}\p{M}\p{N}']+/gu;
/** Scripts that do not part words (Thai to Khmer, Japanese, Chinese): each letter with its marks counts as one. */
export const ALONE =
  /(?!\p{M})[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\u{20000}-\u{3ffff}]\p{M}*/gu;
/** Whether there is such a letter. */
export const UNPARTED = new RegExp(ALONE.source, "u");
const EDGES = /^'+|'+$/g;

/** The rule in words, for people. */
export const RULE =
  "Words are runs of letters, digits and apostrophes, in lower case; all else parts them. Of scripts that do not part words, such as Chinese, Japanese and Thai, each letter is one.";

/** The words of a text, in lower case. */
export function words(text: string): string[] {
  const plain = text.normalize("NFC").toLowerCase().replaceAll("’", "'").replace(OTHER, " ");
  const found: string[] = [];
  for (const part of plain.replace(ALONE, " $& ").split(" ")) {
    const word = part.replace(EDGES, "");
    if (word) found.push(word);
  }
  return found;
}

/** All texts of a column as words: each word once, and the texts one after the other as their places. */
export interface Texts {
  words: string[];
  places: Uint32Array<ArrayBuffer>;
  /** Where each text begins in `places`, and where the last one ends. */
  starts: Uint32Array<ArrayBuffer>;
}

export function textsOf(cells: Iterable<string>): Texts {
  const known = new Map<string, number>();
  const places: number[] = [];
  const starts = [0];
  for (const cell of cells) {
    for (const word of words(cell)) {
      let place = known.get(word);
      if (place === undefined) known.set(word, (place = known.size));
      places.push(place);
    }
    starts.push(places.length);
  }
  return { words: [...known.keys()], places: Uint32Array.from(places), starts: Uint32Array.from(starts) };
}

/** How many words a text has. */
export function lengthOf({ starts }: Texts, row: number): number {
  return starts[row + 1] - starts[row];
}
