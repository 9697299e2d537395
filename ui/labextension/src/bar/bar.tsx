/** The bar of a lab, above its notebook: what it is, where it runs, and what to do with it. */

import { PathExt } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { CommandRegistry } from '@lumino/commands';
import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

import { HeaderWidget } from '../header';
import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import type { ILimits } from '../limits/plugin';
import { absolute } from '../links';
import { RuntimeChip } from '../runtime/chip';
import type { RuntimeModel } from '../runtime/model';
import { StateChip } from '../state_chip';
import { COMMAND } from '../tokens';
import { WatchingChip } from '../watching/chip';
import type { WatchingModel } from '../watching/model';
import type { Lab, Visibility } from '../wire';
import { VISIBILITIES } from '../wording';
import { rename, show } from './actions';
import { Title } from './title';
import { hoursLeft, stopsIn } from './wording';

export interface Sources {
  panel: NotebookPanel;
  labs: ILabs;
  state: LabState;
  runtime: RuntimeModel;
  watching: WatchingModel;
  limits: ILimits;
  commands: CommandRegistry;
}

export function labBar(sources: Sources): HeaderWidget {
  const widget = new HeaderWidget(() => <LabBar {...sources} />);
  widget.addClass('mlabs-LabBar-widget');
  return widget;
}

function LabBar(sources: Sources): JSX.Element {
  const { panel, state, runtime, watching, limits } = sources;
  useSignals([state.changed, runtime.changed, watching.changed, limits.changed, panel.context.pathChanged]);
  const run = (command: string) => () => {
    // The commands are about the current notebook, which this may not be.
    panel.activate();
    void sources.commands.execute(command);
  };
  return (
    <section className="mlabs-LabBar" aria-label="This lab">
      <div className="mlabs-LabBar-what">
        <What {...sources} />
        <StateChip state={state} onClick={run(COMMAND.share)} />
        {state.lab !== null && state.lab.version > 0 && <Visible {...sources} lab={state.lab} />}
        <WatchingChip model={watching} origin={sources.labs.origin} />
      </div>
      <div className="mlabs-LabBar-where">
        <RuntimeChip model={runtime} onClick={run(COMMAND.runtime)} />
        <Left {...sources} />
      </div>
      <div className="mlabs-LabBar-do">
        <button type="button" className="mlabs-Button" title="Run all cells on a server of their own" onClick={run(COMMAND.background)}>
          Run all in background
        </button>
        {state.source !== null && (
          <button type="button" className="mlabs-Button" title="Make a lab of your own from this one" onClick={run(COMMAND.fork)}>
            Fork
          </button>
        )}
        <button type="button" className="mlabs-Button mlabs-mod-accent" onClick={run(COMMAND.share)}>
          Share
        </button>
      </div>
    </section>
  );
}

/** Title, owner, and where it comes from. */
function What({ panel, labs, state }: Sources): JSX.Element {
  const { lab } = state;
  const title = lab?.title ?? PathExt.basename(panel.context.localPath, '.ipynb');
  const origin = lab?.forked_from?.lab ?? null;
  return (
    <>
      <Title title={title} rename={lab === null ? null : text => rename(labs, state, text)} />
      {lab !== null && (
        <span className="mlabs-LabBar-from">
          <a href={absolute(lab.url, labs.origin)} target="_blank" rel="noopener" title="Open the lab's page">
            @{lab.owner}
          </a>
          {origin !== null && (
            <>
              {', forked from '}
              <a href={absolute(pageOf(lab, origin), labs.origin)} target="_blank" rel="noopener">
                @{origin}
              </a>
            </>
          )}
        </span>
      )}
    </>
  );
}

function Visible({ labs, state, lab }: Sources & { lab: Lab }): JSX.Element {
  return (
    <select
      className="mlabs-LabBar-visible"
      aria-label="Who sees this lab"
      title={VISIBILITIES.find(({ value }) => value === lab.visibility)?.sentence}
      value={lab.visibility}
      onChange={event => void show(labs, state, lab, event.target.value as Visibility)}
    >
      {VISIBILITIES.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

/** What is left: of the plan, and of this server's time. */
function Left({ runtime, limits }: Sources): JSX.Element {
  const known = runtime.state;
  const hours = known && hoursLeft(known.allowance, known.running.accelerator);
  const stops = stopsIn(limits.left());
  return (
    <>
      {hours !== null && <span title={`Of the plan “${known?.allowance?.plan}”, this month`}>{hours}</span>}
      {stops !== null && (
        <span className="mlabs-LabBar-stops" title={limits.reason ?? ''}>
          {stops}
        </span>
      )}
    </>
  );
}

/** The page of another lab beside this one's. */
function pageOf(lab: Lab, other: string): string {
  return lab.url.replace(/@[^@]*$/, `@${other}`);
}

function useSignals(signals: ISignal<unknown, unknown>[]): void {
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const onChange = (): void => redraw();
    signals.forEach(signal => signal.connect(onChange));
    return () => signals.forEach(signal => void signal.disconnect(onChange));
    // They are those of one panel, for as long as it is there.
  }, []);
}
