// One picture of a data set or a model's input, from its numbers.
import { useEffect, useRef } from "preact/hooks";
import { type PictureSize, toRgba } from "../lib/pixels";

export function Picture({ data, size }: { data: number[]; size: PictureSize }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const ink = ref.current?.getContext("2d");
    ink?.putImageData(new ImageData(toRgba(data, size.channels), size.width, size.height), 0, 0);
  }, [data, size]);
  return <canvas ref={ref} class="picture" width={size.width} height={size.height} />;
}
