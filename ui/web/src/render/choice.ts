/** Which cells an address means: ids, numbers and ranges of numbers, as the service reads them. */
export interface Cell {
  id: string;
  number: number;
}

/** For each cell whether it is meant; all of them where nothing that is there is named. */
export function chosen(names: string, cells: Cell[]): boolean[] {
  const wanted = names.split(",").map((name) => name.trim()).filter(Boolean);
  const meant = cells.map((cell) => wanted.some((name) => means(name, cell, cells)));
  return meant.some(Boolean) ? meant : cells.map(() => true);
}

function means(name: string, cell: Cell, cells: Cell[]): boolean {
  if (cells.some(({ id }) => id === name)) return cell.id === name;
  const range = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(name);
  return range !== null && Number(range[1]) <= cell.number && cell.number <= Number(range[2] ?? range[1]);
}
