/** The little of Node.js that the referee and the volunteers use. */
declare module "node:fs/promises" {
  export function readFile(path: string): Promise<Uint8Array>;
  export function writeFile(path: string, bytes: Uint8Array): Promise<void>;
}

declare module "node:os" {
  export const constants: { priority: { PRIORITY_LOW: number } };
  export function setPriority(priority: number): void;
}

declare module "node:readline" {
  export function createInterface(options: { input: unknown }): AsyncIterable<string>;
}

declare module "node:worker_threads" {
  interface Port {
    postMessage(message: unknown, given?: ArrayBuffer[]): void;
    on(event: "message", heard: (message: never) => void): void;
  }
  export class Worker implements Port {
    constructor(script: URL);
    postMessage(message: unknown, given?: ArrayBuffer[]): void;
    on(event: "message", heard: (message: never) => void): void;
    on(event: "error", heard: (error: Error) => void): void;
    terminate(): Promise<number>;
  }
  export const isMainThread: boolean;
  export const parentPort: Port | null;
}

declare const process: {
  stdin: unknown;
  stdout: { write(text: string): void };
  env: Record<string, string | undefined>;
  exit(code?: number): never;
  /** Microseconds that all its threads took. */
  cpuUsage(): { user: number; system: number };
  on(signal: "SIGINT" | "SIGTERM", heard: () => void): void;
};
