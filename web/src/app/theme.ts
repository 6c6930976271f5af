// Light or dark: the system's choice until somebody makes another.
import { Signal } from "../lib/signal";

export type Theme = "system" | "light" | "dark";
const KEY = "sinter.theme";

function kept(): Theme {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
}

export const theme = new Signal<Theme>(kept());
const systemDark = matchMedia("(prefers-color-scheme: dark)");
// What is in force; charts are drawn anew when it changes.
export const dark = new Signal(false);

function apply(): void {
  const value = theme.get();
  if (value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
  dark.set(value === "dark" || (value === "system" && systemDark.matches));
}

systemDark.addEventListener("change", apply);
apply();

export function nextTheme(): void {
  const order: Theme[] = ["system", "light", "dark"];
  const next = order[(order.indexOf(theme.get()) + 1) % order.length] ?? "system";
  if (next === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  theme.set(next);
  apply();
}
