/** Copying to the clipboard, also where the page is no secure context and the browser's own way is absent. */

import { Clipboard } from '@jupyterlab/apputils';

export async function copy(text: string): Promise<void> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
  } else {
    Clipboard.copyToSystem(text);
  }
}
