/** A small RequireJS: outputs made for Jupyter expect one. It knows Plotly; other modules would come from elsewhere. */
import { load } from "./load";

async function module(name: string): Promise<unknown> {
  if (!/^plotly/i.test(name)) throw new Error(`${name} is not loaded from elsewhere`);
  await load("plotly");
  return (window as any).Plotly;
}

export function offerRequire(): void {
  const require = (names: string[] | string, done?: (...modules: unknown[]) => void, failed?: (error: Error) => void) => {
    Promise.all([names].flat().map(module)).then(
      (modules) => done?.(...modules),
      (error) => failed?.(error),
    );
  };
  const quiet = { config: () => require, undef: () => undefined, defined: () => false, specified: () => false };
  const shown = Object.assign(require, quiet);
  (window as any).require ??= shown;
  (window as any).requirejs ??= shown;
}
