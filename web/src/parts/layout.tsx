// How a page is laid out: a title with what matters most, then parts whose names stand in the margin.
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { say } from "../words/words";

interface HeadProps {
  title: string;
  under?: ComponentChildren; // one line below it
  path?: [string, string][]; // where it lies: [link, word]
  actions?: ComponentChildren;
  sentence?: boolean; // the title says something, rather than naming something
}

export function Head({ title, under, path, actions, sentence }: HeadProps) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – Sinter`;
  }, [title]);
  return (
    <header class="head">
      {path && (
        <nav class="path" aria-label={say("path")}>
          {path.map(([to, word]) => (
            <a key={to} href={to}>
              {word}
            </a>
          ))}
        </nav>
      )}
      <div class="head-row">
        <h1 ref={ref} tabIndex={-1} class={sentence ? "sentence" : ""}>
          {title}
        </h1>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {under && <p class="under">{under}</p>}
    </header>
  );
}

interface SectionProps {
  title: string;
  aside?: ComponentChildren; // in the margin, below the name
  children: ComponentChildren;
}

export function Section({ title, aside, children }: SectionProps) {
  return (
    <section class="section" aria-label={title}>
      <div class="margin">
        <h2>{title}</h2>
        {aside && <div class="aside">{aside}</div>}
      </div>
      <div class="body">{children}</div>
    </section>
  );
}

// Facts in a row: what it is, and the value.
export function Facts({ items }: { items: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface LedgerProps {
  label: string;
  wide?: boolean; // stays a table on narrow screens
  children: ComponentChildren;
}

// A wide table scrolls in its own frame, which the keyboard can reach. On a phone, a row is a block of named values;
// the names are those of the columns.
export function Ledger({ label, wide = false, children }: LedgerProps) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const heads = [...(ref.current?.querySelectorAll("thead th") ?? [])].map((th) =>
      th.querySelector(".unseen") === null ? (th.textContent ?? "") : "",
    );
    for (const row of ref.current?.querySelectorAll("tbody tr") ?? []) {
      [...row.children].forEach((cell, i) => {
        if (cell instanceof HTMLElement && cell.dataset.label !== heads[i]) cell.dataset.label = heads[i] ?? "";
      });
    }
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section ref={ref} class={wide ? "ledger" : "ledger stacks"} aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </section>
  );
}

export function Meter({ value, most, label }: { value: number; most: number; label: string }): VNode {
  const part = most > 0 ? Math.min(1, value / most) : 0;
  return (
    <div class="meter" role="progressbar" aria-label={label} aria-valuenow={Math.round(100 * part)}>
      <i style={{ width: `${100 * part}%` }} />
    </div>
  );
}
