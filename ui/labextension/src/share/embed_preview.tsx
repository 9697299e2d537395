/** The embed as readers get it: the page itself, in a frame. */

import * as React from 'react';

interface Props {
  address: string;
  title: string;
  /** In pixels; null for what its content takes. */
  height: number | null;
}

// Until the page has told its height.
const FIRST = 320;
const HIGHEST = 10_000;
// What the page holds of a notebook is in a sandbox without an origin of its own accord; the page around it needs its
// origin to show that, and to follow a run. It can still not lead this tab elsewhere, ask in a dialog or send forms.
const SANDBOX = 'allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox';

export function EmbedPreview({ address, title, height }: Props): JSX.Element {
  const frame = React.useRef<HTMLIFrameElement>(null);
  const [loaded, setLoaded] = React.useState('');
  const [told, setTold] = React.useState(FIRST);
  React.useEffect(() => {
    const onMessage = ({ source, data }: MessageEvent): void => {
      const wanted = Number(data?.height);
      if (source === frame.current?.contentWindow && data?.context === 'iframe.resize' && wanted > 0) {
        setTold(Math.min(HIGHEST, Math.ceil(wanted)));
      }
    };
    window.addEventListener('message', onMessage);
    return () => window.removeEventListener('message', onMessage);
  }, []);
  // One frame for each address: another address in the same frame would be a step back in the history of the tab.
  return (
    <div
      className="mlabs-Preview-frame"
      role="group"
      aria-label="Preview, which scrolls"
      aria-busy={loaded !== address}
      tabIndex={0}
    >
      <iframe
        key={address}
        ref={frame}
        src={address}
        title={`Preview of ${title}`}
        sandbox={SANDBOX}
        allow="clipboard-write"
        height={height ?? told}
        onLoad={() => setLoaded(address)}
      />
    </div>
  );
}
