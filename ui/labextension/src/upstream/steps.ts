/** The fewest steps that take the cells of an open notebook to those of a merge: what is the same is not touched. */

export type Step = { delete: number } | { insert: number; cell: unknown };

/** `old` and `next` are cells as JSON. Places are those at the time of each step. */
export function steps(old: readonly unknown[], next: readonly unknown[]): Step[] {
  const bare = old.some(cell => !('id' in (cell as object)));
  const now = old.map(cell => key(cell, bare));
  const wanted = next.map(cell => key(cell, bare));
  const left = count(wanted);
  const found: Step[] = [];
  const take = (at: number): void => {
    now.splice(at, 1);
    found.push({ delete: at });
  };
  wanted.forEach((word, at) => {
    while (now[at] !== undefined && now[at] !== word && (!left.get(now[at]) || now[at + 1] === word)) {
      take(at);
    }
    if (now[at] !== word) {
      const later = now.indexOf(word, at + 1);
      if (later >= 0) {
        take(later);
      }
      now.splice(at, 0, word);
      found.push({ insert: at, cell: next[at] });
    }
    left.set(word, (left.get(word) ?? 0) - 1);
  });
  while (now.length > wanted.length) {
    take(now.length - 1);
  }
  return found;
}

function count(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** What a cell is and says, however its lines are written. Before nbformat 4.5 an id says nothing. */
function key(cell: unknown, bare: boolean): string {
  const { id, ...rest } = cell as Record<string, unknown>;
  return JSON.stringify(plain(bare ? rest : { id, ...rest }));
}

/** The same value for the same content: fields in order, lines joined. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.length > 0 && value.every(item => typeof item === 'string') ? value.join('') : value.map(plain);
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    const sorted = fields.sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(sorted.map(([name, field]) => [name, empty(field) ? '' : plain(field)]));
  }
  return value;
}

/** No lines are written as an empty list, or as an empty text. */
function empty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
