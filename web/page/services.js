// The services, one card each: what answers now, and its traffic of the last two minutes, revision by revision.
import { say } from "/page/words.js";
import { Traffic } from "/page/traffic.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 320, HEIGHT = 72, SECONDS = 120;

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function number(value) {
  if (value === null) return "–";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

// The revision that answers now is the ember; whichever was before it, the other colour.
const colour = (service, revision) => (revision === service.current?.revision ? "r0" : "r1");

// Requests a second of each revision over the last two minutes; dotted where a rollout was decided.
function chart(traffic, service) {
  const svg = shape("svg", { class: "line", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const points = traffic.points;
  if (points.length < 2) return svg;
  const { revisions, top } = traffic.shown(), last = points.at(-1).at, x = (at) => WIDTH - (last - at) * WIDTH / SECONDS;
  for (const entry of service.history ?? []) {
    const at = x(entry.at_ms / 1000);
    if (at >= 0) svg.append(shape("line", { x1: at, x2: at, y1: 0, y2: HEIGHT }));
  }
  for (const revision of revisions) {
    const line = points.map((p) => `${x(p.at).toFixed(1)},${(HEIGHT - 1 - (HEIGHT - 6) * (p.byRevision[revision] ?? 0) / top).toFixed(1)}`);
    const from = `${x(points[0].at).toFixed(1)},${HEIGHT}`;
    svg.append(shape("polygon", { points: `${from} ${line.join(" ")} ${WIDTH},${HEIGHT}`, class: colour(service, revision) }));
    svg.append(shape("polyline", { points: line.join(" "), class: colour(service, revision) }));
  }
  return svg;
}

// Below the chart: what its ends are, and which line is whose.
function axis(traffic, service) {
  const { revisions } = traffic.shown(), line = element("div", "axis"), legend = element("span", "legend");
  for (const revision of revisions) {
    const entry = element("b", "", `${say("revision")} ${revision}`), swatch = element("i", colour(service, revision));
    entry.prepend(swatch);
    legend.append(entry);
  }
  line.append(element("span", "", say("earlier")), legend, element("span", "", say("now")));
  return line;
}

function figure(value, word, className = "") {
  const box = element("div", className, value);
  box.append(element("span", "", say(word)));
  return box;
}

export class ServiceList {
  #root; #pick; #traffic = new Map(); #cards = new Map(); #services = null; picked = null;

  constructor(root, pick) {
    this.#root = root;
    this.#pick = pick;
  }

  async refresh(get) {
    const { items } = await get("/sinter/v1/services");
    this.#services = await Promise.all(items.map((s) => get(`/sinter/v1/services/${encodeURIComponent(s.name)}`)));
    for (const service of this.#services.filter((s) => s.ready)) {
      const stats = await get(`/sinter/v1/services/${encodeURIComponent(service.name)}/stats`);
      if (!this.#traffic.has(service.name)) this.#traffic.set(service.name, new Traffic());
      this.#traffic.get(service.name).add(Date.now() / 1000, stats);
    }
    this.draw();
    const shown = this.#services.find((s) => s.name === this.picked) ?? this.#services[0];
    if (shown !== undefined && shown.name !== this.picked) this.choose(shown);
  }

  choose(service) {
    this.picked = service.name;
    this.draw();
    this.#pick(service);
  }

  draw() {
    if (this.#services === null) return;
    if (this.#services.length === 0) {
      this.#cards.clear();
      const empty = element("div", "empty", say("none"));
      empty.append(element("code", "", "sinter service deploy NAME MODEL"));
      this.#root.replaceChildren(empty);
      return;
    }
    const names = this.#services.map((s) => s.name);
    if (names.join("/") !== [...this.#cards.keys()].join("/")) {
      this.#cards = new Map(names.map((name) => [name, this.#cards.get(name) ?? this.#card(name)]));
      this.#root.replaceChildren(...this.#cards.values());
    }
    for (const service of this.#services) this.#fill(this.#cards.get(service.name), service);
  }

  // The button stays while what it shows changes: a click may take longer than a second.
  #card(name) {
    const card = element("button", "card");
    card.type = "button";
    card.addEventListener("click", () => this.choose(this.#services.find((s) => s.name === name)));
    return card;
  }

  #fill(card, service) {
    card.setAttribute("aria-pressed", String(service.name === this.picked));
    const title = element("div", "title", service.name);
    title.append(element("span", service.ready ? "state" : "state bad", service.ready ? say("ready") : service.problem));
    const shown = [title, element("div", "quiet", `${service.current?.model ?? service.model} · ${say("revision")} ${service.current?.revision ?? "–"}`)];
    const traffic = this.#traffic.get(service.name);
    if (traffic !== undefined) {
      const lately = traffic.lately(), figures = element("div", "figures");
      figures.append(figure(number(lately.rate), "rate"), figure(number(lately.p50), "median"),
        figure(number(lately.p99), "tail"), figure(String(lately.failed), "failed", lately.failed > 0 ? "bad" : ""));
      shown.push(figures, chart(traffic, service), axis(traffic, service));
    }
    card.replaceChildren(...shown);
  }
}
