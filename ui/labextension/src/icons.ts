/** Icons that follow the theme. */

import { LabIcon } from '@jupyterlab/ui-components';

const icon = (name: string, shapes: string): LabIcon =>
  new LabIcon({
    name: `mlabs:${name}`,
    svgstr:
      '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
      `<g class="jp-icon3" fill="#616161">${shapes}</g></svg>`
  });

export const shareIcon = icon(
  'share',
  '<path d="M12 2.5 6.6 8 8 9.4l3-3V16h2V6.4l3 3L17.4 8z"/><path d="M5 12v8.5h14V12h-2v6.5H7V12z"/>'
);

export const forkIcon = icon(
  'fork',
  '<path d="M7 2a3 3 0 0 0-1 5.83V9a4 4 0 0 0 4 4h1v3.17a3 3 0 1 0 2 0V13h1a4 4 0 0 0 4-4V7.83a3 3 0 1 0-2 ' +
    '0V9a2 2 0 0 1-2 2h-4a2 2 0 0 1-2-2V7.83A3 3 0 0 0 7 2zm0 2a1 1 0 1 1 0 2 1 1 0 0 1 0-2zm10 0a1 1 0 1 1 0 2 1' +
    ' 1 0 0 1 0-2zm-5 14a1 1 0 1 1 0 2 1 1 0 0 1 0-2z"/>'
);

export const historyIcon = icon(
  'history',
  '<path d="M13 3a9 9 0 0 0-9 9H1l3.9 3.9L9 12H6a7 7 0 1 1 2.06 4.94l-1.42 1.42A9 9 0 1 0 13 3z"/>' +
    '<path d="M12 8v5l4.25 2.52.77-1.28-3.52-2.09V8z"/>'
);

export const backgroundIcon = icon(
  'background',
  '<path d="M3 4h18v10h-2V6H5v10h6v2H3z"/><path d="m13 13 8 4.500-8 4.500z"/>'
);

export const runningIcon = icon('running', '<path d="M12 4a8 8 0 1 0 8 8h-2.5A5.5 5.5 0 1 1 12 6.5z"/>');

export const succeededIcon = icon(
  'succeeded',
  '<path d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm-1.8 14.6L5.8 12.2l1.4-1.4 3 3 6.6-6.6 1.4 1.4z"/>'
);

export const failedIcon = icon(
  'failed',
  '<path d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm4.6 13.2-1.4 1.4L12 13.4l-3.2 3.2-1.4-1.4 3.2-3.2' +
    '-3.2-3.2 1.4-1.4 3.2 3.2 3.2-3.2 1.4 1.4-3.2 3.2z"/>'
);

export const stoppedIcon = icon(
  'stopped',
  '<path d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm4 14H8V8h8z"/>'
);

export const lostIcon = icon(
  'lost',
  '<path d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm1 16h-2v-2h2zm1.9-7.2-.9.93c-.7.7-1 1.27-1 2.77h-2v' +
    '-.5c0-1.1.3-2.1 1.1-2.83l1.24-1.26c.37-.36.59-.86.59-1.41a2 2 0 0 0-4 0H8a4 4 0 1 1 6.9 2.3z"/>'
);

export const waitingIcon = icon(
  'waiting',
  '<path d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 18a8 8 0 1 1 0-16 8 8 0 0 1 0 16z"/>' +
    '<path d="M11 7v6l5 3 1-1.6-4-2.4V7z"/>'
);

export const resourcesIcon = icon(
  'resources',
  '<path d="M3 20V4h2v14h16v2z"/><path d="M7 16v-4h3v4zm4.500 0V6h3v10zm4.500 0v-7h3v7z"/>'
);
