/** What is said of a connection. */

/** Milliseconds of interruption that nobody is told of. */
export const SHORT = 1_500;

export function away(since: Date): string {
  const time = since.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  return `Connection lost ${time}. What runs goes on; its outputs are kept and will appear.`;
}

export function back(outputs: number): string {
  if (outputs === 0) {
    return 'Back. Nothing was missed.';
  }
  return outputs === 1 ? 'Back. One output caught up.' : `Back. ${outputs} outputs caught up.`;
}

export function over(): string {
  return (
    'The connection could not be taken up again: the kernel or its server has ended meanwhile, or you were ' +
    'signed out. Reload this page to go on. What was shown until then is in the record of the run: see History.'
  );
}
