// Pictures to a model's numbers and back.

export interface PictureSize {
  height: number;
  width: number;
  channels: number;
}

// [height, width] or [height, width, channels] with 1 or 3 channels; null for what is no picture.
export function pictureSize(shape: number[]): PictureSize | null {
  const [height, width, channels = 1] = shape;
  if (height === undefined || width === undefined || shape.length > 3) return null;
  if (height < 4 || width < 4 || height > 4096 || width > 4096 || (channels !== 1 && channels !== 3)) return null;
  return { height, width, channels };
}

// RGBA to the model's numbers; grey as the eye sees it, where the model takes one channel.
export function fromRgba(data: ArrayLike<number>, channels: number): number[] {
  const out: number[] = [];
  for (let i = 0; i + 3 < data.length; i += 4) {
    const r = data[i] ?? 0;
    const g = data[i + 1] ?? 0;
    const b = data[i + 2] ?? 0;
    if (channels === 1) out.push(Math.round(0.299 * r + 0.587 * g + 0.114 * b));
    else out.push(r, g, b);
  }
  return out;
}

export function toRgba(data: ArrayLike<number>, channels: number): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray((4 * data.length) / channels);
  for (let i = 0; i < out.length / 4; i++) {
    for (let c = 0; c < 3; c++) out[4 * i + c] = data[i * channels + (channels === 1 ? 0 : c)] ?? 0;
    out[4 * i + 3] = 255;
  }
  return out;
}
