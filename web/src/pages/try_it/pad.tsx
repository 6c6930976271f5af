// A picture to ask about: drawn, uploaded, or one of the data set's.
import { useEffect, useRef } from "preact/hooks";
import type { TensorInfo } from "../../api/types";
import { fromRgba, type PictureSize, toRgba } from "../../lib/pixels";
import { say } from "../../words/words";
import type { Asked } from "./asked";
import { Samples } from "./samples";

const PAD = 280;
const PEN = 18; // of the pad's 280 pixels
const PAUSE_MS = 120; // between what is drawn and the question about it

interface PadProps {
  service: string;
  input: TensorInfo;
  size: PictureSize;
  ask: (asked: Asked | null) => void;
}

// What the pen has to do with the canvas; the component has the buttons.
class Drawing {
  #ink: CanvasRenderingContext2D;
  #down = false;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly size: PictureSize,
  ) {
    this.#ink = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    this.clear();
  }

  clear(): void {
    this.#ink.fillStyle = "#000";
    this.#ink.fillRect(0, 0, PAD, PAD);
  }

  begin(event: PointerEvent): void {
    this.#down = true;
    this.canvas.setPointerCapture(event.pointerId);
    this.#ink.beginPath();
    this.stroke(event);
  }

  stroke(event: PointerEvent): boolean {
    if (!this.#down) return false;
    const box = this.canvas.getBoundingClientRect();
    this.#ink.strokeStyle = "#fff";
    this.#ink.lineWidth = PEN;
    this.#ink.lineCap = "round";
    this.#ink.lineJoin = "round";
    this.#ink.lineTo(((event.clientX - box.left) * PAD) / box.width, ((event.clientY - box.top) * PAD) / box.height);
    this.#ink.stroke();
    return true;
  }

  end(): void {
    this.#down = false;
  }

  // In whole, in the middle.
  put(picture: CanvasImageSource & { width: number; height: number }, smooth: boolean): void {
    const scale = Math.min(PAD / picture.width, PAD / picture.height);
    const width = picture.width * scale;
    const height = picture.height * scale;
    this.clear();
    this.#ink.imageSmoothingEnabled = smooth;
    this.#ink.drawImage(picture, (PAD - width) / 2, (PAD - height) / 2, width, height);
  }

  // At the model's own size.
  numbers(): number[] {
    const { width, height, channels } = this.size;
    const small = new OffscreenCanvas(width, height);
    const ink = small.getContext("2d") as OffscreenCanvasRenderingContext2D;
    ink.imageSmoothingQuality = "high";
    ink.drawImage(this.canvas, 0, 0, width, height);
    return fromRgba(ink.getImageData(0, 0, width, height).data, channels);
  }
}

export function Pad({ service, input, size, ask }: PadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const timer = useRef(0);
  const problem = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (canvas.current !== null) drawing.current = new Drawing(canvas.current, size);
    return () => clearTimeout(timer.current);
  }, [size.width, size.height, size.channels]);
  const tell = (text: string) => {
    if (problem.current !== null) problem.current.textContent = text;
  };
  const askAbout = (data: number[], label?: string) => {
    tell("");
    const shape = [1, ...input.shape.slice(1)];
    ask({
      inputs: [{ name: input.name, datatype: input.datatype, shape, data }],
      ...(label === undefined ? {} : { label }),
    });
  };
  const askSoon = () => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => askAbout(drawing.current?.numbers() ?? []), PAUSE_MS);
  };
  const clear = () => {
    clearTimeout(timer.current);
    drawing.current?.clear();
    tell("");
    ask(null);
  };
  const upload = async (field: HTMLInputElement) => {
    const file = field.files?.[0];
    field.value = "";
    if (file === undefined) return;
    clear();
    try {
      drawing.current?.put(await createImageBitmap(file), true);
    } catch {
      tell(say("noPicture", { name: file.name }));
      return;
    }
    askAbout(drawing.current?.numbers() ?? []);
  };
  const sample = (data: number[], label: string | undefined) => {
    clearTimeout(timer.current);
    const small = new OffscreenCanvas(size.width, size.height);
    small.getContext("2d")?.putImageData(new ImageData(toRgba(data, size.channels), size.width, size.height), 0, 0);
    drawing.current?.put(small, false);
    askAbout(data, label);
  };
  return (
    <>
      <div class="pad-box">
        <canvas
          id="pad"
          ref={canvas}
          width={PAD}
          height={PAD}
          aria-label={say("pad")}
          role="img"
          onPointerDown={(e) => drawing.current?.begin(e)}
          onPointerMove={(e) => {
            if (drawing.current?.stroke(e)) askSoon();
          }}
          onPointerUp={() => {
            drawing.current?.end();
            askSoon();
          }}
        />
        <div class="pad-buttons">
          <button id="clear" type="button" onClick={clear}>
            {say("clear")}
          </button>
          <label class="button">
            <span>{say("upload")}</span>
            <input id="upload" type="file" accept="image/*" onChange={(e) => upload(e.currentTarget)} />
          </label>
        </div>
        <p ref={problem} class="told-error" role="alert" />
      </div>
      <Samples service={service} size={size} pick={sample} />
    </>
  );
}
