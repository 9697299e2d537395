/** The Share dialog: publish and update, an embed with its preview, and who has access. */

import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { DialogHeader } from '../dialog_header';
import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import { useActions } from './actions';
import { DEFAULTS, type EmbedOptions } from './embed_options';
import { EmbedPanel } from './embed_panel';
import { Footer } from './footer';
import { useGuard } from './guarding';
import { Overlay } from './overlay';
import { PeoplePanel } from './people_panel';
import { PublishPanel } from './publish_panel';
import { Published } from './published';
import { panelOf, type Tab, Tabs } from './tabs';

const TITLE_ID = 'mlabs-share-title';
const TABS_ID = 'mlabs-share';

type Name = 'publish' | 'embed' | 'people';

const TABS: Tab<Name>[] = [
  { name: 'publish', label: 'Publish' },
  { name: 'embed', label: 'Embed' },
  { name: 'people', label: 'People' }
];

interface Props {
  labs: ILabs;
  state: LabState;
  close: () => void;
}

/** Open the dialog for the notebook of `state`. */
export function openShare(labs: ILabs, state: LabState): void {
  const body = ReactWidget.create(<Share labs={labs} state={state} close={() => overlay.dispose()} />);
  const overlay = new Overlay(body, TITLE_ID);
  overlay.addClass('mlabs-mod-wide');
  overlay.open();
}

function Share(props: Props): JSX.Element {
  const { state, close } = props;
  const [loaded, setLoaded] = React.useState(false);
  React.useEffect(() => {
    void state.ready.then(() => state.refresh()).then(() => setLoaded(true));
  }, [state]);
  return (
    <>
      <DialogHeader id={TITLE_ID} title="Share this notebook" close={close} />
      {loaded ? <Content {...props} /> : <Loading />}
    </>
  );
}

function Loading(): JSX.Element {
  return (
    <div className="mlabs-Dialog-body" role="status">
      Asking MLabs about this notebook…
    </div>
  );
}

function Content({ labs, state, close }: Props): JSX.Element {
  const guard = useGuard(labs, state);
  const actions = useActions(labs, state, guard);
  const [said, say] = useSaid();
  const [tab, setTab] = React.useState<Name>('publish');
  const [options, setOptions] = React.useState<EmbedOptions>(DEFAULTS);
  const [asked, askVisibility] = useVisibility(actions.again, () => setTab('publish'));
  const lab = state.lab !== null && state.lab.version > 0 ? state.lab : null;
  const common = { labs, state, say, changeVisibility: askVisibility };
  return (
    <div className="mlabs-Share" ref={asked}>
      {lab && (
        <>
          <Published origin={labs.origin} state={state} lab={lab} say={say} />
          <Tabs id={TABS_ID} label="Share" tabs={TABS} current={tab} onChange={setTab} />
        </>
      )}
      {tab === 'publish' || lab === null ? (
        <PublishPanel
          {...{ state, guard, actions, lab, said, close }}
          panel={lab ? panelOf(TABS_ID, 'publish') : {}}
        />
      ) : (
        <>
          <div className="mlabs-Dialog-body" key={tab} {...panelOf(TABS_ID, tab)}>
            {tab === 'embed' ? (
              <EmbedPanel
                {...common}
                lab={lab}
                options={options}
                onChange={change => setOptions(known => ({ ...known, ...change }))}
              />
            ) : (
              <PeoplePanel {...common} lab={lab} />
            )}
          </div>
          <Footer busy="" said={said} close={close} closes="Close" />
        </>
      )}
    </div>
  );
}

// Milliseconds; what is said twice is heard twice.
const HEARD = 4000;

/** What is said to those who do not see what happened, for a while. */
function useSaid(): [said: string, say: (text: string) => void] {
  const [said, setSaid] = React.useState('');
  const timer = React.useRef(0);
  const say = React.useCallback((text: string) => {
    window.clearTimeout(timer.current);
    setSaid(text);
    timer.current = window.setTimeout(() => setSaid(''), HEARD);
  }, []);
  React.useEffect(() => () => window.clearTimeout(timer.current), []);
  return [said, say];
}

/** Leads from other tabs to the choice of who can see the lab. */
function useVisibility(again: () => void, open: () => void): [React.RefObject<HTMLDivElement>, () => void] {
  const content = React.useRef<HTMLDivElement>(null);
  const [wanted, want] = React.useState(false);
  React.useEffect(() => {
    const choice = content.current?.querySelector<HTMLElement>('.mlabs-Choices input:checked');
    if (wanted && choice) {
      want(false);
      choice.focus();
    }
  });
  const ask = (): void => {
    again();
    want(true);
    open();
  };
  return [content, ask];
}
