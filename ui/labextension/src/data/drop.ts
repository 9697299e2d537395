/** Files and folders that are dropped onto the panel. */

import { sourceOf } from './parcels';
import type { Source } from './sender';

/** More than this is asked to come as one archive. */
export const MOST_FILES = 2000;

export const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** All files, those of folders with their paths. Entries are asked for at once: after a tick they are gone. */
export async function dropped(event: DragEvent): Promise<Source[]> {
  const items = [...(event.dataTransfer?.items ?? [])].filter(item => item.kind === 'file');
  const reading = items.map(item => {
    const entry = item.webkitGetAsEntry();
    const file = entry === null ? item.getAsFile() : null;
    return entry === null ? Promise.resolve(file === null ? [] : [sourceOf(file)]) : read(entry);
  });
  return (await Promise.all(reading)).flat();
}

async function read(entry: FileSystemEntry): Promise<Source[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
    return [sourceOf(file, entry.fullPath.replace(/^\//, ''))];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Source[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0 || found.length > MOST_FILES) {
      return found;
    }
    found.push(...(await Promise.all(some.map(read))).flat());
  }
}
