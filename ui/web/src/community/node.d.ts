/** The little of Node.js that the referee and the volunteers use. */
declare module "node:fs/promises" {
  export function readFile(path: string): Promise<Uint8Array>;
  export function writeFile(path: string, bytes: Uint8Array): Promise<void>;
}

declare module "node:readline" {
  export function createInterface(options: { input: unknown }): AsyncIterable<string>;
}

declare const process: {
  stdin: unknown;
  stdout: { write(text: string): void };
};
