/** What `GET resources` answers; the same as in mlabs_ext/wire/resources.py. */

export interface ProcessUse {
  memory: number;
  cpu_seconds: number;
  processes: number;
}

export interface GpuUse {
  name: string;
  utilization: number | null;
  memory: number | null;
  memory_total: number | null;
}

export interface ResourcesNow {
  /** Seconds by the server's clock. */
  time: number;
  server: ProcessUse;
  kernel: ProcessUse | null;
  memory_limit: number;
  memory_limited: boolean;
  cpu_limit: number;
  cpu_limited: boolean;
  disk: { used: number; total: number };
  gpus: GpuUse[];
}
