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
    'Connected anew. What was shown in between could not be kept for this page. ' +
    'The record of the run has it: see History.'
  );
}
