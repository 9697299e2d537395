/** Python's ways to write down values. */
export const WIDTH = 100;

/** A string; what JSON escapes is the same in Python. */
export function text(value: string): string {
  return JSON.stringify(value);
}

export function list(values: string[], before = 0): string {
  const items = values.map(text);
  const line = `[${items.join(", ")}]`;
  return line.length + before <= WIDTH ? line : `[\n${filled(items)}\n]`;
}

/** Items in as few lines as they need. */
function filled(items: string[]): string {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + item.length + 2 <= WIDTH) lines[lines.length - 1] = `${last} ${item},`;
    else lines.push(`    ${item},`);
  }
  return lines.join("\n");
}

/** A text of many lines. */
export function long(value: string): string {
  const safe = value.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"').replaceAll("\r", "\\r");
  return `"""\\\n${safe}"""`;
}

/** The text that `long` wrote, as it stands somewhere in `source`; null where there is none. */
export function unlong(source: string): string | null {
  const found = source.match(/"""\\\n([\s\S]*)"""/);
  return found && found[1].replace(/\\(.)/g, (_, escaped: string) => (escaped === "r" ? "\r" : escaped));
}
