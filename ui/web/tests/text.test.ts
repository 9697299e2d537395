import assert from "node:assert/strict";
import test from "node:test";

import { guess, type Kind } from "../src/trainer/data/columns.ts";
import { parse } from "../src/trainer/data/csv.ts";
import { layouts, proposedLayout } from "../src/trainer/data/layouts.ts";
import { prepare } from "../src/trainer/data/prepared.ts";
import { SHARES } from "../src/trainer/data/split.ts";
import { goal, propose } from "../src/trainer/data/target.ts";
import { bounded, encodeText, fitText, lost, READING, sizeOf } from "../src/trainer/data/vocabulary.ts";
import { textsOf, words } from "../src/trainer/data/words.ts";
import { Problem } from "../src/trainer/problem.ts";
import { spoken, without, wording } from "../src/trainer/score/wording.ts";

const WORDS: [text: string, words: string[]][] = [
  ["Don't PANIC, it’s fine!!!", ["don't", "panic", "it's", "fine"]],
  ["'quoted' rock'n'roll ''", ["quoted", "rock'n'roll"]],
  ["3.5 kg, no. 7 — #2024_x", ["3", "5", "kg", "no", "7", "2024", "x"]],
  ["Straße ÀÉ cafe\u0301 café", ["straße", "àé", "café", "café"]],
  ["हिन्दी में", ["हिन्दी", "में"]],
  ["我很好。テスト ok", ["我", "很", "好", "テ", "ス", "ト", "ok"]],
  ["สวัสดี", ["ส", "วั", "ส", "ดี"]],
  ["abc我d", ["abc", "我", "d"]],
  ["ΟΔΟΣ İ", ["οδος", "i̇"]],
  ["😀 … \n\t", []],
  ["", []],
];

for (const [text, wanted] of WORDS)
  test(`the words of ${JSON.stringify(text)} are found`, () => assert.deepEqual(words(text), wanted));

const many = (make: (row: number) => string, rows = 120): string[] => Array.from({ length: rows }, (_, row) => make(row));
const COLUMNS: [name: string, cells: string[], kind: Kind][] = [
  ["message", many((row) => `please send number ${row} soon`), "text"],
  ["few", many((row) => `please send number ${row} soon`, 20), "text"],
  ["kinds", many((row) => `one of ${row % 5} kinds`), "category"],
  ["chinese", many((row) => `我们喜欢第${row}个`), "text"],
  ["address", many((row) => `https://example.org/a/page-${row}/of/many`), "unused"],
  ["when", many((row) => `2024-01-10 12:30:${row}`), "unused"],
  ["mostly empty", many((row) => (row % 3 ? "" : `the answer ${row} is here`)), "text"],
  ["word", many((row) => `word${row}`), "unused"],
  ["two", many((row) => `Ada Lovelace${row}`), "unused"],
];

test("a column of texts is known from names, dates and addresses, with a reason", () => {
  for (const [name, cells, kind] of COLUMNS) {
    const rows = cells.map((cell) => [cell]);
    const form = { encoding: "utf-8", separator: ",", headed: true, levelled: false };
    const [found] = guess({ names: [name], rows, total: rows.length, notes: [], form });
    assert.equal(found.kind, kind, `${name}: ${found.reason}`);
    if (kind === "text") assert.match(found.reason, /texts of some \d words/);
  }
});

const GOOD = ["wonderful", "lovely", "great"];
const BAD = ["awful", "broken", "poor"];
const review = (row: number): string => {
  const [said] = [row % 2 ? GOOD : BAD].map((some) => some[(row * 7) % 3]);
  return `"I found this thing number ${row} really ${said}, so it goes ${row % 3 ? "here" : "there"}"`;
};
const table = parse(["stars,review,name", ...many((row) => `${row % 2 ? "up" : "down"},${review(row)},Ada Brown Lee ${row}`)].join("\n"));

test("of several texts the one with the most words is read, alone", () => {
  const columns = guess(table);
  const [stars, long, short] = columns;
  assert.deepEqual([stars.kind, long.kind, short.kind], ["category", "text", "unused"]);
  assert.match(short.reason, /One text at a time/);
  assert.equal(propose(columns), stars);
  assert.deepEqual(layouts(table, [long]), ["text"]);
  assert.deepEqual(layouts(table, [long, stars]), ["columns", "text"]);
  assert.equal(proposedLayout(table, [long, stars]), "text");
  const brief = parse(["a,b,c", ...many((row) => `${row % 2 ? "x" : "y"},${row % 7},Ada Brown Lee ${row}`)].join("\n"));
  const [x, b, c] = guess(brief);
  assert.deepEqual([c.kind, proposedLayout(brief, [b, c]), propose([x, b, c])], ["text", "columns", x]);
});

