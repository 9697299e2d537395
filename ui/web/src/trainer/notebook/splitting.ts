/** Cells that divide the rows in a notebook exactly as the browser did. */
import type { Task } from "../data/target.ts";
import type { Shares } from "../data/split.ts";
import { code, type Cell } from "./cells.ts";
import { list, text } from "./python.ts";

/** Python's twin of `chance.ts`: the same seed gives the same numbers in both. */
export const CHANCE = code(
  "chance",
  `
SEED = 0


def chance(seed):
    """Numbers from 0 up to 1, the same for the same seed (mulberry32)."""
    state = seed % 2**32
    while True:
        state = (state + 0x6D2B79F5) % 2**32
        mixed = (state ^ state >> 15) * (state | 1) % 2**32
        mixed ^= (mixed + (mixed ^ mixed >> 7) * (mixed | 61)) % 2**32
        yield (mixed ^ mixed >> 14) / 2**32


def shuffled(items, numbers):
    """The items in another order."""
    mixed = list(items)
    for last in range(len(mixed) - 1, 0, -1):
        other = int(next(numbers) * (last + 1))
        mixed[last], mixed[other] = mixed[other], mixed[last]
    return mixed`,
);

export function chanceOf(seed: number): Cell {
  return { ...CHANCE, source: CHANCE.source.replace("SEED = 0", `SEED = ${seed}`) };
}

/** What of a split a notebook needs to know. */
export interface Wanted {
  task: Task;
  target: string;
  classes: string[];
  shares: Shares;
  /** Whether the rows are those of a table, and not of pictures. */
  table: boolean;
}

export function splitting(wanted: Wanted): Cell {
  const { train, validation, test } = wanted.shares;
  return code(
    "split",
    `
${wanted.task === "classes" ? usableClasses(wanted) : usableNumbers(wanted)}
TRAIN, VALIDATION, TEST = ${train}, ${validation}, ${test}


def sizes(total):
    """How many of so many rows are for validation, and how many for the test."""
    whole, least = TRAIN + VALIDATION + TEST, int(total >= 3)
    some, last = (
        max(least, int(share / whole * total + 0.5)) if share else 0 for share in (VALIDATION, TEST)
    )
    while some + last > total - least:
        some, last = (some - 1, last) if some > last else (some, last - 1)
    return some, last


numbers = chance(SEED)
train, validation, test = [], [], []
for group in ${order(wanted)}:
    mixed = shuffled(groups[group], numbers)
    some, last = sizes(len(mixed))
    first = len(mixed) - some - last
    train += mixed[:first]
    validation += mixed[first : first + some]
    test += mixed[first + some :]
train, validation, test = (shuffled(part, numbers) for part in (train, validation, test))
print(f"{len(train)} rows to learn from, {len(validation)} for validation, {len(test)} for the test")`,
  );
}

function usableClasses({ target, classes, table }: Wanted): string {
  const labels = table ? `labels = [row[names.index(${text(target)})] for row in rows]\n` : "";
  return `CLASSES = ${list(classes, 10)}
${labels}
# Each class is divided by itself, so that all parts have the same mixture of them.
groups = {name: [] for name in CLASSES}
for place, label in enumerate(labels):
    if label in groups:
        groups[label].append(place)`;
}

function usableNumbers({ target }: Wanted): string {
  return `wanted = np.array([number(row[names.index(${text(target)})]) for row in rows])

groups = {"": [place for place, value in enumerate(wanted) if np.isfinite(value)]}`;
}

/** Python compares letters by their code points, JavaScript by their halves where they have two. */
function order({ classes }: Wanted): string {
  const odd = classes.some((name) => /[\ud800-\udfff]/.test(name));
  return odd ? 'sorted(groups, key=lambda name: name.encode("utf-16-be"))' : "sorted(groups)";
}
