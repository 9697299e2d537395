/** Says above a notebook that its kernel is out of reach, and what was caught up with. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import * as React from 'react';

import { HeaderWidget } from '../header';
import type { Connections } from './model';

interface Props {
  panel: NotebookPanel;
  connections: Connections;
  check: () => void;
}

function Line({ panel, connections, check }: Props): JSX.Element {
  const kernel = panel.sessionContext.session?.kernel?.id;
  const notice = connections.of(kernel);
  return (
    // There before it says something: only then is that read out.
    <div role="status">
      {notice !== null && kernel !== undefined && (
        <div className="mlabs-Bar" data-kind={notice.kind}>
          <span>{notice.text}</span>
          {notice.kind === 'away' ? (
            <button type="button" className="mlabs-Button" onClick={check}>
              Try now
            </button>
          ) : (
            <button type="button" className="mlabs-Button" onClick={() => connections.dismiss(kernel)}>
              Dismiss
            </button>
          )}
        </div>
      )}
    </div>
  );
}

export function connectionNotice(props: Props): HeaderWidget {
  const widget = new HeaderWidget(() => <Line {...props} />);
  widget.addClass('mlabs-Connection');
  return widget;
}
