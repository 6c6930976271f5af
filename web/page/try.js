// The try-it box of a picture classifier: draw, upload or pick a sample; the service answers through its own protocol.
import { say } from "/page/words.js";
import { element } from "/page/services.js";

const PEN = 18;  // of the pad's 280 pixels

export class TryBox {
  #service = null; #input = null; #size = [28, 28]; #channels = 1; #drawing = false; #timer = 0; #seed = 1; #asked = 0; #shown = null;
  #pad = document.getElementById("pad");
  #ink = this.#pad.getContext("2d", { willReadFrequently: true });

  constructor() {
    const pad = this.#pad;
    pad.addEventListener("pointerdown", (e) => { this.#drawing = true; pad.setPointerCapture(e.pointerId); this.#stroke(e, true); });
    pad.addEventListener("pointermove", (e) => { if (this.#drawing) this.#stroke(e, false); });
    pad.addEventListener("pointerup", () => { this.#drawing = false; this.#askSoon(); });
    document.getElementById("clear").addEventListener("click", () => this.clear());
    document.getElementById("more").addEventListener("click", () => { this.#seed += 1; this.#samples(); });
    document.getElementById("upload").addEventListener("change", (e) => this.#upload(e.target));
  }

  // Shows itself for services that take one picture and name classes, and hides for others.
  show(service) {
    const signature = service.signature, input = signature?.inputs?.[0];
    const fits = service.ready && signature?.task === "image_classification" && signature.inputs.length === 1 &&
      (input.shape.length === 2 || input.shape.length === 3);
    document.getElementById("try").hidden = !fits;
    if (!fits) return;
    this.#service = service;
    this.#input = input;
    this.#size = input.shape.slice(0, 2);
    this.#channels = input.shape[2] ?? 1;
    this.clear();
    this.translate();
    this.#samples();
  }

  translate() {
    if (this.#service === null) return;
    document.getElementById("try-title").textContent = `${say("tryIt")} ${this.#service.name}`;
    this.#pad.setAttribute("aria-label", say("pad"));
    if (this.#shown === null) document.getElementById("told").textContent = say("draw");
    else this.#tell(this.#shown);
  }

  clear() {
    this.#ink.fillStyle = "#000";
    this.#ink.fillRect(0, 0, this.#pad.width, this.#pad.height);
    document.getElementById("answer").replaceChildren();
    document.getElementById("told").textContent = say("draw");
    this.#shown = null;
    this.#asked += 1;
  }

  #stroke(event, begins) {
    const box = this.#pad.getBoundingClientRect(), ink = this.#ink;
    const x = (event.clientX - box.left) * this.#pad.width / box.width, y = (event.clientY - box.top) * this.#pad.height / box.height;
    ink.strokeStyle = "#fff";
    ink.lineWidth = PEN;
    ink.lineCap = ink.lineJoin = "round";
    if (begins) { ink.beginPath(); ink.moveTo(x, y); }
    ink.lineTo(x, y);
    ink.stroke();
    this.#askSoon();
  }

  async #upload(input) {
    const [file] = input.files;
    input.value = "";
    if (file === undefined) return;
    let picture;
    try {
      picture = await createImageBitmap(file);
    } catch {
      this.clear();
      document.getElementById("told").textContent = say("noPicture", { name: file.name });
      return;
    }
    const scale = Math.min(this.#pad.width / picture.width, this.#pad.height / picture.height);
    const width = picture.width * scale, height = picture.height * scale;
    this.clear();
    this.#ink.drawImage(picture, (this.#pad.width - width) / 2, (this.#pad.height - height) / 2, width, height);
    this.#ask(this.#pixels());
  }

  #askSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(this.#pixels()), 120);
  }

  // The pad at the model's own size; grey as the eye sees it, where the model takes one channel.
  #pixels() {
    const [height, width] = this.#size, small = new OffscreenCanvas(width, height), ink = small.getContext("2d");
    ink.imageSmoothingQuality = "high";
    ink.drawImage(this.#pad, 0, 0, width, height);
    const { data } = ink.getImageData(0, 0, width, height), out = [];
    for (let i = 0; i < data.length; i += 4) {
      if (this.#channels === 1) out.push(Math.round(0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]));
      else out.push(data[i], data[i + 1], data[i + 2]);
    }
    return out;
  }

  async #ask(data, label) {
    const number = this.#asked += 1, service = this.#service, began = performance.now();
    const body = { inputs: [{ name: this.#input.name, datatype: "UINT8", shape: [1, ...this.#input.shape], data }] };
    let response, answer;
    try {
      response = await fetch(`/v2/models/${encodeURIComponent(service.name)}/infer`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      });
      answer = await response.json();
    } catch {
      if (number === this.#asked) document.getElementById("told").textContent = say("silent");
      return;
    }
    if (number !== this.#asked) return;  // a newer question is on its way
    if (!response.ok) {
      document.getElementById("answer").replaceChildren();
      document.getElementById("told").textContent = say("refused", { message: answer.error });
      return;
    }
    this.#shown = { revision: answer.model_version, ms: (performance.now() - began).toFixed(1), label };
    const classes = service.signature.classes;
    const ranked = answer.outputs[0].data.map((p, i) => [p, classes[i] ?? String(i)]).sort((a, b) => b[0] - a[0]).slice(0, 5);
    document.getElementById("answer").replaceChildren(...ranked.map(([p, name]) => {
      const line = element("li"), bar = element("div", "bar"), fill = element("i");
      fill.style.width = `${(100 * p).toFixed(1)}%`;
      bar.append(fill);
      line.append(element("span", "", name), bar, element("span", "", `${(100 * p).toFixed(1)}%`));
      return line;
    }));
    this.#tell(this.#shown);
  }

  #tell({ revision, ms, label }) {
    const told = [say("told", { revision, ms })];
    if (label !== undefined) told.push(say("label", { label }));
    document.getElementById("told").textContent = told.join(" · ");
  }

  async #samples() {
    const service = this.#service, place = document.getElementById("samples");
    const response = await fetch(`/sinter/v1/services/${encodeURIComponent(service.name)}/samples?count=12&seed=${this.#seed}`);
    if (!response.ok || service !== this.#service) return place.replaceChildren();
    const { items, shape, classes } = await response.json();
    place.replaceChildren(...items.map((item) => {
      const button = element("button"), small = element("canvas");
      const label = item.label === undefined ? undefined : classes[item.label] ?? String(item.label);
      button.type = "button";
      button.title = label ?? `${item.row}`;
      [small.height, small.width] = shape;
      const ink = small.getContext("2d"), pixels = ink.createImageData(small.width, small.height), channels = shape[2] ?? 1;
      for (let i = 0; i < small.width * small.height; i++) {
        for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = item.data[i * channels + (channels === 1 ? 0 : c)];
        pixels.data[4 * i + 3] = 255;
      }
      ink.putImageData(pixels, 0, 0);
      button.append(small);
      button.addEventListener("click", () => {
        this.clear();
        this.#ink.imageSmoothingEnabled = false;
        this.#ink.drawImage(small, 0, 0, this.#pad.width, this.#pad.height);
        this.#ask(item.data, label);
      });
      return button;
    }));
  }
}
