/** What is said before a server is ended. */

export const STOPPING = {
  label: 'Disconnect and Delete Runtime…',
  caption: 'End this server; files and the record of runs are kept',
  title: 'Disconnect and delete this runtime?',
  body:
    'Kept: your notebooks, which are saved first, all other files, checkpoints, and the record of runs. ' +
    'Lost: variables, and whatever still runs. Runs in the background go on. ' +
    'It uses no more hours of your plan, and starts anew when you open the lab.',
  accept: 'Disconnect and delete',
  failed: 'This runtime goes on'
} as const;
