/** Pixels from 0 to 1 as a small picture. */
export function thumbnail(
  pixels: ArrayLike<number>,
  [height, width, channels]: [number, number, number],
  label = "",
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height, className: "trainer__picture" });
  canvas.setAttribute("role", label ? "img" : "presentation");
  if (label) canvas.setAttribute("aria-label", label);
  const image = new ImageData(width, height);
  for (let at = 0; at < width * height; at++) {
    for (let channel = 0; channel < 3; channel++)
      image.data[at * 4 + channel] = 255 * pixels[at * channels + (channels === 3 ? channel : 0)];
    image.data[at * 4 + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
