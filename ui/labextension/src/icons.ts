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

export const dataIcon = icon(
  'data',
  '<path d="M12 3c-4.400 0-8 1.300-8 3v12c0 1.700 3.600 3 8 3s8-1.300 8-3V6c0-1.700-3.600-3-8-3zm0 2c3.700 0 5.700.9 6 ' +
    '1.200-.3.4-2.300 1.300-6 1.300s-5.700-.9-6-1.300C6.300 5.900 8.300 5 12 5zM6 8.500c1.500.6 3.600 1 6 1s4.500-.4 6-1V12' +
    'c-.3.4-2.300 1.300-6 1.300S6.300 12.400 6 12zm6 10.500c-3.700 0-5.700-.9-6-1.200v-3.500c1.500.6 3.600 1 6 1s4.500-.4 6-1v3.500' +
    'c-.3.3-2.300 1.200-6 1.200z"/>'
);

export const newIcon = icon('new', '<path d="M11 4h2v7h7v2h-7v7h-2v-7H4v-2h7z"/>');

export const labIcon = icon(
  'lab',
  '<path d="M9 2h6v2h-1v5.2l5.6 9.3A2 2 0 0 1 17.900 21.500H6.100a2 2 0 0 1-1.700-3L10 9.200V4H9zm3 7.800L8.700 15.300h6.600z"/>'
);

export const importIcon = icon(
  'import',
  '<path d="M11 3h2v8.600l3-3L17.400 10 12 15.400 6.600 10 8 8.600l3 3z"/><path d="M5 16v4.500h14V16h-2v2.500H7V16z"/>'
);

export const welcomeIcon = icon(
  'welcome',
  '<path d="m12 2 2.700 6.300 6.800.6-5.100 4.500 1.500 6.700L12 16.600l-5.900 3.500 1.500-6.700-5.100-4.500 6.800-.6z"/>'
);

export const resourcesIcon = icon(
  'resources',
  '<path d="M3 20V4h2v14h16v2z"/><path d="M7 16v-4h3v4zm4.500 0V6h3v10zm4.500 0v-7h3v7z"/>'
);
