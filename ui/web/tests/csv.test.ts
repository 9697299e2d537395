import assert from "node:assert/strict";
import test from "node:test";

import { MAX_CELLS, MAX_ROWS, parse, read, separatorOf } from "../src/trainer/data/csv.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string): Uint8Array =>
  new Uint8Array(new Uint16Array([...text].map((one) => one.charCodeAt(0))).buffer);
const latin = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0));

const TEXTS: [name: string, bytes: Uint8Array][] = [
  ["UTF-8", utf8("größe,art\n1,ä\n2,b\n")],
  ["UTF-8 with a mark", utf8("\ufeffgröße,art\n1,ä\n2,b\n")],
  ["UTF-16 with a mark", utf16("\ufeffgröße,art\n1,ä\n2,b\n")],
  ["UTF-16 without one", utf16("größe,art\n1,ä\n2,b\n")],
  ["Windows", latin("größe,art\r\n1,ä\r\n2,b\r\n")],
  ["Semicolons", utf8("größe;art\n1;ä\n2;b")],
  ["Tabs", utf8("größe\tart\n1\tä\n2\tb")],
  ["Old Mac", utf8("größe,art\r1,ä\r2,b\r")],
  ["Quotes", utf8('"größe","art"\n"1","ä"\n2,"b"\n')],
];

for (const [name, bytes] of TEXTS) {
  test(`${name} is read`, () => {
    const table = read(bytes);
    assert.deepEqual(table.names, ["größe", "art"]);
    assert.deepEqual(table.rows, [
      ["1", "ä"],
      ["2", "b"],
    ]);
  });
}

const REFUSED: [name: string, bytes: Uint8Array, said: RegExp][] = [
  ["nothing", utf8(""), /empty/],
  ["blank lines", utf8("\n \n"), /empty/],
  ["a workbook", Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0), /Excel/],
  ["gzip", Uint8Array.of(0x1f, 0x8b, 8), /gzip/],
  ["a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13), /picture/],
  ["bytes", Uint8Array.of(1, 0, 0, 0, 7, 0, 0, 200, 1), /not text/],
  ["names only", utf8("a,b\n"), /no rows/],
  ["one column", utf8("a\n1\n2\n"), /one column/],
  ["too many columns", utf8(`${"a,".repeat(3000)}b\n${"1,".repeat(3000)}2\n`), /3001 columns/],
];

for (const [name, bytes, said] of REFUSED) {
  test(`${name} is refused with a mend`, () => {
    assert.throws(
      () => read(bytes),
      (error: Error & { mend: string }) => said.test(error.message) && error.mend.length > 10,
    );
  });
}

test("quotes hold separators, line ends and quotes; one that is not closed is none", () => {
  assert.deepEqual(parse('a,b\n"1,\n""x""",2\n').rows, [['1,\n"x"', "2"]]);
  assert.deepEqual(parse('a,b\n"1,2\n3,4\n').rows, [
    ['"1', "2"],
    ["3", "4"],
  ]);
});

test("decimal commas do not make commas the separator", () => {
  assert.equal(separatorOf("a;b;c\n1,5;2,5;x\n3,5;4,5;y\n"), ";");
});

test("rows of other lengths are levelled, and said", () => {
  const table = parse("a,b,c\n1,2\n1,2,3,4\n1,2,3\n");
  assert.deepEqual(table.rows, [
    ["1", "2", ""],
    ["1", "2", "3"],
    ["1", "2", "3"],
  ]);
  assert.ok(table.notes.some((note) => note.startsWith("2 of the rows")));
});

test("columns without names are numbered, the same names told apart", () => {
  assert.deepEqual(parse("1,2\n3,4\n").names, ["column 1", "column 2"]);
  assert.equal(parse("1,2\n3,4\n").rows.length, 2);
  assert.deepEqual(parse("x,y,\n1,2,3\n").names, ["x", "y", "column 3"]);
});

test("of a wide table fewer rows are kept", () => {
  const names = [...Array(1000).keys()].map((at) => `c${at}`).join(",");
  const table = parse(`${names}\n${`${"1,".repeat(999)}2\n`.repeat(3100)}`);
  assert.deepEqual([table.total, table.rows.length], [3100, MAX_CELLS / 1000]);
  assert.ok(table.notes.some((note) => note.includes("3,100 rows; 3,000 of them")));
});

test("of two million rows a fair sample is kept", () => {
  const table = parse(`a,b\n${"1,x\n2,y\n".repeat(1_000_000)}`);
  assert.equal(table.total, 2_000_000);
  assert.equal(table.rows.length, MAX_ROWS);
  const share = table.rows.filter(([, kind]) => kind === "x").length / MAX_ROWS;
  assert.ok(Math.abs(share - 0.5) < 0.01);
  assert.ok(table.notes.some((note) => note.includes("2,000,000")));
});
