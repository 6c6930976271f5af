// What a process prints, as it comes: pieces after pieces, of which the last part is kept.

export const MOST_KEPT = 400_000; // characters; older ones go, whole lines at a time

export function append(kept: string, more: string, most = MOST_KEPT): string {
  const all = kept + more;
  if (all.length <= most) return all;
  const cut = all.length - most;
  const line = all.indexOf("\n", cut);
  return all.slice(line < 0 ? cut : line + 1);
}

// As a terminal would show it: a carriage return begins the line anew, colours are left out.
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what an escape sequence begins with
  const uncoloured = text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "");
  return uncoloured
    .split("\n")
    .map((line) => {
      const shown = line.endsWith("\r") ? line.slice(0, -1) : line;
      return shown.slice(shown.lastIndexOf("\r") + 1);
    })
    .join("\n");
}
