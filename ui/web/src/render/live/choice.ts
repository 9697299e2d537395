/** Which cells of a run are shown and what of them: the same words in the address as for the finished document. */
const RANGE = /^(\d{1,9})(?:-(\d{1,9}))?$/;

export class Choice {
  private names: string[];
  private show: string;

  constructor(query: URLSearchParams) {
    this.names = (query.get("cells") ?? "").split(",").map((name) => name.trim()).filter(Boolean);
    this.show = query.get("show") || "all";
  }

  get code(): boolean {
    return this.show !== "output";
  }

  get outputs(): boolean {
    return this.show !== "code";
  }

  /** Whether a cell is among them, by its id or by its place among those that were executed, from 1. */
  has(id: string, place: number): boolean {
    return !this.names.length || this.names.some((name) => name === id || within(name, place));
  }
}

function within(name: string, place: number): boolean {
  const found = RANGE.exec(name);
  return !!found && Number(found[1]) <= place && place <= Number(found[2] ?? found[1]);
}
