/** "Change runtime": the environments and accelerators that there are for this person, and one choice. */

import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { DialogHeader } from '../dialog_header';
import { type ApiError, asApiError } from '../errors';
import { Failure } from '../share/messages';
import { Overlay } from '../share/overlay';
import type { Environment, RuntimeChoice, RuntimeState } from '../wire';
import type { RuntimeModel } from './model';
import { LENT, acceleratorLabel, frameworks, planWords, runtimeLabel, same } from './wording';

const TITLE_ID = 'mlabs-runtime-title';

interface Props {
  model: RuntimeModel;
  /** What is chosen beforehand; null for what the notebook asks for. */
  accelerator: string | null;
  close: () => void;
}

export function openRuntime(model: RuntimeModel, accelerator: string | null = null): void {
  const body = ReactWidget.create(
    <ChangeRuntime model={model} accelerator={accelerator} close={() => overlay.dispose()} />
  );
  const overlay = new Overlay(body, TITLE_ID);
  overlay.open();
}

function ChangeRuntime({ model, accelerator, close }: Props): JSX.Element {
  const [loaded, setLoaded] = React.useState(false);
  React.useEffect(() => {
    void model.look().then(() => setLoaded(true));
  }, [model]);
  return (
    <>
      <DialogHeader id={TITLE_ID} title="Change runtime type" close={close} />
      {!loaded && (
        <div className="mlabs-Dialog-body" role="status">
          Asking MLabs what there is…
        </div>
      )}
      {loaded && model.state?.environments.length === 0 && <Nothing />}
      {loaded && model.state && model.state.environments.length > 0 && (
        <Choose model={model} state={model.state} accelerator={accelerator} close={close} />
      )}
      {loaded && !model.state && <Nothing />}
    </>
  );
}

function Nothing(): JSX.Element {
  return (
    <div className="mlabs-Dialog-body" role="alert">
      MLabs does not answer now, so there is nothing to choose from. Close this and try again in a minute.
    </div>
  );
}

function Choose({ model, state, accelerator, close }: Props & { state: RuntimeState }): JSX.Element {
  const [choice, setChoice] = React.useState<RuntimeChoice>(() => possible(state, accelerator));
  const [error, setError] = React.useState<ApiError | null>(null);
  const [busy, setBusy] = React.useState(false);
  const restarts = state.lab !== null && !same(choice, state.running);
  const onSubmit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await model.change(choice);
      close();
      if (restarts) {
        await model.restart();
      }
    } catch (reason) {
      setError(asApiError(reason));
      setBusy(false);
    }
  };
  const chosen = state.environments.find(environment => environment.name === choice.environment);
  return (
    <form aria-busy={busy} onSubmit={event => void onSubmit(event)}>
      <div className="mlabs-Dialog-body">
        {error && <Failure error={error} />}
        <p>
          This notebook runs in <strong>{runtimeLabel(state.running, state.environments)}</strong>.
          {state.problem && ` ${state.problem}`}
        </p>
        <Environments state={state} choice={choice} disabled={busy} onChange={setChoice} />
        {chosen && (
          <Accelerators
            environment={chosen}
            waits={state.waits}
            choice={choice}
            disabled={busy}
            onChange={setChoice}
          />
        )}
        {choice.accelerator === 'community' && <p className="mlabs-Plan">{LENT}</p>}
        {planWords(state.allowance, choice.accelerator).map(words => (
          <p key={words} className="mlabs-Plan">
            {words}
          </p>
        ))}
      </div>
      <div className="mlabs-Dialog-footer">
        <span className="mlabs-Dialog-progress" role="status">
          {busy ? 'Saving and changing…' : consequence(state, restarts)}
        </span>
        <button type="button" className="mlabs-Button" onClick={close}>
          Close
        </button>
        <button type="submit" className="mlabs-Button mlabs-mod-accent" disabled={busy}>
          {restarts ? 'Change and restart' : 'Change'}
        </button>
      </div>
    </form>
  );
}

/** What the notebook asks for, where that can be had, else what runs; on `preset`, where it can be had. */
function possible(state: RuntimeState, preset: string | null): RuntimeChoice {
  const { environment, accelerator } = state.problem === null ? state.wanted : state.running;
  const known = state.environments.find(each => each.name === environment);
  const fits = preset !== null && known?.accelerators.includes(preset);
  return { environment, accelerator: fits ? preset : accelerator };
}

function consequence(state: RuntimeState, restarts: boolean): string {
  if (restarts) {
    return 'It restarts there. Files are kept, variables are lost.';
  }
  return state.lab === null ? 'It is no lab yet: it runs there once it is shared.' : '';
}

interface Choice {
  choice: RuntimeChoice;
  disabled: boolean;
  onChange: (choice: RuntimeChoice) => void;
}

function Environments(props: Choice & { state: RuntimeState }): JSX.Element {
  const { state, choice, disabled, onChange } = props;
  const choose = ({ name, accelerators }: Environment): void => {
    const accelerator = accelerators.includes(choice.accelerator) ? choice.accelerator : 'none';
    onChange({ environment: name, accelerator });
  };
  return (
    <fieldset className="mlabs-Choices mlabs-Environments" disabled={disabled}>
      <legend>Environment</legend>
      {state.environments.map(environment => (
        <label
          key={environment.name}
          data-checked={environment.name === choice.environment}
          data-available={environment.available}
        >
          <input
            type="radio"
            name="mlabs-environment"
            checked={environment.name === choice.environment}
            disabled={!environment.available}
            onChange={() => choose(environment)}
          />
          <span>
            <strong>{environment.title}</strong>
            <span>{frameworks(environment) || environment.description}</span>
            {!environment.available && <span>Not here: {environment.reason}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function Accelerators(
  props: Choice & { environment: Environment; waits: Record<string, string> }
): JSX.Element {
  const { environment, waits, choice, disabled, onChange } = props;
  return (
    <fieldset className="mlabs-Choices mlabs-Accelerators" disabled={disabled}>
      <legend>Accelerator</legend>
      {environment.accelerators.map(accelerator => (
        <label key={accelerator} data-checked={accelerator === choice.accelerator}>
          <input
            type="radio"
            name="mlabs-accelerator"
            checked={accelerator === choice.accelerator}
            onChange={() => onChange({ ...choice, accelerator })}
          />
          <span>
            {acceleratorLabel(accelerator)}
            {waits[accelerator] !== undefined && <span>{waits[accelerator]}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
