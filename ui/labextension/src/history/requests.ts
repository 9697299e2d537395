/** What the History asks the user's server. */

import type { Api } from '../api';
import type { Difference, ExecutedCell, Filter, PastRun, PastRunPage, Series } from './wire';

const PAGE = 20;

export function page(api: Api, path: string, filter: Filter, cursor: string | null = null): Promise<PastRunPage> {
  return api.send<PastRunPage>('GET', 'history', { path, limit: PAGE, cursor, ...filter });
}

/** The curves of these runs; those of ended ones are remembered by the server. */
export async function series(api: Api, runs: PastRun[]): Promise<Record<string, Series[]>> {
  const query = new URLSearchParams();
  for (const run of runs) {
    query.append(run.duration === null ? 'run' : 'ended', run.id);
  }
  const answer = await api.send<{ series: Record<string, Series[]> }>('GET', `history/series?${query}`, {});
  return answer.series;
}

export async function executed(api: Api, run: string): Promise<ExecutedCell[]> {
  const notebook = await api.send<{ cells: ExecutedCell[] }>('GET', 'history/notebook', { run });
  return notebook.cells;
}

export function compareRuns(api: Api, path: string, a: string, b: string): Promise<Difference> {
  return api.send<Difference>('GET', 'history/compare', { path, a, b });
}

/** With the notebook as it is in this tab, saved or not. */
export function compareWithNow(api: Api, run: string, notebook: object): Promise<Difference> {
  return api.send<Difference>('POST', 'history/compare', {}, { run, notebook });
}

export function again(api: Api, path: string, run: string): Promise<PastRun> {
  return api.send<PastRun>('POST', 'history/again', {}, { path, run });
}
