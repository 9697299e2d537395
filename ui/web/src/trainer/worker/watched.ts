/** The same network with what each of its layers says as its outputs. */
import { model, type LayersModel, type SymbolicTensor } from "@tensorflow/tfjs-layers";

/** Nothing where a layer has several outputs, or stands in several places. */
function outputOf(layer: LayersModel["layers"][number]): SymbolicTensor[] {
  try {
    return layer.getClassName() === "InputLayer" || Array.isArray(layer.output) ? [] : [layer.output];
  } catch {
    return [];
  }
}

export function watched(network: LayersModel): LayersModel {
  return model({ inputs: network.inputs, outputs: network.layers.flatMap(outputOf) });
}
