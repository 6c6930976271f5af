// The few forms of Markdown that cards are written in, as elements: nothing of the text becomes markup.
import type { VNode } from "preact";

function inline(text: string): (string | VNode)[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part, i) => {
    if (part.startsWith("`") && part.length > 2) return <code key={i}>{part.slice(1, -1)}</code>;
    if (part.startsWith("**") && part.length > 4) return <strong key={i}>{part.slice(2, -2)}</strong>;
    return part;
  });
}

function cells(line: string): string[] {
  return line
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((c) => c.trim());
}

// Headings begin at h3: the page has its own before.
export function Markdown({ text }: { text: string }) {
  const lines = text.replace(/^---\n[\s\S]*?\n---\n/, "").split("\n");
  const out: VNode[] = [];
  let at = 0;
  const take = (wanted: (line: string) => boolean) => {
    const from = at;
    while (at < lines.length && wanted(lines[at] ?? "")) at++;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const key = at;
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (line.trim() === "") at++;
    else if (heading) {
      at++;
      out.push((heading[1]?.length ?? 1) < 3 ? <h3 key={key}>{heading[2]}</h3> : <h4 key={key}>{heading[2]}</h4>);
    } else if (line.startsWith("```")) {
      at++;
      const code = take((l) => !l.startsWith("```"));
      at++;
      out.push(<pre key={key}>{code.join("\n")}</pre>);
    } else if (/^\s*[-*]\s/.test(line)) {
      const items = take((l) => /^\s*[-*]\s/.test(l));
      out.push(
        <ul key={key}>
          {items.map((l) => (
            <li key={l}>{inline(l.replace(/^\s*[-*]\s/, ""))}</li>
          ))}
        </ul>,
      );
    } else if (line.startsWith("|")) {
      const rows = take((l) => l.startsWith("|")).filter((l) => !/^[|\s:-]+$/.test(l));
      out.push(
        <table key={key}>
          <tbody>
            {rows.map((r) => (
              <tr key={r}>
                {cells(r).map((c) => (
                  <td key={c}>{inline(c)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>,
      );
    } else {
      const paragraph = take((l) => l.trim() !== "" && !/^(#{1,6}\s|```|\||\s*[-*]\s)/.test(l));
      if (paragraph.length === 0) at++; // what looks like a mark and is none
      out.push(<p key={key}>{inline(paragraph.length === 0 ? line : paragraph.join(" "))}</p>);
    }
  }
  return <div class="markdown">{out}</div>;
}
