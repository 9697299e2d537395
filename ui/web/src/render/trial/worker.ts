/** Runs a model in a worker: one that takes long does not hold up the page, and can be stopped. */
import type { Files, Numbers, Said, Task } from "./protocol";

const scope = globalThis as any;
let model: any;

/** The model in memory; TensorFlow.js loads it as it would from a server. */
async function load(tf: any, { model: json, groups }: Files): Promise<void> {
  const whole = new Uint8Array(groups.reduce((size, group) => size + group.byteLength, 0));
  let at = 0;
  for (const group of groups) {
    whole.set(new Uint8Array(group), at);
    at += group.byteLength;
  }
  const artifacts = {
    ...json,
    weightSpecs: json.weightsManifest.flatMap((group: any) => group.weights),
    weightData: whole.buffer,
  };
  const graph = json.format === "graph-model" || "node" in json.modelTopology;
  model = await (graph ? tf.loadGraphModel : tf.loadLayersModel)(tf.io.fromMemory(artifacts));
}

async function predict(tf: any, inputs: Numbers[], dtypes: string[]): Promise<Numbers[]> {
  const tensors = inputs.map(({ values, shape }, index) => tf.tensor(values, shape, dtypes[index]));
  const given = tensors.length === 1 ? tensors[0] : tensors;
  const made = await (model.executeAsync ? model.executeAsync(given) : model.predict(given));
  const outputs = [made].flat();
  const names: string[] = model.outputNames ?? outputs.map(() => "output");
  return Promise.all(
    outputs.map(async (output: any, index) => ({
      name: names[index] ?? "output",
      shape: output.shape,
      values: [...(await output.data())].map(Number),
    })),
  );
}

async function work(task: Task): Promise<Said> {
  if ("load" in task) {
    scope.importScripts(task.from);
    await load(scope.mlabsTf, task.load);
    return { ready: true };
  }
  const began = performance.now();
  const outputs = await predict(scope.mlabsTf, task.predict, task.dtypes);
  return { outputs, seconds: (performance.now() - began) / 1000 };
}

scope.onmessage = async ({ data }: MessageEvent<Task>): Promise<void> => {
  try {
    scope.postMessage(await work(data));
  } catch (error) {
    scope.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};
