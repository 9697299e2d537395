/** A notebook and its cells, as nbformat 4.5 has them. */
export interface Cell {
  id: string;
  cell_type: "markdown" | "code";
  metadata: Record<string, unknown>;
  source: string;
  outputs?: unknown[];
  execution_count?: null;
}

export interface Notebook {
  nbformat: 4;
  nbformat_minor: 5;
  metadata: Record<string, unknown>;
  cells: Cell[];
}

export function words(id: string, source: string): Cell {
  return { id, cell_type: "markdown", metadata: {}, source };
}

export function code(id: string, source: string): Cell {
  return { id, cell_type: "code", metadata: {}, source: source.trim(), outputs: [], execution_count: null };
}

/** Code that is too long to be looked at: it is folded. */
export function folded(id: string, source: string): Cell {
  return { ...code(id, source), metadata: { jupyter: { source_hidden: true } } };
}
