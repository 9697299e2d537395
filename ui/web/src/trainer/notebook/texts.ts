/** Cells that make numbers of texts in a notebook, the same as the browser made. */
import { READING, USUAL, WHOLE, type Reading } from "../data/vocabulary.ts";
import { ALONE } from "../data/words.ts";
import type { Prepared } from "../data/prepared.ts";
import { code, type Cell } from "./cells.ts";
import { text } from "./python.ts";

/** The letters of `ALONE`, as Python writes them. */
const LETTERS = ALONE.source
  .replace(/^.*\[(.*)\].*$/, "$1")
  .replace(/\\u\{([0-9a-f]+)\}/g, (_, digits: string) => `\\U${digits.padStart(8, "0")}`);

/** A cell with Python's twin of `words.ts`. */
export const WORDS = code(
  "words",
  String.raw`
import re
import sys
import unicodedata
from collections import Counter

# Marks, such as the vowels of Hindi, belong to the letter before them; what they are, Unicode says.
MARKS = "".join(
    letter for letter in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(letter)[0] == "M"
)
OTHER = re.compile(rf"[^\w{MARKS}']|_")
# Scripts that do not part words, such as Chinese, Japanese and Thai: each letter with its marks is one.
ALONE = re.compile(
    rf"(?![{MARKS}])["
    r"${folded(LETTERS)}"
    rf"][{MARKS}]*"
)


def words(text):
    """The words of a text, in lower case: runs of letters, digits and apostrophes; all else parts them."""
    plain = OTHER.sub(" ", unicodedata.normalize("NFC", text).lower().replace("’", "'"))
    parts = (part.strip("'") for part in ALONE.sub(r" \g<0> ", plain).split())
    return [part for part in parts if part]`,
);

/** In two lines. */
function folded(letters: string): string {
  const middle = letters.indexOf("\\u3400");
  return `${letters.slice(0, middle)}"\n    r"${letters.slice(middle)}`;
}

/** Code that makes `x` of a column of texts. */
export function encoding({ text: read }: Prepared, { words, length }: Reading = READING): string {
  const { name } = read!;
  return `texts = [words(row[names.index(${text(name)})]) for row in rows]

# The words that are known: the most frequent of the training rows; of equally frequent ones the first comes first.
counts = Counter(word for place in train for word in texts[place])
VOCABULARY = [word for word, count in counts.most_common(${words})]
# 0 fills up what is short, 1 stands for all words that are not known.
NUMBERS = {word: place for place, word in enumerate(VOCABULARY, start=2)}
${length ? `LENGTH = ${length}` : USUALLY}


def encoded(found):
    """The words of a text as numbers, filled up in front; what is beyond the length is not read."""
    ids = [NUMBERS.get(word, 1) for word in found[:LENGTH]]
    return [0] * (LENGTH - len(ids)) + ids


x = np.array([encoded(found) for found in texts], dtype="int32")
print(f"{len(VOCABULARY)} words are known, {LENGTH} of each text are read")`;
}

const USUALLY = `# So many words that ${WHOLE} of 100 training texts fit in.
lengths = sorted(len(texts[place]) for place in train)
LENGTH = min(${USUAL[1]}, max(${USUAL[0]}, lengths[(len(lengths) * ${WHOLE} + 99) // 100 - 1]))`;

/** A cell that asks the network about a text of one's own. */
export function own({ task, target }: Prepared, cell: string): Cell {
  const said = `
TEXT = ${text(cell)}

said = network.predict(np.array([encoded(words(TEXT))]), verbose=0)[0]`;
  const told =
    task === "classes"
      ? `
for place in said.argsort()[::-1][:5]:
    print(f"{said[place]:.1%} {CLASSES[place]}")`
      : `
print(${text(target)}, said[0] * spread + mean)`;
  return code("own", said + told);
}
