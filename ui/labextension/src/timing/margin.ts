/** Writes into the margin of a notebook's cells how long each took. Nothing of it is in the notebook's file. */

import type { Cell, CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';

import { Executions } from './executions';
import { label, recorded, sentence, type Timing } from './words';

const SHOWN = 'mlabs-mod-cellTimes';
/** Milliseconds between two readings of the clock while a cell runs. */
const TICK = 1000;
const GONE: readonly Kernel.Status[] = ['restarting', 'autorestarting', 'terminating', 'dead'];

export class Margin {
  private readonly executions = new Executions(request => this.cellOf(request));
  private readonly timings = new Map<string, Timing>();
  private timer = 0;
  private shown = false;

  constructor(private readonly panel: NotebookPanel) {
    const { sessionContext } = panel;
    sessionContext.iopubMessage.connect((_, message) => {
      const news = this.executions.take(message);
      if (news !== null) {
        this.timings.set(news.cell, news.timing);
        this.write(news.cell);
        this.tick();
      }
    });
    sessionContext.statusChanged.connect((_, status) => {
      if (GONE.includes(status)) {
        this.executions.end().forEach(cell => this.forget(cell));
      }
    });
    void panel.context.ready.then(() => {
      panel.content.model?.cells.changed.connect(() => this.writeAll());
      this.writeAll();
    });
    panel.disposed.connect(() => window.clearTimeout(this.timer));
  }

  show(shown: boolean): void {
    this.shown = shown;
    this.panel.content.toggleClass(SHOWN, shown);
    this.writeAll();
  }

  private cellOf(request: string): string | null {
    const asked = (cell: Cell): boolean =>
      cell.model.type === 'code' && (cell as CodeCell).outputArea?.future?.msg.header.msg_id === request;
    return this.panel.content.widgets.find(asked)?.model.id ?? null;
  }

  private tick(): void {
    window.clearTimeout(this.timer);
    const running = this.executions.running();
    if (running.size > 0) {
      this.timer = window.setTimeout(() => this.count(), TICK);
    }
  }

  private count(): void {
    for (const [cell, timing] of this.executions.running()) {
      this.timings.set(cell, timing);
      if (!document.hidden) {
        this.write(cell);
      }
    }
    this.tick();
  }

  private forget(id: string): void {
    this.timings.delete(id);
    this.widget(id)?.node.querySelector(':scope > .mlabs-CellTime')?.remove();
  }

  private writeAll(): void {
    if (this.shown) {
      this.panel.content.widgets.forEach(cell => this.writeInto(cell));
    }
  }

  private write(id: string): void {
    const cell = this.widget(id);
    if (cell && this.shown) {
      this.writeInto(cell);
    }
  }

  private widget(id: string): Cell | undefined {
    return this.panel.content.widgets.find(cell => cell.model.id === id);
  }

  private writeInto(cell: Cell): void {
    const timing = this.timings.get(cell.model.id) ?? known(cell);
    if (timing === null) {
      return;
    }
    let mark = cell.node.querySelector<HTMLElement>(':scope > .mlabs-CellTime');
    if (mark === null) {
      mark = document.createElement('div');
      mark.className = 'mlabs-CellTime';
      mark.append(document.createElement('span'), document.createElement('span'));
      mark.firstElementChild?.setAttribute('aria-hidden', 'true');
      mark.lastElementChild?.classList.add('mlabs-Hidden');
      cell.node.append(mark);
    }
    const now = Date.now();
    mark.dataset.kind = timing.ended === null ? 'running' : timing.failed ? 'failed' : 'succeeded';
    fill(mark.firstElementChild, label(timing, now));
    fill(mark.lastElementChild, sentence(timing, now));
  }
}

/** What was recorded when the cell ran elsewhere, where the setting of JupyterLab is on, or in the background. */
function known(cell: Cell): Timing | null {
  if (cell.model.type !== 'code') {
    return null;
  }
  const { outputs } = (cell as CodeCell).model;
  let failed = false;
  for (let at = 0; at < outputs.length; at += 1) {
    failed ||= outputs.get(at).type === 'error';
  }
  return recorded(cell.model.getMetadata('execution'), failed);
}

function fill(element: Element | null, text: string): void {
  if (element !== null && element.textContent !== text) {
    element.textContent = text;
  }
}