const texts = textsOf(["b a a", "a c", "d d d d", "", "c z"]);

test("the vocabulary is the training rows' alone, the most frequent first, then the first that is met", () => {
  const found = fitText("t", 0, texts, [1, 0, 3], READING);
  assert.deepEqual([found.vocabulary, found.length], [["a", "c", "b"], 5]);
  assert.deepEqual(fitText("t", 0, texts, [1, 0, 3], { words: 2, length: 3 }), {
    ...{ name: "t", index: 0, vocabulary: ["a", "c"], length: 3 },
  });
  assert.equal(sizeOf(found), 5);
  assert.throws(() => fitText("t", 0, texts, [3], READING), (error: unknown) => error instanceof Problem && error.mend !== "");
});

test("a length that nobody chose holds 95 of 100 training texts", () => {
  const long = textsOf(many((row) => Array(row + 1).fill("w").join(" "), 100));
  const rows = [...Array(100).keys()];
  assert.equal(fitText("t", 0, long, rows, READING).length, 95);
  assert.equal(fitText("t", 0, textsOf([Array(900).fill("w").join(" ")]), [0], READING).length, 200);
  assert.deepEqual(bounded({ words: NaN, length: 1e9 }), { words: 1, length: 500 });
});

test("what is lost of other rows is counted", () => {
  const text = fitText("t", 0, texts, [1, 0], { words: 9, length: 2 });
  assert.deepEqual(lost(text, texts, [2, 3, 4, 0]), { words: 9, unknown: 5, cut: 2, single: 0, empty: 1, rows: 4 });
});

test("a text is filled up in front, loses its end, and says what is not known", () => {
  const text = { name: "t", index: 0, vocabulary: ["a", "c", "b"], length: 4 };
  assert.deepEqual([...encodeText(text, "B a!").x], [0, 0, 4, 2]);
  const long = encodeText(text, "a q c q b a");
  assert.deepEqual([[...long.x], long.unknown, long.beyond], [[2, 1, 3, 1], ["q"], 2]);
  assert.deepEqual([...encodeText(text, "…").x], [0, 0, 0, 0]);
});

test("texts are prepared as any other data, with the same numbers as one by one", () => {
  const [stars, column] = guess(table);
  const prepared = prepare(table, goal(table, stars), [column], "text", SHARES, 3);
  const { text, train, width } = prepared;
  assert.deepEqual([prepared.shape, prepared.inputs], [[text!.length], []]);
  train.rows.forEach((row, at) => {
    const wanted = encodeText(text!, table.rows[row][1]).x;
    assert.deepEqual([...train.x.slice(at * width, (at + 1) * width)], [...wanted]);
  });
  const trained = new Set(train.rows.flatMap((row) => words(table.rows[row][1])));
  assert.ok(text!.vocabulary.every((word) => trained.has(word)), "no word of other rows is known");
  const known = { vocabulary: ["awful", "great"], length: 7 };
  const again = prepare(table, goal(table, stars), [column], "text", SHARES, 3, { text: known });
  assert.deepEqual([again.text!.vocabulary, again.shape], [known.vocabulary, [7]]);
});

test("a word speaks for what is lost without it", async () => {
  assert.deepEqual([...without([0, 0, 4, 2])], [0, 0, 0, 2, 0, 0, 0, 4]);
  const [stars, column] = guess(table);
  const prepared = prepare(table, goal(table, stars), [column], "text", SHARES, 3);
  const { vocabulary } = prepared.text!;
  // A network that counts good words: what each adds is known.
  const predict = async (x: Float32Array): Promise<Float32Array> => {
    const rows = x.length / prepared.width;
    const said = new Float32Array(rows * 2);
    for (let at = 0; at < x.length; at++)
      if (GOOD.includes(vocabulary[x[at] - 2])) said[Math.floor(at / prepared.width) * 2 + 1] += 0.25;
    return said;
  };
  const example = encodeText(prepared.text!, "so wonderful great it");
  assert.deepEqual(await spoken(example.x, 2, 1, predict), [0, 0.25, 0.25, 0]);
  const found = await wording(prepared, prepared.validation, predict);
  const of = (word: string): number[] | undefined => found.find((one) => one.word === word)?.gains;
  assert.deepEqual([of("great"), of("found")], [[0, 0.25], [0, 0]]);
  assert.ok(found.every(({ texts }) => texts >= 3));
});
