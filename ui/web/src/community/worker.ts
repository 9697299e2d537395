/** The worker of a lent tab: it trains what the tab hands it, and talks to nobody else. */
import { served, type Asked, type Said } from "./slicer.ts";

declare const self: {
  onmessage: (event: MessageEvent<Asked>) => void;
  postMessage(said: Said, given: ArrayBuffer[]): void;
};

const answer = served((said, given = []) => self.postMessage(said, given));

self.onmessage = ({ data }) => void answer(data);
