/** Asks again and again, as long as somebody looks: a hidden tab waits until it is seen again. */

/** Does a work at once and every so many milliseconds; what it returns ends that. */
export function polled(work: () => Promise<void>, every: number): () => void {
  let [timer, ended, busy] = [0, false, false];
  const again = async (): Promise<void> => {
    window.clearTimeout(timer);
    if (ended || busy || document.hidden) return;
    busy = true;
    try {
      await work();
    } finally {
      busy = false;
      if (!ended) timer = window.setTimeout(() => void again(), every);
    }
  };
  const seen = (): void => void again();
  document.addEventListener("visibilitychange", seen);
  void again();
  return () => {
    ended = true;
    window.clearTimeout(timer);
    document.removeEventListener("visibilitychange", seen);
  };
}
