/** The lines of Python by which a notebook reads a file of a dataset or loads a model. */

import type { DataFile, FoundData, Preview, PreviewTable } from './wire';

const IMAGE = /\.(png|jpe?g|gif|webp|bmp|tiff?)$/i;
const ORDER = [/\.(csv|tsv)$/i, /\.parquet$/i, /\.(json|jsonl|ndjson)$/i, /\.xlsx$/i, /\.np[yz]$/i, IMAGE];

/** The file that a dataset is mostly about: a table where there is one. */
export function mainFile(files: DataFile[]): DataFile | null {
  for (const kind of ORDER) {
    const found = files.find(file => kind.test(file.path));
    if (found !== undefined) {
      return found;
    }
  }
  return files[0] ?? null;
}

export const isTable = (path: string): boolean => /\.(csv|tsv)$/i.test(path);
export const isImage = (path: string): boolean => IMAGE.test(path);

/** Python's own way to write a text. */
export function quoted(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n').replace(/\t/g, '\\t')}"`;
}

/** What reads one file; `place` is where the dataset is, `preview` what is known of the file. */
export function readsFile(place: string, path: string, preview: Preview | null): string {
  const file = quoted(`${place}/${path}`);
  const ending = (/\.[^./]+$/.exec(path)?.[0] ?? '').toLowerCase();
  switch (ending) {
    case '.csv':
    case '.tsv':
      return table(`pd.read_csv(${file}${reading(ending, preview?.table ?? null)})`);
    case '.parquet':
      return table(`pd.read_parquet(${file})`);
    case '.xlsx':
      return table(`pd.read_excel(${file})`);
    case '.jsonl':
    case '.ndjson':
      return table(`pd.read_json(${file}, lines=True)`);
    case '.json':
      return `import json\n\nwith open(${file}) as file:\n    data = json.load(file)`;
    case '.npy':
    case '.npz':
      return `import numpy as np\n\ndata = np.load(${file})`;
  }
  if (isImage(path)) {
    return images(place, path);
  }
  if (preview?.kind === 'text') {
    return `with open(${file}) as file:\n    text = file.read()`;
  }
  return `with open(${file}, "rb") as file:\n    data = file.read()`;
}

const table = (call: string): string => `import pandas as pd\n\ntable = ${call}\ntable.head()`;

/** All images of that ending: one alone is seldom what a dataset of images is for. */
function images(place: string, path: string): string {
  const ending = path.slice(path.lastIndexOf('.'));
  return [
    'from pathlib import Path',
    '',
    `images = sorted(Path(${quoted(place)}).rglob(${quoted(`*${ending}`)}))`,
    'print(len(images), "images")'
  ].join('\n');
}

/** What reading a table takes, where it is not like most. */
function reading(ending: string, known: PreviewTable | null): string {
  const said: string[] = [];
  const separator = known?.separator ?? (ending === '.tsv' ? '\t' : ',');
  if (separator !== ',') {
    said.push(`sep=${quoted(separator)}`);
  }
  if (known !== null && known.encoding !== 'utf-8' && known.encoding !== 'utf-8-sig') {
    said.push(`encoding=${quoted(known.encoding)}`);
  }
  if (known !== null && !known.header) {
    said.push('header=None');
  }
  return said.map(each => `, ${each}`).join('');
}

/** What gets a model's file; a server knows the service, and has a token for what is not public. */
export function loadsModel(model: FoundData): string {
  return [
    'import json, os',
    'from urllib.request import Request, urlopen',
    '',
    `# ${model.title.replace(/\s+/g, ' ')}: version ${model.version} of ${model.reference}, as TensorFlow.js loads it.`,
    `url = os.environ["MLABS_SERVICE_URL"] + ${quoted(`models/${model.reference}/${model.version}/model.json`)}`,
    'headers = {"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]}',
    'with urlopen(Request(url, headers=headers)) as answer:',
    '    model = json.load(answer)',
    'model["modelTopology"].keys()'
  ].join('\n');
}
